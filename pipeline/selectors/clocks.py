"""How applications stand to the window they file in: late or not, and what the timetable back from its end says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from pipeline.choices import Phase
from pipeline.models import Application, ClockStop, Round, StageEvent, TimetableStep
from pipeline.selectors.calendar import rounds_for, work_calendar
from pipeline.selectors.days import DueItem
from pipeline.selectors.explained import explained
from pipeline.timetable import Plan, back_plan
from pipeline.workdays import WorkCalendar
from pipeline.workflows import WORKFLOWS
from pipeline.workflows.timetables import TIMETABLES

BEFORE_NOTICE = (Phase.POOL, Phase.PREPARING, Phase.REVIEW)  # while an application can still change its round
OVER = (Phase.RECOGNISED, Phase.CLOSED)  # when it was filed matters no more
UNSUBMITTED = Q(pk__in=[])
for _code, _table in WORKFLOWS.items():
    UNSUBMITTED |= Q(workflow_code=_code, stage__in=_table.before_submission)
FIRST_SUBMIT = (
    StageEvent.objects.standing()
    .filter(application=OuterRef("pk"), transition="submit")
    .order_by("version")
    .values("at")
)


@dataclass(frozen=True)
class Clock:
    """One application and its window. `late_days` are calendar days past the round's last day, 0 when in time."""

    late_days: int = 0
    submitted_on: date | None = None
    plan: Plan | None = None

    @property
    def late(self) -> bool:
        return self.late_days > 0


IN_TIME = Clock()


def clocks(applications: Iterable[Application], today: date, calendar: WorkCalendar | None = None) -> dict[int, Clock]:
    """The clock of each application that belongs to a round and is under way. Two queries, three without a calendar.

    The filing counts by its Shanghai day: 23:59 of the last day is in time, 00:01 of the next is late.
    """
    rows = [row for row in applications if row.round_id and row.phase not in OVER]
    if not rows:
        return {}
    known = Application.objects.filter(pk__in=[row.pk for row in rows]).annotate(
        submitted_at=Subquery(FIRST_SUBMIT[:1])
    )
    windows = {pk: (last, at) for pk, last, at in known.values_list("pk", "round__last_on", "submitted_at")}
    waiting = [row for row in rows if must_file(row) and windows[row.pk][1] is None]
    done: dict[int, set[str]] = {}
    for pk, code in _ticks(waiting):
        done.setdefault(pk, set()).add(code)
    calendar = calendar or work_calendar()
    return {row.pk: _clock(row, *windows[row.pk], today, calendar, done.get(row.pk, set())) for row in rows}


def must_file(application: Application) -> bool:
    return application.stage in application.workflow.before_submission


def _ticks(applications: Sequence[Application]):
    return TimetableStep.objects.filter(application__in=applications).values_list("application", "code")


def _clock(
    application: Application,
    last_on: date,
    submitted_at: datetime | None,
    today: date,
    calendar: WorkCalendar,
    done: set[str],
) -> Clock:
    if submitted_at is not None:
        day = timezone.localdate(submitted_at)
        return Clock(max(0, (day - last_on).days), day)
    if not must_file(application):
        return IN_TIME
    steps = TIMETABLES.get(application.programme)
    plan = back_plan(last_on, today, steps, calendar, done) if steps and today <= last_on else None
    return Clock(max(0, (today - last_on).days), None, plan)


@dataclass(frozen=True)
class ClockFace:
    """Everything about an application's dates: what is due and why, stops, timetable, the windows it could go to."""

    clock: Clock
    due: list[tuple[DueItem, str]]
    stops: list[ClockStop]
    rounds: list[Round]

    @property
    def empty(self) -> bool:
        return not (self.due or self.stops or self.clock.late or self.clock.plan)


def clock_face(application: Application, today: date, *, public: bool = False) -> ClockFace:
    """The dates of one application, for its page; `public` leaves out what concerns the authority alone."""
    calendar = work_calendar()
    deadlines = list(application.deadlines.filter(closed_at=None, **({"for_firm": True} if public else {})))
    why = explained(deadlines, calendar)
    known = clocks([application], today, calendar).get(application.pk, IN_TIME)
    movable = known.late or (not public and application.phase in BEFORE_NOTICE)
    return ClockFace(
        clock=known,
        due=[(DueItem.of(row, today, calendar), why[row.pk]) for row in deadlines],
        stops=[] if public else list(ClockStop.objects.filter(application=application)),
        rounds=other_rounds(application, today) if movable else [],
    )


def other_rounds(application: Application, today: date) -> list[Round]:
    """The windows an application can be moved to, the first to close first. One query."""
    rounds = rounds_for(application.programme, application.region_path, [application.year])
    left = [row for row in rounds if row.last_on >= today and row.pk != application.round_id]
    return sorted(left, key=lambda row: row.last_on)


def late_ones(applications: QuerySet[Application], today: date) -> QuerySet[Application]:
    """Those filed after their round's last day, and those still not filed after it."""
    rows = applications.exclude(phase__in=OVER).alias(filed_on=TruncDate(Subquery(FIRST_SUBMIT[:1])))
    unfiled = UNSUBMITTED & Q(filed_on=None, round__last_on__lt=today)
    return rows.filter(Q(filed_on__gt=F("round__last_on")) | unfiled)


def with_tone(applications: QuerySet[Application], tone: str, today: date) -> QuerySet[Application]:
    """Those whose timetable is of this tone (`act`, `soon`, `fine`). Two queries to learn the windows, none a row.

    The latest beginnings of a round's steps are the same for all who file in it: each round gives the steps that
    should be over, and the rows that have ticked fewer of them are behind.
    """
    calendar, unfiled = work_calendar(), applications.filter(UNSUBMITTED, closed_at=None)
    rounds = Round.objects.filter(last_on__gte=today, programme__in=TIMETABLES)
    behind, near, every = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[])
    for number, window in enumerate(rounds):
        plan = back_plan(window.last_on, today, TIMETABLES[window.programme], calendar)
        every |= Q(round=window)
        for wanted, tones in ((f"act{number}", ("act",)), (f"soon{number}", ("act", "soon"))):
            codes = [step.step.code for step in plan.steps if step.tone in tones]
            unfiled = unfiled.alias(**{wanted: _ticked(codes)})
            if wanted.startswith("act"):
                behind |= Q(round=window, **{f"{wanted}__lt": len(codes)})
            else:
                near |= Q(round=window, **{f"{wanted}__lt": len(codes)})
    wanted_rows = {"act": behind, "soon": near & ~behind, "fine": every & ~near}
    return unfiled.filter(wanted_rows[tone])


def _ticked(codes: list[str]):
    """How many of these steps an application has ticked."""
    mine = TimetableStep.objects.filter(application=OuterRef("pk"), code__in=codes).order_by()
    counted = mine.values("application").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0)) if codes else Value(0)
