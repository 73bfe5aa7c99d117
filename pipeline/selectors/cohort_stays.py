"""How many working days the applications of a cohort rest in each stage, those that still rest there included."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Lead, TruncDate

from crm.access import ways_up
from pipeline.choices import Phase
from pipeline.intervals import Lengths
from pipeline.models import StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.cohorts import Cohort
from pipeline.workdays import WorkCalendar
from pipeline.workflow import Workflow

OVER = {Phase.RECOGNISED, Phase.CLOSED}  # nobody waits there for a next stage


@dataclass(frozen=True)
class Stay:
    """Working days in one stage: half ended within `median`, nine of ten within `most`; None while too few have ended.

    `ended` and `going_on` say how many stays that is of; each time an application enters a stage is a stay.
    """

    stage: str
    median: int | None
    most: int | None
    ended: int
    going_on: int


class Workdays:
    """Counts the working days between two days by one look-up each."""

    def __init__(self, calendar: WorkCalendar, first: date, last: date) -> None:
        days = (first + timedelta(days=step) for step in range((last - first).days + 1))
        self.worked = [day for day in days if calendar.is_workday(day)]

    def between(self, start: date, end: date) -> int:
        """Those after `start` up to and including `end`."""
        return bisect_right(self.worked, end) - bisect_right(self.worked, start)


def cohort_stays(cohort: Cohort, calendar: WorkCalendar) -> dict[str, tuple[Stay, ...]]:
    """{region path: stays in the order of the table}, rolled up the tree. One statement, grouped by days."""
    workdays = Workdays(calendar, date(cohort.first_year, 1, 1), cohort.as_of)
    found: dict[str, dict[str, Lengths]] = {}
    for path, stage, entered, left, number in _grouped(cohort):
        days = workdays.between(entered, left or cohort.as_of)
        for region in ways_up(path):
            lengths = found.setdefault(region, {}).setdefault(stage, Lengths())
            lengths.add(days, number, ended=left is not None)
    return {path: _stays(cohort.table, lengths) for path, lengths in found.items()}


def _stays(table: Workflow, lengths: dict[str, Lengths]) -> tuple[Stay, ...]:
    waiting = [stage.code for stage in table.stages if stage.phase not in OVER and stage.code in lengths]
    return tuple(_stay(code, lengths[code]) for code in waiting)


def _stay(code: str, lengths: Lengths) -> Stay:
    ended, going_on = lengths.ended.total(), lengths.going_on.total()
    return Stay(code, lengths.quantile(0.5), lengths.quantile(0.9), ended, going_on)


def _grouped(cohort: Cohort) -> list[tuple[str, str, date, date | None, int]]:
    """(region path, stage, day it was entered, day it was left, how many)."""
    sql, parameters = _moves(cohort).query.sql_with_params()
    statement = f"SELECT s.path, s.to_stage, s.entered, s.departed, COUNT(*) FROM ({sql}) s GROUP BY 1, 2, 3, 4"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(row[0], row[1], _day(row[2]), row[3] and _day(row[3]), row[4]) for row in cursor]


def _moves(cohort: Cohort) -> QuerySet:
    """The standing moves of the cohort as known on the day, each with the day of the one after it."""
    since, before = cohort.opened
    until = cohort.until
    rows = StageEvent.objects.filter(
        Q(undone=None) | Q(undone__by__at__gte=until),
        application__programme=cohort.programme,
        application__opened_at__gte=since,
        application__opened_at__lt=before,
        at__lt=until,
    ).exclude(transition=UNDO)
    if cohort.root:
        rows = rows.filter(application__region_path__under=cohort.root)
    following = Window(Lead("at"), partition_by=F("application"), order_by=F("version").asc())
    return (
        rows.order_by()
        .annotate(next_at=following)
        .annotate(path=F("application__region_path"), entered=TruncDate("at"), departed=TruncDate("next_at"))
        .values("path", "to_stage", "entered", "departed")
    )


def _day(value: Any) -> date:
    """SQLite gives the text of a day, PostgreSQL the day."""
    return value if isinstance(value, date) else date.fromisoformat(value)
