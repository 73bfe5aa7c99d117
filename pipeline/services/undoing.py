"""Takes moves back by a recorded correction: only the newest ones, and only while nothing happened since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Firm, User
from crm.services.history import record_changes
from pipeline.access import acting_role
from pipeline.errors import StageMoved, TransitionRefused
from pipeline.models import Application, Deadline, Recognition, StageEvent, UndoneMove
from pipeline.models.applications import UNDO
from pipeline.rungs import first_rung
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladders import ladders
from pipeline.services import stops
from pipeline.services.applications import acted_as
from pipeline.services.deadlines import OF_A_STAGE
from pipeline.services.tallies import firms_changed
from pipeline.signals import stage_changed
from pipeline.workflow import Transition

UNDO_FOR = timedelta(minutes=1)  # so long a slip of the hand is taken back at one click


def undo_until(newest: StageEvent | None, user: User | None, *, now: datetime | None = None) -> datetime | None:
    """Until when this person may take back the newest event of an application at one click; None when they may not."""
    if newest is None or user is None or newest.actor_id != user.pk:
        return None
    if not newest.from_stage or newest.transition == UNDO:
        return None
    until = newest.at + UNDO_FOR
    return until if (now or timezone.now()) < until else None


def undo_last(application: Application, *, actor: User, version: int | None = None) -> StageEvent:
    """Take back the move that this person made within the last minute. Raises TransitionRefused or StageMoved.

    A mail to the firm that has not left yet is held back; where it has, the firm is told of the correction.
    """
    if version is not None and version != application.version:
        raise StageMoved(_("该申请的阶段刚被他人更改，请刷新后再试"))
    newest = application.events.order_by("-version").first()
    if newest is None or undo_until(newest, actor) is None:
        raise TransitionRefused(_("只能在一分钟内撤销自己刚才的办理；此后请用退回、恢复等操作更正"))
    return undo_moves(application, first=newest.version, last=newest.version, actor=actor, reason=_("一分钟内撤销"))


@transaction.atomic
def undo_moves(application: Application, *, first: int, last: int, actor: User | None, reason: str) -> StageEvent:
    """Take back the moves of versions `first` to `last`, the newest of the application, in one correcting event.

    What they granted is removed, what they ended lives again, the clock of the stage before runs on as if nothing
    had been. Raises TransitionRefused with every reason, or StageMoved when somebody moved the application meanwhile.
    """
    events = list(application.events.filter(version__gte=first, version__lte=last).order_by("version"))
    steps = [application.workflow.transition(event.transition, event.from_stage) for event in _moves(events)]
    reasons = _happened_since(application, events, last)
    role = acting_role(actor, application)
    reasons += dict.fromkeys(blocker for step in steps if (blocker := step.role_blocker(role)))
    granted = _granted(application, steps, events)
    reasons += [_("认定结果“{title}”此后已被撤销，不能撤回").format(title=row) for row in granted if row.ended_on]
    if reasons:
        raise TransitionRefused(*reasons)
    _put_back(application, events)
    hat = acted_as(steps[-1], role)
    event = _correct(application, events, actor=actor, hat=hat, reason=reason)
    for recognition in granted:
        take_back(recognition, actor=actor, reason=reason)
    _revive_ended(application, steps, events, actor=actor, reason=reason)
    _restore_deadlines(application, events)
    stops.take_back(application, [undone.version for undone in events])
    firms_changed([application.firm_id])
    stage_changed.send(sender=Application, event=event, passing=False)
    return event


def _moves(events: list[StageEvent]) -> list[StageEvent]:
    return [event for event in events if event.from_stage and event.transition != UNDO]


def _happened_since(application: Application, events: list[StageEvent], last: int) -> list[str]:
    """Why these moves are not the newest, or not moves at all."""
    later = application.events.filter(version__gt=last).order_by("version").first()
    if later is not None and later.transition == UNDO:
        return [_("这次办理已经撤销过")]
    if later is not None:
        reason = _("该申请此后又办理了“{move}”，不能撤销；请先处理后面的办理")
        return [reason.format(move=later.label)]
    if not events or _moves(events) != events:
        return [_("没有可以撤销的办理")]
    return []


def _granted(application: Application, steps: list[Transition], events: list[StageEvent]) -> list[Recognition]:
    """The recognitions that these moves created."""
    titles = [step.grants for step in steps if step.grants]
    if not titles:
        return []
    mine = Recognition.objects.filter(application=application, title__in=titles, created_at__gte=events[0].at)
    return list(mine.select_related("firm"))


def _put_back(application: Application, events: list[StageEvent]) -> None:
    """Into the stage before, since when it had been there: the same lock as a move."""
    source = events[0].from_stage
    entered = application.events.filter(version__lt=events[0].version).order_by("-version").first()
    values: dict[str, Any] = {
        "stage": source,
        "phase": application.workflow.stage(source).phase,
        "stage_since": entered.at if entered else application.opened_at,
        "closed_at": None,
    }
    mine = Application.objects.filter(pk=application.pk, stage=events[-1].to_stage, version=events[-1].version)
    try:
        with transaction.atomic():
            moved = mine.update(version=F("version") + 1, **values)
    except IntegrityError:
        raise TransitionRefused(_("该企业同年已有另一件在办的同类申报，不能恢复这一件")) from None
    if not moved:
        raise StageMoved(_("该申请的阶段刚被他人更改，请刷新后再试"))
    for name, value in values.items():
        setattr(application, name, value)
    application.version = events[-1].version + 1


def _correct(
    application: Application, events: list[StageEvent], *, actor: User | None, hat: str, reason: str
) -> StageEvent:
    event = StageEvent.objects.create(
        application=application,
        version=application.version,
        transition=UNDO,
        from_stage=events[-1].to_stage,
        to_stage=application.stage,
        actor=actor,
        acted_as=hat,
        note=reason,
        details={"undoes": [undone.version for undone in events]},
        at=timezone.now(),
    )
    UndoneMove.objects.bulk_create([UndoneMove(event=undone, by=event) for undone in events])
    return event


def take_back(recognition: Recognition, *, actor: User | None, reason: str) -> None:
    """Remove a recognition that was recorded by mistake; the firm's history keeps that it was there."""
    if Recognition.objects.filter(pk=recognition.pk).exclude(ended_on=None).exists():
        raise TransitionRefused(_("认定结果“{title}”此后已被撤销，不能撤回").format(title=recognition))
    record_changes(recognition.firm, {"recognition": (recognition, "")}, actor=actor, reason=reason)
    recognition.delete()
    firms_changed([recognition.firm_id])


