"""The open deadlines of a month, day by day, beside which days are worked."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from pipeline.choices import DeadlineKind
from pipeline.models import Deadline
from pipeline.workdays import WorkCalendar

WEEKS_FROM_MONDAY = Calendar(firstweekday=0)


@dataclass(frozen=True)
class KindCount:
    kind: str
    label: str
    number: int


@dataclass(frozen=True)
class Day:
    """One cell. `off` is a weekday that is not worked, `made_up` a weekend day that is."""

    date: date
    inside: bool  # of the month shown, not of its neighbours
    off: bool
    made_up: bool
    worked: bool
    kinds: tuple[KindCount, ...]


def month_of(deadlines: QuerySet[Deadline], month: date, calendar: WorkCalendar) -> list[list[Day]]:
    """The weeks, Monday first, that hold the month of this day; `deadlines` are scoped and open. One query."""
    weeks = WEEKS_FROM_MONDAY.monthdatescalendar(month.year, month.month)
    counts = _counts(deadlines.filter(due_on__range=(weeks[0][0], weeks[-1][-1])))
    return [[_day(day, month, calendar, counts.get(day, ())) for day in week] for week in weeks]


def _counts(deadlines: QuerySet[Deadline]) -> dict[date, tuple[KindCount, ...]]:
    rows = deadlines.order_by("due_on", "kind").values_list("due_on", "kind").annotate(number=Count("pk"))
    found: dict[date, tuple[KindCount, ...]] = {}
    for due_on, kind, number in rows:
        found[due_on] = (*found.get(due_on, ()), KindCount(kind, str(DeadlineKind(kind).label), number))
    return found


def _day(day: date, month: date, calendar: WorkCalendar, kinds: tuple[KindCount, ...]) -> Day:
    worked, weekend = calendar.is_workday(day), day.weekday() >= 5
    return Day(
        date=day,
        inside=day.month == month.month,
        off=not worked and not weekend,
        made_up=worked and weekend,
        worked=worked,
        kinds=kinds,
    )
