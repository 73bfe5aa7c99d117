"""Everything the targets page shows of one region and year, as of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from crm.models import Region, User
from pipeline.models import Indicator
from pipeline.selectors.apart import Restart
from pipeline.selectors.briefs import BriefLine, forecasts_near, worst_first
from pipeline.selectors.counts import Period
from pipeline.selectors.course import Course, course
from pipeline.selectors.definitions import Definition, definition
from pipeline.selectors.officer_chances import OfficerChance, officer_chances
from pipeline.selectors.progress import compiled_on
from pipeline.selectors.quota_tree import OfficerRow, SumCheck, officer_rows, quotas_around, sum_checks
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.selectors.standings import Standing, county_standings, published_totals, standing, whole_of
from pipeline.selectors.targets import QuotaRow


@dataclass(frozen=True)
class Line:
    """One target with its forecast, its place among others and, for the region's own, how it is counted."""

    outlook: BriefLine
    standing: Standing
    definition: Definition | None = None

    @property
    def row(self) -> QuotaRow:
        return self.outlook.row


WHOLE_GROUPS = 6  # as many indicators are shown in every region; of more only those that are assessed


@dataclass(frozen=True)
class Group:
    """One indicator in every region right below; `lines` stand worst first."""

    rows: tuple[QuotaRow, ...]
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        return self.rows[0].name

    @property
    def code(self) -> str:
        return self.rows[0].indicator


@dataclass(frozen=True)
class OfficerLine:
    """One officer's own target, what may still come of it, and the place by completion among the officers."""

    row: OfficerRow
    chance: OfficerChance | None
    rank: int


@dataclass(frozen=True)
class TargetPage:
    """`chosen` is the target that is drawn: the one asked for, else the worst that is counted from applications.

    `groups` are the indicators by region, `folded` those of which only the name is shown.
    """

    compiled: Compiled | None
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    folded: tuple[QuotaRow, ...]
    checks: tuple[SumCheck, ...]
    officers: tuple[OfficerLine, ...]
    restart: Restart | None
    chosen: Line | None
    course: Course | None


def target_page(
    region: Region,
    user: User,
    year: int,
    *,
    as_of: date | None,
    known_on: date | None,
    today: date,
    indicator: str = "",
) -> TargetPage:
    """The newest snapshot with what belongs beside it; of another day the same worked out anew from the cells."""
    if as_of is None:
        compiled = latest_snapshot(region, year=year)
    else:
        compiled = compiled_on(region, year, as_of, known_on=known_on)
    day = compiled.as_of if compiled else today
    reader = _Reader(region, user, compiled, day) if compiled else None
    lines = reader.lines() if reader else ()
    around, chosen, period = quotas_around(region, year), _chosen(lines, indicator), Period(year, day)
    groups, folded = reader.groups(chosen) if reader else ((), ())
    return TargetPage(
        compiled=compiled,
        lines=lines,
        groups=groups,
        folded=folded,
        checks=tuple(sum_checks(region, around)),
        officers=tuple(_officers(region, user, officer_rows(around, period), period)),
        restart=_restart(compiled),
        chosen=chosen,
        course=course(region, chosen.definition.indicator, period, known_on=known_on)
        if chosen and chosen.definition
        else None,
    )


class _Reader:
    """What stands beside the numbers of a snapshot: forecasts, published totals, definitions. Read once."""

    def __init__(self, region: Region, user: User, compiled: Compiled, day: date) -> None:
        self.region, self.compiled = region, compiled
        self.indicators = {indicator.code: indicator for indicator in Indicator.objects.filter(active=True)}
        self.totals, self.whole = published_totals(compiled.year, day), region.path.split("/")[0]
        self.known = forecasts_near(region, user, compiled.year, day)

    def _outlook(self, row: QuotaRow) -> BriefLine:
        return BriefLine(row, self.known.get((row.indicator, row.region)))

    def lines(self) -> tuple[Line, ...]:
        """The region's own targets."""
        return tuple(
            Line(
                self._outlook(row),
                standing(row.done, self.region, self.totals.get(row.indicator, {}), self.whole),
                definition(self.indicators[row.indicator]) if row.indicator in self.indicators else None,
            )
            for row in self.compiled.rows
        )

    def groups(self, chosen: Line | None) -> tuple[tuple[Group, ...], tuple[QuotaRow, ...]]:
        """Each indicator in the regions right below: those shown whole, and the first row of each of the others."""
        by_code = {code: tuple(rows) for code, rows in groupby(self.compiled.children, key=lambda row: row.indicator)}
        shown, folded = [], []
        for code, rows in by_code.items():
            if len(by_code) <= WHOLE_GROUPS or self._matters(code, chosen):
                places = county_standings(rows, whole_of(self.totals.get(code, {}).values(), self.whole))
                lines = (Line(self._outlook(row), places[row.region]) for row in rows)
                shown.append(Group(rows, tuple(sorted(lines, key=lambda line: worst_first(line.outlook)))))
            else:
                folded.append(rows[0])
        return tuple(shown), tuple(folded)

    def _matters(self, code: str, chosen: Line | None) -> bool:
        known = self.indicators.get(code)
        return (known is not None and known.assessed) or (chosen is not None and chosen.row.indicator == code)


def _restart(compiled: Compiled | None) -> Restart | None:
    if compiled is None or not compiled.apart.get("last_year"):
        return None
    return Restart(compiled.apart["last_year"], compiled.apart.get("back", 0))


def _chosen(lines: tuple[Line, ...], code: str) -> Line | None:
    by_code = {line.row.indicator: line for line in lines}
    if code in by_code:
        return by_code[code]
    counted = [line for line in lines if line.row.programme] or list(lines)
    return min(counted, key=lambda line: worst_first(line.outlook), default=None)


def _officers(region: Region, user: User, rows: list[OfficerRow], period: Period) -> Iterator[OfficerLine]:
    chances = officer_chances(region, user, rows, year=period.year, as_of=period.as_of)
    for row in rows:
        others = [other for other in rows if other.quota.indicator_id == row.quota.indicator_id]
        ahead = sum((other.completion_ratio or 0) > (row.completion_ratio or 0) for other in others)
        yield OfficerLine(row, chances.get(row.quota.pk), ahead + 1)
