"""What the page of conversion shows: from the snapshot of the day where there is one, else counted now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from crm.models import Region
from pipeline.models import Snapshot
from pipeline.selectors.cohorts import Cell, Cohort, cells
from pipeline.selectors.funnel import CRITERION, Funnel, FunnelStep, Reason, funnels, read_funnel, rolled_up, steps_of
from pipeline.selectors.policies import known_policies
from pipeline.selectors.screening import lack_name


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
    if not quarter and (snapshot := _snapshot(region, year, today, as_of)):
        found = {name: read_funnel(funnel) for name, funnel in snapshot.data["funnels"].items()}
        return Conversion(snapshot.as_of, snapshot.taken_at, found)
    day = as_of or today
    counted = funnels(year, day, root=region.path, quarter=quarter, programmes=programmes)
    return Conversion(day, None, counted.get(region.path, {}))


def _snapshot(region: Region, year: int, today: date, as_of: date | None) -> Snapshot | None:
    """The newest one where today is asked for; of an earlier day one that was taken when that day was over.

    A snapshot holds the cohort of its own year only.
    """
    wanted = Snapshot.objects.filter(region=region, as_of=as_of) if as_of else Snapshot.objects.filter(region=region)
    snapshot = wanted.order_by("-as_of").first() if year == (as_of or today).year else None
    if snapshot is None or snapshot.data["year"] != year:
        return None
    if as_of and as_of != today and timezone.localdate(snapshot.taken_at) <= as_of:
        return None
    complete = all("stays" in funnel for funnel in snapshot.data["funnels"].values())
    return snapshot if complete else None


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


def cohort_rows(cohort: Cohort, children: Iterable[Region]) -> tuple[list[CohortRow], list[CohortRow]]:
    """The cohorts of a region one below the other, and the last year's by the regions below. One statement.

    Only cohorts and regions that have firms.
    """
    found = list(cells(cohort))
    periods: dict[tuple[int, int], list[Cell]] = {}
    for cell in found:
        periods.setdefault((cell.year, cell.quarter), []).append(cell)
    by_period = [
        CohortRow(_period(year, quarter), year, quarter, "", steps_of(cohort.table, periods[(year, quarter)]))
        for year, quarter in sorted(periods)
    ]
    below = rolled_up(cell for cell in found if cell.year == cohort.last_year)
    by_region = [
        CohortRow(child.short_name, cohort.last_year, 0, child.code, steps_of(cohort.table, below[child.path]))
        for child in children
        if child.path in below
    ]
    return by_period, [] if cohort.by_quarter else by_region


def _period(year: int, quarter: int) -> str:
    return f"{year} Q{quarter}" if quarter else str(year)
