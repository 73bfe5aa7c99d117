"""Stops of the authority's clock: it stands still while the firm corrects, and runs on or begins anew afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput, NotAllowed
from crm.models import Region, User
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.choices import ClockMode, DeadlineKind, Phase, StopEnd
from pipeline.models import Application, ClockRule, ClockStop, Deadline, StageEvent
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.stops import mode_of, open_stop, pauses_of
from pipeline.workdays import Pause, WorkCalendar
from pipeline.workflow import WORKDAYS
from pipeline.workflows import PROGRAMMES

Held = tuple[date, tuple[Pause, ...]]  # when the term began, and when it stood still


@transaction.atomic
def set_clock_rule(programme: str, *, mode: str, actor: User | None, region: Region) -> None:
    """Decide for a programme whether terms run on or begin anew; it holds from the next resubmission on."""
    require_manager(actor, region.path)
    if not region.is_city_or_above:
        raise NotAllowed(_("计时规则由市级科长或管理员维护"))
    if programme not in PROGRAMMES or mode not in ClockMode.values:
        raise InvalidInput(_("请选择“暂停后续计”或“重新起算”"))
    before = mode_of(programme)
    rule, _created = ClockRule.objects.update_or_create(programme=programme, defaults={"mode": mode})
    if before != mode:
        record_changes(rule, {"mode": (before, mode)}, actor=actor, path=region.path)


def stop(application: Application, event: StageEvent) -> ClockStop | None:
    """The application is returned to the firm: the term of the stage it leaves, if any, stands still from this day."""
    terms = application.deadlines.filter(kind=DeadlineKind.STAGE_TERM, closed_at=None, starts_on__isnull=False)
    deadline = terms.exclude(length=0).first()
    if deadline is None:
        return None
    assert deadline.starts_on is not None and deadline.length is not None
    stopped_on = timezone.localdate(event.at)
    return ClockStop.objects.create(
        application=application,
        stage=event.from_stage,
        starts_on=deadline.starts_on,
        length=deadline.length,
        unit=deadline.unit,
        stopped_on=stopped_on,
        stopped_version=event.version,
        remaining=_remaining(deadline, stopped_on, pauses_of([deadline]).of(deadline), work_calendar()),
    )


def _remaining(term: Deadline | ClockStop, stopped_on: date, pauses: Iterable[Pause], calendar: WorkCalendar) -> int:
    assert term.starts_on is not None and term.length is not None
    return max(0, term.length - calendar.used(term.starts_on, stopped_on, term.unit, pauses))


def end_stop(application: Application, event: StageEvent) -> Held | None:
    """The application moves on: back at the stage whose term stands still, the term runs on or begins anew.

    On the way back there, at a stage before it, the clock still stands; past it, the stop has come to nothing.
    Returns the term that runs on, else None.
    """
    held = open_stop(application)
    if held is None:
        return None
    workflow, stage = application.workflow, application.current
    if stage.code == held.stage:
        ended = StopEnd.RESTARTED if mode_of(application.programme) == ClockMode.RESTART else StopEnd.RESUMED
    elif stage.phase != Phase.CLOSED and workflow.place(stage.code) < workflow.place(held.stage):
        return None
    else:
        ended = StopEnd.DROPPED
    held.ended, held.resumed_on, held.resumed_version = ended, timezone.localdate(event.at), event.version
    held.save(update_fields=["ended", "resumed_on", "resumed_version"])
    return (held.starts_on, _pauses(held)) if ended == StopEnd.RESUMED else None


def _pauses(held: ClockStop) -> tuple[Pause, ...]:
    """All the pauses of the term that this stop belongs to."""
    same = ClockStop.objects.filter(application=held.application_id, starts_on=held.starts_on, ended=StopEnd.RESUMED)
    spans = same.order_by("stopped_version").values_list("stopped_on", "resumed_on")
    return tuple(Pause(first, last) for first, last in spans if last)


def take_back(application: Application, versions: Iterable[int]) -> None:
    """Moves were undone: what they stopped was never stopped, what they set going stands still again."""
    mine = ClockStop.objects.filter(application=application)
    mine.filter(stopped_version__in=versions).delete()
    mine.filter(resumed_version__in=versions).update(resumed_on=None, resumed_version=None, ended="")


def recompute_stops(calendar: WorkCalendar) -> int:
    """The calendar changed: count again what remained of the terms that stand still. Returns how many changed."""
    changed = 0
    for held in ClockStop.objects.filter(resumed_on=None, unit=WORKDAYS).iterator(chunk_size=500):
        remaining = _remaining(held, held.stopped_on, _pauses(held), calendar)
        if remaining != held.remaining:
            changed += ClockStop.objects.filter(pk=held.pk).update(remaining=remaining)
    return changed
