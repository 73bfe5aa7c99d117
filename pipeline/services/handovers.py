"""Handing an officer's work to another: asked for, confirmed, moved row by row through the one door, received."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError, InvalidInput, NotAllowed, RowChanged
from crm.models import Firm, Job, JobChunk, Region, Task, User
from crm.selectors.leaves import writing_paths
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import assign_firm
from crm.services.history import record_changes
from crm.services.people import require_manager
from crm.services.tasks import reassign_task
from pipeline.choices import Handed, HandOverState, Held
from pipeline.models import Application, HandOver, HandOverRow, Shortlist
from pipeline.selectors.handovers import held
from pipeline.services.applications import assign_application
from pipeline.services.shortlists import give_shortlist
from pipeline.signals import handed_over, handover_asked

KIND = "handover"
PART = 25  # rows in one transaction: what a killed worker repeats


def may_confirm(user: User, path: str) -> bool:
    """True for who manages the region."""
    return bool(scope_of(user).roles_at(path) & set(MANAGERS))


@transaction.atomic
def propose(
    giver: User, *, receiver: User, region: Region, kinds: Collection[str], actor: User, note: str = ""
) -> HandOver:
    """Ask that what somebody holds in a region goes to another: for oneself, or by who manages the region.

    Raises NotAllowed, or InvalidInput with every reason.
    """
    if actor.pk != giver.pk:
        require_manager(actor, region.path)
    chosen = [kind for kind in Held.values if kind in kinds]
    if reasons := _against(giver, receiver, region, chosen):
        raise InvalidInput(*reasons)
    handover = HandOver(
        giver=giver,
        receiver=receiver,
        region=region,
        region_path=region.path,
        kinds=chosen,
        note=note.strip(),
        proposed_by=actor,
        proposed_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            handover.save()
    except IntegrityError:
        text = _("{name}在{region}的交接正在办理，请先处理原来的那一件")
        raise InvalidInput(text.format(name=giver, region=region)) from None
    record_changes(handover, {"handover": (giver, receiver)}, actor=actor, reason=note)
    if not may_confirm(actor, region.path):
        handover_asked.send(sender=HandOver, handover=handover)
    return handover


def _against(giver: User, receiver: User, region: Region, kinds: Sequence[str]) -> list[str]:
    if giver.pk == receiver.pk:
        return [_("不能交接给本人；请选择另一位人员")]
    reasons = [] if kinds else [_("请至少选择一类要交接的内容")]
    paths = writing_paths(receiver)
    if not receiver.is_active:
        reasons.append(_("{name}的账号已停用，不能接收").format(name=receiver))
    if not any(path.startswith(region.path) or region.path.startswith(path) for path in paths):
        reasons.append(_("{name}在{region}没有经办岗位，不能接收").format(name=receiver, region=region))
    if kinds and not any(rows.exists() for rows in held(giver, region.path, kinds).values()):
        reasons.append(_("{name}在{region}没有所选的内容，无需交接").format(name=giver, region=region))
    return reasons


@transaction.atomic
def hand_over(giver: User, *, actor: User, **given: Any) -> HandOver:
    """Outright, by who manages the region: asked for and confirmed in one."""
    require_manager(actor, given["region"].path)
    handover = propose(giver, actor=actor, **given)
    confirm(handover, actor=actor)
    return handover


@transaction.atomic
def confirm(handover: HandOver, *, actor: User) -> Job:
    """Begin to move. Raises NotAllowed, or RowChanged when somebody has decided already."""
    require_manager(actor, handover.region_path)
    values = {"state": HandOverState.RUNNING, "decided_by": actor, "decided_at": timezone.now()}
    if not HandOver.objects.filter(pk=handover.pk, state=HandOverState.PROPOSED).update(**values):
        raise RowChanged(_("这件交接刚被他人处理，请刷新后再看"))
    record_changes(handover, {"state": (handover.get_state_display(), HandOverState.RUNNING.label)}, actor=actor)
    for name, value in values.items():
        setattr(handover, name, value)
    return _start(handover, actor)


@transaction.atomic
def resume(handover: HandOver, *, actor: User) -> Job:
    """Go on with what a cancelled or failed run left; what has moved stays moved."""
    require_manager(actor, handover.region_path)
    if handover.state != HandOverState.RUNNING or (handover.job and not handover.job.is_over):
        raise RowChanged(_("这件交接不在等待继续，请刷新后再看"))
    return _start(handover, actor)


def _start(handover: HandOver, actor: User) -> Job:
    rows = held(handover.giver, handover.region_path, handover.kinds)
    parts = [part for kind, found in rows.items() for part in _parts(kind, found.order_by("pk"))]
    job = start_in_parts(
        KIND,
        key=f"{KIND}:{handover.pk}",
        title=_("岗位交接 {giver} → {receiver}").format(giver=handover.giver, receiver=handover.receiver),
        actor=actor,
        params={"handover": handover.pk},
        parts=parts,
        total=sum(len(part["ids"]) for part in parts),
    )
    HandOver.objects.filter(pk=handover.pk).update(job=job)
    handover.job = job
    return job


def _parts(kind: str, found: Any) -> list[dict[str, Any]]:
    ids = list(found.values_list("pk", flat=True))
    return [{"kind": kind, "ids": ids[start : start + PART]} for start in range(0, len(ids), PART)]


@transaction.atomic
def decline(handover: HandOver, *, actor: User, reason: str) -> None:
    """It does not happen: said by who manages the region, or taken back by who gives."""
    if actor.pk != handover.giver_id:
        require_manager(actor, handover.region_path)
    if not reason.strip():
        raise InvalidInput(_("请写明不交接的原因"))
    values = {"decided_by": actor, "decided_at": timezone.now(), "reason": reason.strip()[:200]}
    waiting = HandOver.objects.filter(pk=handover.pk, state=HandOverState.PROPOSED)
    if not waiting.update(state=HandOverState.DECLINED, **values):
        raise RowChanged(_("这件交接刚被他人处理，请刷新后再看"))
    before = handover.get_state_display()
    handover.state = HandOverState.DECLINED
    record_changes(handover, {"state": (before, handover.get_state_display())}, actor=actor, reason=reason)


@transaction.atomic
def receive(handover: HandOver, *, actor: User) -> None:
    """Whoever the work went to says that they have it."""
    if actor.pk != handover.receiver_id:
        raise NotAllowed(_("只有接收人本人可以签收"))
    now = timezone.now()
    waiting = HandOver.objects.filter(pk=handover.pk, state=HandOverState.DONE, received_at=None)
    if not waiting.update(received_at=now):
        raise RowChanged(_("这件交接尚未完成或已经签收，请刷新后再看"))
    record_changes(handover, {"received_at": (None, timezone.localtime(now))}, actor=actor)
    handover.received_at = now


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The receiver is told once, when no part is left undone."""
    counts = {name: sum(result[name] for result in results) for name in Handed.values}
    if JobChunk.objects.filter(job=job, state="failed").exists():
        return counts
    with transaction.atomic():
        running = HandOver.objects.filter(pk=job.params["handover"], state=HandOverState.RUNNING)
        if running.update(state=HandOverState.DONE, done_at=timezone.now()):
            handover = HandOver.objects.select_related("giver", "receiver", "region").get(pk=job.params["handover"])
            handed_over.send(sender=HandOver, handover=handover)
    return counts


