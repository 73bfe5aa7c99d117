"""Our own history for the forecast: every application of a programme with its stages and how it ended, as arrays.

Times are numbers of working days (pipeline.forecasting). Moves that were taken back are left out. A history reaches
back YEARS years; one that is asked as of an earlier day is the same, because the forecast looks at nothing after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone

from pipeline.choices import Counter, Phase
from pipeline.forecasting import FAR, Case, YearSpan
from pipeline.models import Application, Indicator, Recognition, Round, StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.calendar import midnight, work_calendar
from pipeline.workflows import PROGRAMMES, WORKFLOWS

YEARS = 6
SUBMIT = "submit"  # the outcome of a filing; the others are titles
ONE_DAY = timedelta(days=1)
FOREVER = date.max
_T = TypeVar("_T")


@dataclass(frozen=True)
class Days:
    """The working days from a first day on, each day with its number; a day off has that of the working day before."""

    first: date
    numbers: tuple[int, ...]

    def of(self, day: date) -> int:
        """The number of a day; one outside counts as the nearest known."""
        return self.numbers[min(max((day - self.first).days, 0), len(self.numbers) - 1)]


@dataclass(frozen=True, slots=True)
class Past:
    """One application as history knows it. `ends` says on which day each outcome came, by outcome; read it only."""

    pk: int
    firm: int
    path: str
    batch: int
    edition: int | None
    opened_on: date
    opened: int
    stays: tuple[tuple[int, int], ...]
    ends: dict[str, date]
    lost: int
    titles: tuple[tuple[str, date, date], ...]  # what the firm held before: title, from, until


@dataclass(frozen=True)
class Shelf:
    """Everything known of one programme."""

    programme: str
    days: Days
    rows: tuple[Past, ...]
    rounds: tuple[tuple[str, int, int, date], ...]  # region path, year, batch, last day

    def spans(self, path: str, year: int) -> tuple[YearSpan, tuple[YearSpan, ...]]:
        """A year and those before it, with the rounds that firms of a region file in; above cities, of one."""
        found = [self._span(path, one) for one in range(year - YEARS, year + 1)]
        return found[-1], tuple(found[:-1])

    def _span(self, path: str, year: int) -> YearSpan:
        own = {batch: last for above, of, batch, last in self.rounds if of == year and path.startswith(above)}
        below = {batch: last for under, of, batch, last in self.rounds if of == year and under.startswith(path)}
        first, last = date(year, 1, 1), cut_off(year)
        days = tuple(self.days.of(day) for _batch, day in sorted((own or below).items()) if first <= day <= last)
        return YearSpan(year, self.days.of(first), self.days.of(last), days)

    def of_city(self, city: str) -> tuple[Past, ...]:
        """The applications of a city, or of a wider region; where that is all of them, the very rows of this shelf."""
        own = tuple(row for row in self.rows if row.path.startswith(city))
        return self.rows if len(own) == len(self.rows) else own


def cut_off(year: int) -> date:
    """The last day that counts for a year."""
    return date(year, 12, 31)


def outcome_of(indicator: Indicator) -> str:
    """What must happen to an application so that it counts: a title, or the filing."""
    if indicator.counter == Counter.FILED:
        return SUBMIT
    titles = PROGRAMMES[indicator.programme].titles
    return titles[0] if indicator.counter == Counter.IN_LIBRARY else titles[-1]


def stage_numbers(programme: str) -> dict[str, int]:
    """Every stage of every version of a programme's table, numbered in order."""
    tables = [table for table in WORKFLOWS.values() if table.programme == programme]
    codes = dict.fromkeys(stage.code for table in tables for stage in table.stages)
    return {code: number for number, code in enumerate(codes)}


def cases(rows: Iterable[Past], indicator: Indicator, days: Days, year: int) -> Iterator[Case]:
    """The rows that this indicator can count, as cases.

    First-time titles leave out firms that held it before; the stock leaves out those whose older title lasts anyway.
    """
    outcome = outcome_of(indicator)
    for row in rows:
        end = row.ends.get(outcome)
        held = [title for title in row.titles if title[0] == outcome]
        if indicator.counter == Counter.FIRST_TIME and held:
            continue
        if indicator.counter in {Counter.STOCK, Counter.NET_GROWTH}:
            until = max((title[2] for title in held), default=date.min)
            if until >= cut_off(end.year if end else year):
                continue
        yield Case(row.pk, row.opened, row.stays, days.of(end) if end else FAR, row.lost, row.batch)


