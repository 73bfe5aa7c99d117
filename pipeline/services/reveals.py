"""Decide now, reveal later: results are entered before their public day and made public together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import WRITERS, scope_of
from crm.errors import DomainError, InvalidInput, NotAllowed
from crm.models import Job, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import require_writer
from crm.services.history import record_changes
from crm.services.jobs import beat_heart
from pipeline.access import acting_role
from pipeline.errors import StageMoved, TransitionRefused
from pipeline.models import Application, PendingResult
from pipeline.services import recognitions
from pipeline.services.applications import move_application

PART = 50
MOST = 20_000
DATES = ("granted_on", "valid_until")


@transaction.atomic
def enter_result(
    application: Application,
    transition: str,
    *,
    actor: User,
    note: str = "",
    version: int | None = None,
    reveal_on: date | None = None,
    **result: Any,
) -> PendingResult:
    """Keep a result that is decided but not public, under the rules that its move has now.

    With `reveal_on` it becomes public in the morning of that day, else when somebody reveals it. Raises
    UnknownTransition, StageMoved, or TransitionRefused with every reason.
    """
    if version is not None and version != application.version:
        raise StageMoved(_("该申请的阶段刚被他人更改，请刷新后再试"))
    step = application.workflow.transition(transition, application.stage)
    reasons = step.blockers(application, role=acting_role(actor, application), note=note)
    reasons += recognitions.problems(application, step, result)
    if not step.revealable:
        reasons.append(_("“{move}”不是评审结果，不能先登记后公布").format(move=step.label))
    if reveal_on is not None and reveal_on <= timezone.localdate():
        reasons.append(_("公布日期 {day} 须晚于今天；今天公布请直接办理").format(day=reveal_on))
    if reasons:
        raise TransitionRefused(*reasons)
    kept = {name: value.isoformat() if name in DATES else value for name, value in result.items() if value}
    try:
        with transaction.atomic():
            pending = PendingResult.objects.create(
                application=application,
                version=application.version,
                transition=transition,
                note=note.strip(),
                result=kept,
                reveal_on=reveal_on,
                entered_by=actor,
                entered_at=timezone.now(),
            )
    except IntegrityError:
        raise TransitionRefused(_("该申请已有待公布的结果；请先撤销再登记")) from None
    record_changes(application, {"pending": ("", f"{step.label} {reveal_on or ''}".strip())}, actor=actor, reason=note)
    return pending


@transaction.atomic
def withdraw_result(pending: PendingResult, *, actor: User) -> None:
    """Take a result back before it is public. Nobody outside has known of it."""
    require_writer(actor, pending.application.region_path)
    if not _settle(pending):
        raise TransitionRefused(_("这项结果已经公布或撤销"))
    record_changes(pending.application, {"pending": (pending.label, "")}, actor=actor)


@transaction.atomic
def date_results(pending: Iterable[PendingResult], *, on: date | None, actor: User) -> int:
    """Set, change or clear the day on which results become public. Returns how many changed.

    One that was refused before is tried again on the new day.
    """
    if on is not None and on <= timezone.localdate():
        raise InvalidInput(_("公布日期 {day} 须晚于今天；今天公布请直接办理").format(day=on))
    changed = 0
    for row in pending:
        require_writer(actor, row.application.region_path)
        same = Q(reveal_on=on, refusal=[]) if on else Q(reveal_on=None)
        mine = PendingResult.objects.waiting().filter(pk=row.pk).exclude(same)
        if mine.update(reveal_on=on, refusal=[]):
            changed += 1
            record_changes(row.application, {"reveal_on": (row.reveal_on, on)}, actor=actor)
    return changed


def start_reveal(pending: Iterable[int], *, actor: User) -> Job:
    """Queue the revealing of results, by key: each is moved or refused on its own, by the rights of `actor`."""
    ids = sorted(set(pending))
    if not ids:
        raise InvalidInput(_("没有选择任何待公布的结果"))
    if not scope_of(actor).has_role(*WRITERS):
        raise NotAllowed(_("当前身份只能查阅；公布结果请找本辖区经办人员"))
    if len(ids) > MOST:
        raise InvalidInput(_("一次最多公布 {most} 项结果；请先筛选").format(most=MOST))
    return _start(ids, actor=actor)


def reveal_due(*, today: date | None = None) -> int:
    """Queue what becomes public today, by the rights of who entered it. Returns how many; again, none.

    What was refused once waits for a person.
    """
    today = today or timezone.localdate()
    due = PendingResult.objects.waiting().filter(reveal_on__lte=today, refusal=[])
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:MOST])
    if ids:
        _start(ids, actor=None, key=f"reveal:{today}")
    beat_heart("reveal_due", f"{today}: {len(ids)}")
    return len(ids)


def _start(ids: list[int], *, actor: User | None, key: str = "") -> Job:
    return start_in_parts(
        "reveal",
        key=key,
        title=_("公布结果（{count} 项）").format(count=len(ids)),
        actor=actor,
        params={},
        parts=[{"ids": ids[start : start + PART]} for start in range(0, len(ids), PART)],
        total=len(ids),
    )


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [row for result in results for row in result["rows"]]
    refused = sum(row["outcome"] == "refused" for row in rows)
    return {"done": len(rows) - refused, "refused": refused}


@works("reveal", finish=_finish)
def reveal_part(job: Job, params: dict[str, Any]) -> Writing:
    """Make the moves of one part."""
    waiting = PendingResult.objects.waiting().filter(pk__in=params["ids"])
    if job.actor is not None:
        waiting = waiting.visible_to(job.actor)
    rows = list(waiting.select_related("application__firm", "application__round", "entered_by").order_by("pk"))

    def write() -> Outcome:
        told = [_reveal(row, job.actor or row.entered_by, by_himself=job.actor is None) for row in rows]
        refused = sum(row["outcome"] == "refused" for row in told)
        return Outcome(done=len(told) - refused, refused=refused, result={"rows": told})

    return write


def _may_reveal(pending: PendingResult, actor: User) -> bool:
    """False where the person has no business with it: what they are refused says nothing of the result."""
    step = pending.step
    return step is None or step.allows(acting_role(actor, pending.application))


def _reveal(pending: PendingResult, actor: User, *, by_himself: bool) -> dict[str, Any]:
    """Make one result public. `by_himself`: its day has come, and the rights are those of who entered it."""
    application = pending.application
    told = {"id": pending.pk, "reference": application.reference, "firm": application.firm.name}
    try:
        with transaction.atomic():
            _make_public(pending, actor)
    except DomainError as error:
        if by_himself or _may_reveal(pending, actor):
            PendingResult.objects.filter(pk=pending.pk).update(refusal=error.reasons)
        return told | {"outcome": "refused", "reasons": error.reasons}
    return told | {"outcome": "done", "reasons": []}


def _make_public(pending: PendingResult, actor: User) -> None:
    days = {name: date.fromisoformat(pending.result[name]) for name in DATES if name in pending.result}
    event = move_application(
        pending.application,
        pending.transition,
        actor=actor,
        note=pending.note,
        version=pending.version,
        **(pending.result | days),
    )
    if not _settle(pending, event=event):
        raise TransitionRefused(_("这项结果已经公布或撤销"))


def _settle(pending: PendingResult, **values: Any) -> bool:
    """The conditional update that must count 1."""
    return bool(PendingResult.objects.waiting().filter(pk=pending.pk).update(settled_at=timezone.now(), **values))
