"""The numbers of a work report, counted as of its last day. Each is counted here once and named with its source."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from crm.frame import FIRST_YEAR
from crm.models import Region
from pipeline.models import Assessment, Indicator, PolicyEdition, PublishedTotal, Quota
from pipeline.selectors.calendar import rounds_for
from pipeline.selectors.climbs import RenewalRow, renewals_of
from pipeline.selectors.cohorts import Cohort, cells
from pipeline.selectors.counts import Counted, Period, counts
from pipeline.selectors.funnel import Funnel, funnels
from pipeline.selectors.policies import edition_in_force
from pipeline.selectors.screening import Tally as Screened
from pipeline.selectors.screening import tally
from pipeline.selectors.standings import Standing, published_totals, standing
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Span(Period):
    """Any days from one to another, counted like the part of a year that has happened."""

    since: date

    @property
    def first(self) -> date:
        return self.since

    @property
    def last(self) -> date:
        return self.as_of

    @property
    def before(self) -> date:
        return self.since - timedelta(days=1)


def span(since: date, until: date) -> Span:
    return Span(until.year, until, since)


def a_year_before(day: date) -> date:
    """The same day of the year before; the last of February for a 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


NOWHERE = Standing()


@dataclass(frozen=True)
class Progress:
    """One indicator: done in the period, in the year so far and in the same period of last year; the year's target.

    `standing` is the place by what was published of other cities, `whole` what was published of all of them together.
    """

    indicator: Indicator
    done: Decimal | None
    in_year: Decimal | None
    last_year: Decimal | None
    target: Decimal | None
    document: str
    regions: tuple[tuple[Region, Decimal, Decimal], ...]  # those below with a target: region, done in the year, target
    standing: Standing = NOWHERE
    whole: PublishedTotal | None = None

    @property
    def gap(self) -> Decimal:
        return max((self.target or Decimal(0)) - (self.in_year or Decimal(0)), Decimal(0))

    @property
    def furthest_behind(self) -> tuple[Decimal, tuple[str, ...]]:
        """The largest gap below and all who have it; nobody where all have reached theirs."""
        gaps = sorted((region.path, region.name, target - done) for region, done, target in self.regions)
        most = max((gap for _path, _name, gap in gaps), default=Decimal(0))
        return most, tuple(name for _path, name, gap in gaps if gap == most > 0)

    @property
    def ratio(self) -> Decimal | None:
        return self.in_year / self.target if self.target and self.in_year is not None else None


@dataclass(frozen=True)
class OpenRun:
    """The applications of a programme that run: by stage, and when the next window closes; of those before filing."""

    programme: str
    stages: tuple[tuple[str, int], ...]
    closes_on: date | None
    before_filing: int

    @property
    def number(self) -> int:
        return sum(number for _stage, number in self.stages)


@dataclass(frozen=True)
class Lacks:
    """What a screening found of a programme."""

    edition: PolicyEdition
    found: Screened


@dataclass(frozen=True)
class ReportFigures:
    region: Region
    since: date
    until: date
    as_of: date
    progress: dict[str, Progress]
    funnels: dict[str, Funnel]
    runs: tuple[OpenRun, ...]
    renewals: tuple[RenewalRow, RenewalRow]  # those of the year, and of the next
    lacks: dict[str, Lacks]


def report_figures(region: Region, since: date, until: date, *, today: date) -> ReportFigures:
    """Everything the report says of a region. The number of statements does not depend on firms or regions."""
    as_of = min(until, today)
    this, following = renewals_of(region.path, [as_of.year, as_of.year + 1], as_of)
    return ReportFigures(
        region=region,
        since=since,
        until=until,
        as_of=as_of,
        progress=_progress(region, since, as_of),
        funnels=funnels(as_of.year, as_of, root=region.path).get(region.path, {}),
        runs=tuple(_run(region, programme, as_of) for programme in PROGRAMMES),
        renewals=(this, following),
        lacks=_lacks(region, as_of),
    )


def _progress(region: Region, since: date, as_of: date) -> dict[str, Progress]:
    indicators = list(Indicator.objects.filter(active=True))
    done = counts(indicators, span(since, as_of))
    new_year = date(as_of.year, 1, 1)
    in_year = done if since == new_year else counts(indicators, span(new_year, as_of))
    earlier = counts(indicators, span(a_year_before(since), a_year_before(as_of)))
    quotas = (
        Quota.objects.current()
        .of_regions()
        .filter(year=as_of.year, region_path__under=region.path)
        .select_related("region")
    )
    by_indicator: dict[int, list[Quota]] = {}
    for quota in quotas.order_by("region_path"):
        by_indicator.setdefault(quota.indicator_id, []).append(quota)
    totals = published_totals(as_of.year, as_of)
    found = (_of_one(each, region, by_indicator.get(each.pk, []), (done, in_year, earlier)) for each in indicators)
    return {each.indicator.code: _among(each, region, totals.get(each.indicator.code, {})) for each in found}


def _among(progress: Progress, region: Region, totals: Mapping[str, PublishedTotal]) -> Progress:
    """With its place among other cities; none where nobody published theirs or ours is not known."""
    whole = region.path.split("/")[0]
    if progress.in_year is None or region.code == whole:
        return progress
    place = standing(progress.in_year, region, totals, whole)
    return replace(progress, standing=place, whole=totals.get(whole))


def _of_one(
    indicator: Indicator, region: Region, quotas: Sequence[Quota], counted: tuple[Counted, Counted, Counted]
) -> Progress:
    """An entered indicator that nobody has entered anything for is unknown, a counted one is nought."""
    nothing = None if indicator.is_manual else Decimal(0)
    done, in_year, last_year = (found.get((indicator.code, region.path), nothing) for found in counted)
    own = next((quota for quota in quotas if quota.region_id == region.pk), None)
    below = tuple(
        (quota.region, counted[1].get((indicator.code, quota.region_path), Decimal(0)), quota.target)
        for quota in quotas
        if quota.region.parent_id == region.pk
    )
    target, document = (own.target, own.document) if own else (None, "")
    return Progress(indicator, done, in_year, last_year, target, document, below)


def _run(region: Region, programme: str, as_of: date) -> OpenRun:
    table, standing = PROGRAMMES[programme], Tally[str]()
    everything = Cohort(programme, FIRST_YEAR, as_of.year, as_of, root=region.path)
    goal = len(table.main_line) - 1
    for cell in cells(everything):
        if not cell.lost and cell.furthest < goal:
            standing[cell.stage] += cell.number
    rounds = rounds_for(programme, region.path, [as_of.year, as_of.year + 1])
    closes = min((window.last_on for window in rounds if window.opens_on <= as_of <= window.last_on), default=None)
    before = sum(number for stage, number in standing.items() if stage in table.before_submission)
    stages = tuple((stage.code, standing[stage.code]) for stage in table.stages if standing[stage.code])
    return OpenRun(programme, stages, closes, before)


def _lacks(region: Region, as_of: date) -> dict[str, Lacks]:
    """What the newest screening found; the stored assessments are of now, whatever the day of the report."""
    result = {}
    for programme in PROGRAMMES:
        edition = edition_in_force(programme, region.path, as_of)
        if edition is not None:
            found = tally(Assessment.objects.filter(edition=edition, region_path__under=region.path))
            if found.total:
                result[programme] = Lacks(edition, found)
    return result
