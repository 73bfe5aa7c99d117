"""The one door through which applications open and move."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.choices import FirmStatus
from crm.models import Firm, User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from crm.services.mandates import acting_for
from pipeline.access import acting_role
from pipeline.choices import Acting, Phase, Title
from pipeline.errors import ApplicationRefused, StageMoved, TransitionRefused
from pipeline.models import Application, Recognition, Round, StageEvent
from pipeline.selectors.calendar import round_on
from pipeline.selectors.policies import edition_in_force
from pipeline.services import deadlines, recognitions
from pipeline.services.losses import lacking_at_loss
from pipeline.services.tallies import firms_changed
from pipeline.signals import stage_changed
from pipeline.workflow import Actor, Transition, Workflow
from pipeline.workflows import PROGRAMMES

RESULT_FIELDS = ("number", "document", "granted_on", "valid_until")


@transaction.atomic
def open_application(
    firm: Firm,
    programme: str,
    *,
    actor: User | None,
    round: Round | None = None,
    year: int | None = None,
    stage: str = "",
    at: Any = None,
) -> Application:
    """Start a firm on a programme for a year. Raises ApplicationRefused with every reason at once.

    Without a round, the one that is open now, or opens next this year, is taken; a firm may run several programmes.
    """
    require_writer(actor, firm.region_path)
    now = at or timezone.now()
    if programme not in PROGRAMMES:
        raise ApplicationRefused(_("没有代码为“{programme}”的计划").format(programme=programme))
    table = PROGRAMMES[programme]
    today = timezone.localdate(now)
    round = round or (round_on(programme, firm.region_path, today) if year in (None, today.year) else None)
    year = year or (round.year if round else today.year)
    if reasons := opening_problems(firm, programme, year, round):
        raise ApplicationRefused(*reasons)
    start = table.stage(stage or table.initial)
    application = Application(
        reference=_next_reference(table, year, firm),
        firm=firm,
        programme=programme,
        workflow_code=table.code,
        edition=edition_in_force(programme, firm.region_path, today),
        round=round,
        year=year,
        region_id=firm.region_id,
        region_path=firm.region_path,
        officer_id=firm.officer_id,
        stage=start.code,
        phase=start.phase,
        stage_since=now,
        opened_at=now,
    )
    try:
        with transaction.atomic():
            application.save()
    except IntegrityError:
        raise ApplicationRefused(_already_open(firm, programme, year)) from None
    hat = str(Acting.OFFICER if actor else Acting.SYSTEM)
    _record(application, "", start.code, "open", actor, hat, "", {}, now)
    return application


def opening_problems(firm: Firm, programme: str, year: int, round: Round | None) -> list[str]:
    """Every reason why this firm cannot be started on this programme now."""
    reasons = []
    if firm.status != FirmStatus.ACTIVE:
        reasons.append(_("企业已{status}，不能申报").format(status=firm.get_status_display()))
    if round and round.programme != programme:
        reasons.append(_("所选批次属于另一计划"))
    if round and round.year != year:
        reasons.append(_("所选批次属于 {year} 年").format(year=round.year))
    if round and not firm.region_path.startswith(round.region_path):
        reasons.append(_("所选批次不面向{region}的企业").format(region=firm.region))
    mine = Application.objects.filter(firm=firm, programme=programme, year=year)
    if mine.open().exists():
        reasons.append(_already_open(firm, programme, year))
    if _revoked_in(firm, programme, year):
        reasons.append(_("{year} 年资格被撤销的企业当年不得再次申报").format(year=year))
    return reasons


def _revoked_in(firm: Firm, programme: str, year: int) -> bool:
    """True when the firm lost a title of that year, or lost one of an earlier year in that year, in an application of
    ours or outside it."""
    lost = Application.objects.filter(firm=firm, programme=programme, stage="revoked").values_list("year", "closed_at")
    outside = Recognition.objects.filter(firm=firm, programme=programme, application=None, ended_on__year=year)
    if outside.exclude(title=Title.LIBRARY).exists():
        return True
    return any(year in {own, closed_at and timezone.localdate(closed_at).year} for own, closed_at in lost)


def _already_open(firm: Firm, programme: str, year: int) -> str:
    name = PROGRAMMES[programme].short_label
    return _("{firm} {year} 年的{programme}申报已在办理，请勿重复发起").format(
        firm=firm.name, year=year, programme=name
    )


def _next_reference(table: Workflow, year: int, firm: Firm) -> str:
    """TS2026-<firm>-<nth>: short, unique, and the same for everybody who reads it aloud."""
    nth = Application.objects.filter(firm=firm, year=year).count() + 1
    return f"{table.prefix}{year}-{firm.pk:06d}-{nth:02d}"


@transaction.atomic
def move_application(
    application: Application,
    transition: str,
    *,
    actor: User | None,
    note: str = "",
    version: int | None = None,
    at: Any = None,
    passing: bool = False,
    **result: Any,
) -> StageEvent:
    """Make one lawful move, record it, and let the other apps know.

    `actor` is a user, or None when the system moves it. `passing` where another move follows at once, so that
    nobody need be told of this one. `result` may hold number, document, granted_on and
    valid_until where the move grants a recognition. Raises UnknownTransition, TransitionRefused (with every reason
    at once) or StageMoved when someone else moved the application first.
    """
    seen = application.version if version is None else version
    _require_current(application, seen)
    step = application.workflow.transition(transition, application.stage)
    role = acting_role(actor, application)
    reasons = step.blockers(application, role=role, note=note, decided=passing)
    reasons += recognitions.problems(application, step, result)
    if reasons:
        raise TransitionRefused(*reasons)
    source, now = application.stage, at or timezone.now()
    _take(application, step, seen, now)
    hat = acted_as(step, role)
    details = {name: str(value) for name, value in result.items() if value} | _on_mandate(hat, actor, application)
    details |= lacking_at_loss(application, step, source)
    event = _record(application, source, step.target, transition, actor, hat, note, details, now, passing=passing)
    _follow(application, step, event, note, result)
    return event


def _require_current(application: Application, seen: int) -> None:
    """A page that is out of date is refused before its rules are judged: they may no longer be the question."""
    if not Application.objects.filter(pk=application.pk, version=seen).exists():
        raise StageMoved(_("该申请的阶段刚被他人更改，请刷新后再试"))


def _take(application: Application, step: Transition, seen: int, now: Any) -> None:
    """The conditional update that must count 1: our lock, on SQLite and PostgreSQL alike."""
    phase = application.workflow.stage(step.target).phase
    values = {"stage": step.target, "phase": phase, "stage_since": now}
    values["closed_at"] = now if phase == Phase.CLOSED else None
    moved = Application.objects.filter(pk=application.pk, stage=application.stage, version=seen).update(
        version=F("version") + 1, **values
    )
    if not moved:
        raise StageMoved(_("该申请的阶段刚被他人更改，请刷新后再试"))
    for name, value in values.items():
        setattr(application, name, value)
    application.version = seen + 1


def _record(
    application: Application,
    source: str,
    target: str,
    transition: str,
    actor: User | None,
    acted_as: str,
    note: str,
    details: dict[str, str],
    now: Any,
    *,
    passing: bool = False,
) -> StageEvent:
    event = StageEvent.objects.create(
        application=application,
        version=application.version,
        transition=transition,
        from_stage=source,
        to_stage=target,
        actor=actor,
        acted_as=acted_as,
        note=note.strip(),
        details=details,
        at=now,
    )
    deadlines.follow_stage(application, event)
    stage_changed.send(sender=Application, event=event, passing=passing)
    return event


def _follow(application: Application, step: Transition, event: StageEvent, note: str, result: dict[str, Any]) -> None:
    """What a move brings with it: a filing counted, a recognition granted, or one ended."""
    day = timezone.localdate(event.at)
    if event.transition == "submit":
        firms_changed([application.firm_id])
    if step.grants:
        recognitions.grant(application, title=step.grants, default_day=day, **result)
    if step.revokes:
        valid = Recognition.objects.filter(application=application, ended_on=None)
        recognitions.end(valid, on=day, reason=note)


def acted_as(step: Transition, role: Actor) -> str:
    """The hat that the move was made with, for the record."""
    for hat in (Acting.SYSTEM, Acting.AGENT, Acting.FIRM, *step.roles):
        if hat in role.hats and (hat != Acting.AGENT or Acting.FIRM in step.roles):
            return str(hat)
    return ""


def _on_mandate(hat: str, actor: User | None, application: Application) -> dict[str, str]:
    """What an agent's move says beside the move: on which mandate, and for whom."""
    behalf = acting_for(actor, application.firm) if hat == Acting.AGENT else None
    return {"mandate": str(behalf.mandate_id), "agent": behalf.agent, "firm": behalf.firm} if behalf else {}