def shelf(programme: str, as_of: date) -> Shelf:
    """The history of a programme up to a day. Six statements, whatever the number of applications."""
    first = date(as_of.year - YEARS, 1, 1)
    days = _days(first, cut_off(as_of.year))
    rounds = Round.objects.filter(programme=programme, year__gte=first.year).order_by("year", "batch")
    windows = tuple(rounds.values_list("region_path", "year", "batch", "last_on"))
    return Shelf(programme, days, tuple(_rows(programme, first, as_of, days)), windows)


def _days(first: date, last: date) -> Days:
    calendar, numbers, number = work_calendar(), [], 0
    for step in range((last - first).days + 1):
        number += calendar.is_workday(first + timedelta(days=step))
        numbers.append(number)
    return Days(first, tuple(numbers))


class _Same:
    """Of equal values always the same one: a million applications share some thousand places, moves and endings."""

    def __init__(self) -> None:
        self.known: dict[Any, Any] = {}
        self.ends: dict[tuple[tuple[str, date], ...], dict[str, date]] = {}

    def one(self, value: _T) -> _T:
        found: _T = self.known.setdefault(value, value)
        return found

    def of_ends(self, ends: dict[str, date]) -> dict[str, date]:
        return self.ends.setdefault(tuple(ends.items()), ends)


def _rows(programme: str, first: date, as_of: date, days: Days) -> Iterator[Past]:
    begun = Q(opened_at__gte=midnight(first), opened_at__lt=midnight(as_of + ONE_DAY))
    known = Application.objects.filter(begun, programme=programme).order_by("pk")
    columns = ("pk", "firm_id", "region_path", "round__batch", "edition_id", "opened_at", "workflow_code")
    same, stages = _Same(), stage_numbers(programme)
    moves, titles, held = _moves(programme, first, as_of, same), _granted(programme, as_of), _held(programme, as_of)
    for pk, firm, path, batch, edition, opened_at, code in known.values_list(*columns).iterator(chunk_size=5000):
        opened_on = timezone.localdate(opened_at)
        closed = set(WORKFLOWS[code].stages_in(Phase.CLOSED))
        events = moves.pop(pk, [])
        ends = dict(titles.get(pk, []))
        if filed := next((on for move, _to, on in events if move == SUBMIT), None):
            ends[SUBMIT] = filed
        lost = next((on for _move, to, on in events if to in closed), None)
        stays = tuple(same.one((stages[to], days.of(on))) for _move, to, on in events if to not in closed)
        before = tuple(title for title in held.get(firm, []) if title[1] < opened_on)
        gone = days.of(lost) if lost else FAR
        shared = (same.one(path), batch or 0, edition, same.one(opened_on), days.of(opened_on))
        yield Past(pk, firm, *shared, stays, same.of_ends(ends), gone, before)


Move = tuple[str, str, date]


def _moves(programme: str, first: date, as_of: date, same: _Same) -> dict[int, list[Move]]:
    """{application: [(transition, stage reached, day)]} in order."""
    events = StageEvent.objects.standing().exclude(transition=UNDO).order_by("application", "version")
    events = events.filter(application__programme=programme, at__gte=midnight(first), at__lt=midnight(as_of + ONE_DAY))
    rows = events.values_list("application_id", "transition", "to_stage", "at").iterator(chunk_size=5000)
    zone = timezone.get_default_timezone()  # asked once: a million moves would ask a million times
    return {
        application: [same.one((move, to, at.astimezone(zone).date())) for _key, move, to, at in found]
        for application, found in groupby(rows, key=lambda row: row[0])
    }


def _granted(programme: str, as_of: date) -> dict[int, list[tuple[str, date]]]:
    """{application: [(title, day)]}, the latest first: of two of a kind the earliest holds."""
    rows = Recognition.objects.filter(programme=programme, application__isnull=False, granted_on__lte=as_of)
    found: dict[int, list[tuple[str, date]]] = {}
    for application, title, on in rows.order_by("-granted_on", "pk").values_list(
        "application_id", "title", "granted_on"
    ):
        found.setdefault(application, []).append((title, on))
    return found


def _held(programme: str, as_of: date) -> dict[int, list[tuple[str, date, date]]]:
    """{firm: [(title, from, until)]} of every title of the programme."""
    rows = Recognition.objects.filter(programme=programme, granted_on__lte=as_of)
    found: dict[int, list[tuple[str, date, date]]] = {}
    for firm, title, on, until in rows.values_list("firm_id", "title", "granted_on", "valid_until"):
        found.setdefault(firm, []).append((title, on, until or FOREVER))
    return found
