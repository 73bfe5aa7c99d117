"""What the page of conversion shows: from the snapshot of the day where there is one, else counted now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crm.models import Region
from pipeline.selectors.cohorts import Cell, Cohort, by_region, cells, read_cells, written_cells
from pipeline.selectors.funnel import CRITERION, Funnel, FunnelStep, Reason, funnels, read_funnel, steps_of
from pipeline.selectors.policies import known_policies
from pipeline.selectors.screening import lack_name
from pipeline.selectors.taken import below_each, taken
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES

YEARS = 5  # so many cohorts stand one below the other
YEARLY, QUARTERS = "years", "quarters"


@dataclass(frozen=True)
class Conversion:
    """The funnels of a region by programme; `taken_at` is None where they were counted just now."""

    as_of: date
    taken_at: datetime | None
    funnels: dict[str, Funnel]


def conversion(
    region: Region, *, year: int, today: date, as_of: date | None = None, quarter: int = 0, programmes: Iterable[str]
) -> Conversion:
    """A cohort as known on a day, today unless another is asked for. One query from a snapshot, else four at most
    for one programme."""
    kept = None if quarter or year != (as_of or today).year else taken(region, "funnels", today=today, as_of=as_of)
    if kept and all("stays" in funnel for funnel in kept.part.values()):
        return Conversion(kept.as_of, kept.taken_at, {name: read_funnel(own) for name, own in kept.part.items()})
    day = as_of or today
    counted = funnels(year, day, root=region.path, quarter=quarter, programmes=programmes)
    return Conversion(day, None, counted.get(region.path, {}))


def reason_names(programme: str, reasons: Iterable[Reason]) -> dict[str, str]:
    """{code: condition} for the reasons that are conditions; one query where there are any."""
    codes = {reason.text for reason in reasons if reason.kind == CRITERION}
    if not codes:
        return {}
    names: dict[str, str] = {}
    for policy in known_policies(programme):
        names |= {code: name for code in codes if (name := lack_name(policy, code)) != code}
    return {code: names.get(code, code) for code in codes}


@dataclass(frozen=True)
class CohortRow:
    """One cohort, or one county: its steps on one line of the heat table."""

    label: str
    year: int
    quarter: int
    region: str
    steps: tuple[FunnelStep, ...]

    @property
    def firms(self) -> int:
        return self.steps[0].reached


@dataclass(frozen=True)
class Comparison:
    """The cohorts of a region one below the other, and the last year's by the regions below: those that have firms.
    `taken_at` is None where they were counted just now."""

    as_of: date
    taken_at: datetime | None
    periods: list[CohortRow]
    regions: list[CohortRow]


def comparison(
    region: Region,
    children: Iterable[Region],
    *,
    programme: str,
    year: int,
    today: date,
    as_of: date | None = None,
    by_quarter: bool = False,
) -> Comparison:
    """The last cohorts by year, or those of one year by quarter. One query from the snapshot, else two at most."""
    children, day = list(children), as_of or today
    kept = None
    if year == day.year:
        kept = taken(region, f"cohorts__{programme}", today=today, as_of=as_of)
    if kept:
        found = {path: read_cells(own) for path, own in kept.part["below"].items()}
        found[region.path] = read_cells(kept.part[QUARTERS if by_quarter else YEARLY])
    else:
        found = by_region(cells(_cohort(programme, year, day, by_quarter, region.path)))
    table = PROGRAMMES[programme]
    below = [] if by_quarter else [_county(child, year, table, found.get(child.path, [])) for child in children]
    return Comparison(
        as_of=kept.as_of if kept else day,
        taken_at=kept.taken_at if kept else None,
        periods=list(_periods(table, found.get(region.path, []))),
        regions=[row for row in below if row.firms],
    )


def cohort_parts(year: int, as_of: date, paths: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """{region path: {programme: what a snapshot keeps}}: the cells of "years" and "quarters", and of the last year
    those of the regions right below by their paths. Two statements a programme."""
    children = below_each(paths)
    parts: dict[str, dict[str, dict[str, Any]]] = {path: {} for path in children}
    for programme in PROGRAMMES:
        years, quarters = (by_region(cells(_cohort(programme, year, as_of, by, ""))) for by in (False, True))
        for path, own in parts.items():
            below = {child: [cell for cell in years.get(child, []) if cell.year == year] for child in children[path]}
            own[programme] = {
                YEARLY: written_cells(years.get(path, [])),
                QUARTERS: written_cells(quarters.get(path, [])),
                "below": {child: written_cells(of_child) for child, of_child in below.items()},
            }
    return parts


def _cohort(programme: str, year: int, day: date, by_quarter: bool, root: str) -> Cohort:
    first = year if by_quarter else year - YEARS + 1
    return Cohort(programme, first, year, day, root=root, by_quarter=by_quarter)


def _periods(table: Workflow, found: Iterable[Cell]) -> Iterator[CohortRow]:
    periods: dict[tuple[int, int], list[Cell]] = {}
    for cell in found:
        periods.setdefault((cell.year, cell.quarter), []).append(cell)
    for year, quarter in sorted(periods):
        yield CohortRow(_period(year, quarter), year, quarter, "", steps_of(table, periods[(year, quarter)]))


def _county(child: Region, year: int, table: Workflow, found: Iterable[Cell]) -> CohortRow:
    own = [cell for cell in found if cell.year == year]
    return CohortRow(child.short_name, year, 0, child.code, steps_of(table, own))


def _period(year: int, quarter: int) -> str:
    return f"{year} Q{quarter}" if quarter else str(year)