@transaction.atomic
def plan_next(application: Application, *, action: str, on: date | None, actor: User | None) -> None:
    """Say what is done next for this application, and when."""
    require_writer(actor, application.region_path)
    changes = {
        "next_action": (application.next_action, action.strip()),
        "next_action_on": (application.next_action_on, on),
    }
    changed = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if changed:
        Application.objects.filter(pk=application.pk).update(**{name: new for name, (_old, new) in changed.items()})
        record_changes(application, changed, actor=actor)


@transaction.atomic
def assign_application(application: Application, *, officer: User | None, actor: User | None, reason: str = "") -> None:
    """Give one application to an officer whose posts cover it. StageMoved where somebody else just did."""
    require_writer(actor, application.region_path)
    if officer is not None and not may_write(officer, application.region_path):
        raise ApplicationRefused(_("{name} 的岗位不包含该企业所在区划，不能作为经办人员").format(name=officer))
    if application.officer_id == (officer and officer.pk):
        return
    seen = Application.objects.filter(pk=application.pk, officer=application.officer_id)
    if not seen.update(officer=officer):
        raise StageMoved(_("该申请的经办人员刚被他人更改，请刷新后再试"))
    record_changes(application, {"officer": (application.officer, officer)}, actor=actor, reason=reason)
    application.officer = officer
