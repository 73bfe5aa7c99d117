"""What the page of rungs and renewals shows: from the snapshot of the day where there is one, else counted now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from crm.models import Region
from pipeline.selectors.climbs import LadderRow, RenewalRow, ladders, renewals, renewals_of
from pipeline.selectors.taken import below_each, taken

YEARS = 5
AHEAD = 2  # certificates that run out in the years to come are shown, too


@dataclass(frozen=True)
class Climb:
    """The cohorts of a region by year, one year's by the regions right below that have firms, and the renewals."""

    as_of: date
    taken_at: datetime | None
    rows: list[LadderRow]
    counties: list[LadderRow]
    renewals: list[RenewalRow]


def climb(region: Region, children: Iterable[Region], *, year: int, today: date, as_of: date | None = None) -> Climb:
    """As known on a day, today unless another is asked for. One query from the snapshot, else three at most."""
    children, day = list(children), as_of or today
    kept = None
    if year in _years(day):
        kept = taken(region, "ladder", today=today, as_of=as_of)
    if kept is not None:
        below = {path: _read(rows) for path, rows in kept.part["below"].items()}
        due = [RenewalRow(row["year"], Counter(row["outcomes"])) for row in kept.part["renewals"]]
        return Climb(kept.as_of, kept.taken_at, _read(kept.part["rows"]), _counties(children, below, year), due)
    counted = ladders(sorted({*_years(day), year}), day, region.path)
    rows = [row for row in counted.get(region.path, _empty(day)) if row.year in _years(day)]
    due = renewals_of(region.path, _due_years(day), day)
    return Climb(day, None, rows, _counties(children, counted, year), due)


def climb_parts(as_of: date, paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """{region path: what its snapshot keeps for this page}. Two statements."""
    due, rows, children = renewals(_due_years(as_of), as_of), ladders(_years(as_of), as_of), below_each(paths)
    none_due = [RenewalRow(year) for year in _due_years(as_of)]
    written = {path: [vars(row) for row in rows.get(path, _empty(as_of))] for path in children}
    return {
        path: {
            "rows": written[path],
            "renewals": [vars(row) for row in due.get(path, none_due)],
            "below": {child: written[child] for child in below},
        }
        for path, below in children.items()
    }


def _years(day: date) -> range:
    return range(day.year - YEARS + 1, day.year + 1)


def _due_years(day: date) -> range:
    return range(day.year - YEARS + 1, day.year + AHEAD + 1)


def _empty(day: date) -> list[LadderRow]:
    return [LadderRow(year) for year in _years(day)]


def _counties(children: Iterable[Region], found: dict[str, list[LadderRow]], year: int) -> list[LadderRow]:
    rows = [
        replace(row, region=child.code, name=child.short_name)
        for child in children
        for row in found.get(child.path, [])
        if row.year == year
    ]
    return [row for row in rows if row.firms]


def _read(rows: Iterable[dict[str, Any]]) -> list[LadderRow]:
    return [
        LadderRow(**row | {"reached": Counter({int(years): number for years, number in row["reached"].items()})})
        for row in rows
    ]