@works(KIND, finish=_finish)
def hand_part(job: Job, part: dict[str, Any]) -> Writing:
    """Move the rows of one part in the order of their keys, each by itself: one that is refused stops nobody."""
    handover = HandOver.objects.select_related("giver", "receiver").get(pk=job.params["handover"])
    found = {row.pk: row for row in LOADERS[part["kind"]].filter(pk__in=part["ids"])}
    actor = job.actor
    if actor is None:
        raise InvalidInput(_("确认交接的账号已不存在，请由本辖区的科长或管理员继续交接"))

    def write() -> Outcome:
        rows = [_row(handover, part["kind"], pk, found.get(pk), actor) for pk in part["ids"]]
        HandOverRow.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["handover", "kind", "object_id"],
            update_fields=["outcome", "reasons"],
        )
        refused = sum(row.outcome == Handed.REFUSED for row in rows)
        done = len(rows) - refused
        return Outcome(done=done, refused=refused, result={Handed.DONE: done, Handed.REFUSED: refused})

    return write


def _row(handover: HandOver, kind: str, pk: int, found: Any, actor: User) -> HandOverRow:
    """What came of one thing."""
    row = HandOverRow(handover=handover, kind=kind, object_id=pk, outcome=Handed.REFUSED, title="")
    if found is None:
        row.reasons = [_("已被删除或并入其他企业")]
        return row
    row.firm = found if kind == Held.FIRMS else getattr(found, "firm", None)
    row.title = str(found)[:200]
    try:
        with transaction.atomic():
            _move(handover, kind, found, actor)
    except DomainError as error:
        row.reasons = error.reasons
    else:
        row.outcome = Handed.DONE
    return row


OWNERS = {
    Held.FIRMS: "officer_id",
    Held.APPLICATIONS: "officer_id",
    Held.TASKS: "owner_id",
    Held.SHORTLISTS: "author_id",
}
LOADERS: dict[str, Any] = {
    Held.FIRMS: Firm.objects.standing().select_related("officer"),
    Held.APPLICATIONS: Application.objects.open().select_related("officer", "firm"),
    Held.TASKS: Task.objects.open().select_related("owner", "firm"),
    Held.SHORTLISTS: Shortlist.objects.select_related("author"),
}


def _move(handover: HandOver, kind: str, found: Any, actor: User) -> None:
    """Through the door of its kind; only what the giver still holds, and in the region."""
    path = found.firm.region_path if kind == Held.TASKS else found.region_path
    if getattr(found, OWNERS[Held(kind)]) != handover.giver_id:
        raise RowChanged(_("已改由他人负责，未再转交"))
    if not path.startswith(handover.region_path):
        raise RowChanged(_("已迁出{region}，未再转交").format(region=handover.region))
    to, reason = handover.receiver, _("岗位交接 {number} 号").format(number=handover.pk)
    if kind == Held.FIRMS:
        assign_firm(found, officer=to, actor=actor, reason=reason)
    elif kind == Held.APPLICATIONS:
        assign_application(found, officer=to, actor=actor, reason=reason)
    elif kind == Held.TASKS:
        reassign_task(found, owner=to, actor=actor, reason=reason)
    else:
        give_shortlist(found, to=to, actor=actor, reason=reason)