def revive(
    recognitions: Iterable[Recognition], *, firm: Firm, since: datetime, actor: User | None, reason: str
) -> None:
    """Undo the end of recognitions: they count again, and what they had made due is due again."""
    for recognition in recognitions:
        Recognition.objects.filter(pk=recognition.pk).update(ended_on=None, end_reason="", end_document="")
        record_changes(firm, {"recognition": ("", recognition)}, actor=actor, reason=reason)
        back: dict[str, tuple[Any, Any]] = {"ended_on": (recognition.ended_on, None)}
        if recognition.end_document:
            back["end_document"] = (recognition.end_document, "")
        record_changes(recognition, back, actor=actor, reason=reason, path=firm.region_path)
        firms_changed([firm.pk])
        reopen(Deadline.objects.filter(recognition=recognition, closed_at__gte=since))


def _revive_ended(
    application: Application, steps: list[Transition], events: list[StageEvent], *, actor: User | None, reason: str
) -> None:
    for step, event in zip(steps, events, strict=True):
        if step.revokes:
            ended = Recognition.objects.filter(
                application=application, ended_on=timezone.localdate(event.at), end_reason=event.note[:200]
            )
            revive(list(ended), firm=application.firm, since=event.at, actor=actor, reason=reason)


def _restore_deadlines(application: Application, events: list[StageEvent]) -> None:
    """Close what the moves made due, open again what they had closed, with its old date."""
    made = [f"stage:{application.pk}:{event.version}" for event in events]
    mine = Deadline.objects.filter(application=application)
    mine.filter(key__in=made, closed_at=None).update(closed_at=timezone.now(), next_rung_on=None)
    reopen(mine.filter(closed_at__gte=events[0].at).exclude(key__in=made))


def reopen(deadlines: Any) -> None:
    """Due again, with the rungs that are still ahead; what has passed meanwhile by its date alone stays closed."""
    today, known, calendar = timezone.localdate(), ladders(), work_calendar()
    for deadline in deadlines:
        if deadline.due_on >= today or deadline.kind in OF_A_STAGE:
            first = first_rung(known[deadline.kind], deadline.due_on, calendar)
            Deadline.objects.filter(pk=deadline.pk).update(closed_at=None, next_rung_on=first)
