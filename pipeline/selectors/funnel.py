"""Conversion from stage to stage, from the event log, by intake year: losses are kept, nobody counts twice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, Max, OuterRef, Subquery, Value, When

from pipeline.choices import Phase
from pipeline.models import Application, StageEvent
from pipeline.selectors.counts import ancestors
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class FunnelStep:
    """One stage of the main line: how many applications ever got this far, how many of them ended here."""

    stage: str
    reached: int
    lost: int
    ratio: float | None  # of those who reached the step before; None for the first, or where nobody was


@dataclass(frozen=True)
class Funnel:
    programme: str
    year: int
    steps: tuple[FunnelStep, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"programme": self.programme, "year": self.year, "steps": [asdict(step) for step in self.steps]}


def funnels(year: int) -> dict[str, dict[str, Funnel]]:
    """{region path: {programme: funnel}} of the applications opened for a year. One statement a programme."""
    result: dict[str, dict[str, Funnel]] = {}
    for programme, table in PROGRAMMES.items():
        for path, cells in _cells(table, year).items():
            result.setdefault(path, {})[programme] = _funnel(table, year, cells)
    return result


def _cells(table: Workflow, year: int) -> dict[str, dict[tuple[int, bool], int]]:
    """{region path: {(furthest stage, lost): number}}, rolled up the tree."""
    rank = Case(
        *(When(to_stage=stage.code, then=Value(index)) for index, stage in enumerate(table.main_line)),
        default=Value(0),
        output_field=IntegerField(),
    )
    events = StageEvent.objects.standing().filter(application=OuterRef("pk")).order_by().annotate(rank=rank)
    furthest = Subquery(events.values("application").annotate(top=Max("rank")).values("top"))
    rows = (
        Application.objects.filter(programme=table.programme, year=year)
        .annotate(furthest=furthest)
        .values_list("region_path", "furthest", "phase")
        .annotate(number=Count("pk"))
        .order_by()
    )
    goal = len(table.main_line) - 1
    cells: dict[str, dict[tuple[int, bool], int]] = {}
    for path, top, phase, number in rows:
        lost = phase == Phase.CLOSED and (top or 0) < goal
        for region in ancestors(path):
            own = cells.setdefault(region, {})
            own[(top or 0, lost)] = own.get((top or 0, lost), 0) + number
    return cells


def _funnel(table: Workflow, year: int, cells: dict[tuple[int, bool], int]) -> Funnel:
    steps: list[FunnelStep] = []
    for index, stage in enumerate(table.main_line):
        reached = sum(number for (top, _lost), number in cells.items() if top >= index)
        before = steps[-1].reached if steps else 0
        ratio = round(reached / before, 4) if before else None
        steps.append(FunnelStep(stage.code, reached, cells.get((index, True), 0), ratio))
    return Funnel(table.programme, year, tuple(steps))
