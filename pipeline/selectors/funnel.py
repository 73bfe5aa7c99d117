"""Conversion from stage to stage, from the event log, by intake cohort: losses are kept, nobody counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.access import ways_up
from pipeline.intervals import wilson
from pipeline.models import Application
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.cohort_stays import Stay, cohort_stays
from pipeline.selectors.cohorts import Cell, Cohort, cells, last_moves
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES

CRITERION, NOTE, SILENT = "criterion", "note", "silent"
MOST_REASONS = 30  # a snapshot keeps no more of them


@dataclass(frozen=True)
class Reason:
    """Why firms were lost: a condition that was not met at the time, else what the last move said, else nothing."""

    kind: str
    text: str  # the condition's code, or the note
    number: int


@dataclass(frozen=True)
class FunnelStep:
    """One stage of the main line: how many firms ever got this far, how many were lost here, how many are still here.

    `ratio` is of those who reached the step before; None for the first, or where nobody was. `low` and `high` are
    its 90 % Wilson interval. `outcomes` says how those lost here ended.
    """

    stage: str
    reached: int
    lost: int
    ratio: float | None
    before: int = 0
    waiting: int = 0
    low: float | None = None
    high: float | None = None
    outcomes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Funnel:
    programme: str
    year: int
    steps: tuple[FunnelStep, ...]
    stays: tuple[Stay, ...] = ()
    reasons: tuple[Reason, ...] = ()
    quarter: int = 0

    @property
    def lost(self) -> int:
        return sum(step.lost for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_funnel(data: dict[str, Any]) -> Funnel:
    """A funnel read back from a snapshot; one kept before stays and reasons were counted has none."""
    return Funnel(
        programme=data["programme"],
        year=data["year"],
        steps=tuple(FunnelStep(**step) for step in data["steps"]),
        stays=tuple(Stay(**stay) for stay in data.get("stays", ())),
        reasons=tuple(Reason(**reason) for reason in data.get("reasons", ())),
        quarter=data.get("quarter", 0),
    )


def funnels(
    year: int,
    as_of: date | None = None,
    *,
    root: str = "",
    quarter: int = 0,
    programmes: Iterable[str] = PROGRAMMES,
) -> dict[str, dict[str, Funnel]]:
    """{region path: {programme: funnel}} of the applications opened in a year or quarter, as known on a day.

    Everywhere, or for one region and those below it. Two statements a programme and one for the calendar.
    """
    result: dict[str, dict[str, Funnel]] = {}
    as_of, calendar = as_of or timezone.localdate(), work_calendar()
    for programme in programmes:
        cohort = Cohort(programme, year, year, as_of, quarter, root)
        stays = cohort_stays(cohort, calendar)
        for path, found in rolled_up(cells(cohort, reasons=True)).items():
            result.setdefault(path, {})[programme] = _funnel(cohort, found, stays.get(path, ()))
    return result


def rolled_up(found: Iterable[Cell]) -> dict[str, list[Cell]]:
    """The cells of each region with those of everything below it."""
    result: dict[str, list[Cell]] = {}
    for cell in found:
        for region in ways_up(cell.region_path):
            result.setdefault(region, []).append(cell)
    return result


def _funnel(cohort: Cohort, found: Sequence[Cell], stays: tuple[Stay, ...]) -> Funnel:
    steps = steps_of(cohort.table, found)
    return Funnel(cohort.programme, cohort.first_year, steps, stays, reasons_of(found), cohort.quarter)


def steps_of(table: Workflow, found: Sequence[Cell]) -> tuple[FunnelStep, ...]:
    """The stages of the main line with who reached, stays and was lost."""
    here: Counter[int] = Counter()
    lost: dict[int, Counter[str]] = {}
    for cell in found:
        here[cell.furthest] += cell.number
        if cell.lost:
            lost.setdefault(cell.furthest, Counter())[cell.stage] += cell.number
    steps: list[FunnelStep] = []
    reached = before = here.total()
    for place, stage in enumerate(table.main_line):
        outcomes = lost.get(place, Counter())
        goal = place == len(table.main_line) - 1
        waiting = 0 if goal else here[place] - outcomes.total()
        steps.append(_step(stage.code, reached, before if place else 0, waiting, outcomes))
        before, reached = reached, reached - here[place]
    return tuple(steps)


def _step(stage: str, reached: int, before: int, waiting: int, outcomes: Counter[str]) -> FunnelStep:
    span = wilson(reached, before)
    low, high = (round(end, 4) for end in span) if span else (None, None)
    ratio = round(reached / before, 4) if before else None
    return FunnelStep(stage, reached, outcomes.total(), ratio, before, waiting, low, high, dict(outcomes))


def reasons_of(found: Iterable[Cell]) -> tuple[Reason, ...]:
    """Why firms were lost, the most frequent first; a firm that failed two conditions counts for both."""
    counted: Counter[tuple[str, str]] = Counter()
    for cell in found:
        if cell.lost:
            for key in _reasons(cell):
                counted[key] += cell.number
    ordered = sorted(counted.items(), key=lambda item: (item[0][0] == SILENT, -item[1], item[0]))
    return tuple(Reason(kind, text, number) for (kind, text), number in ordered[:MOST_REASONS])


def lost_for(cohort: Cohort, kind: str, text: str) -> QuerySet[Application]:
    """The applications that one reason counts: what a click on it opens."""
    moves = last_moves(cohort)
    if kind == CRITERION:
        word = Q(details__lacking=text)
        for lookup, part in (("startswith", f"{text} "), ("endswith", f" {text}"), ("icontains", f" {text} ")):
            word |= Q(**{f"details__lacking__{lookup}": part})
        moves = moves.filter(word)
    else:
        moves = moves.filter(Q(note__startswith=text) if kind == NOTE else Q(note=""))
        moves = moves.exclude(details__has_key="lacking")
    return Application.objects.filter(pk__in=moves.values("application"))


def _reasons(cell: Cell) -> list[tuple[str, str]]:
    if cell.lacking:
        return [(CRITERION, code) for code in cell.lacking]
    return [(NOTE, cell.note) if cell.note else (SILENT, "")]
