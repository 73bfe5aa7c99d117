"""Counts: how many, by indicator and region.

`compiled_counts` reads the cells that `services.tallies` keeps; `counts` asks the whole database in one statement an
indicator family, and is the check of the cells. Both roll up the region tree in memory. A title counts only with
evidence: its number, or the document that announced it. Nobody counts twice: of a firm with two titles of a year the
first counts, of one with two valid titles the newest.

Definitions (our definition where the law is silent; docs/glossary.md shows them to readers):

first_time         titles granted in the year to firms that never held that title before
certified_in_year  firms granted the title in the year, first-time and re-certified together
registered         the same for tech-SME numbers, revoked ones left out
in_library         firms entered into the gazelle library in the year
stock              firms whose title is valid at the end of the day, where each belongs on that day; suspended ones too
net_growth         stock at the end of the day minus stock at the end of last year
filed              applications submitted in the year, moves that were taken back left out
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Count as CountOf
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from crm.access import ways_up
from pipeline.choices import Counter, Title
from pipeline.counting import ONE, UNVERIFIED, VERIFIED
from pipeline.models import Count, CountCell, Indicator, Recognition, StageEvent
from pipeline.selectors.quality import QUALITY, latest_amounts, quality_amounts

Counted = dict[tuple[str, str], Decimal]  # (indicator code, region path) → how many


@dataclass(frozen=True)
class Period:
    """The part of a year that has happened by a day."""

    year: int
    as_of: date

    @property
    def first(self) -> date:
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        """The last day that counts: the day asked for, or the year's end once it is over."""
        return min(self.as_of, date(self.year, 12, 31))

    @property
    def before(self) -> date:
        return date(self.year - 1, 12, 31)


Tallies = dict[str, dict[str, dict[str, Decimal]]]  # {family: {programme or indicator code: {region path: how many}}}


def counts(indicators: Iterable[Indicator], period: Period) -> Counted:
    """Every indicator for every region, from all rows. One statement a family, whatever the number of regions."""
    wanted = list(indicators)
    families = {str(indicator.counter) for indicator in wanted}
    return _rolled_up(wanted, {family: _family(family, period) for family in families}, period)


def compiled_counts(indicators: Iterable[Indicator], period: Period, *, known_on: date | None = None) -> Counted:
    """The same from the compiled cells, as we know it now or as it was known by the end of a day. Three statements."""
    cells = CountCell.objects.filter(on__lte=period.last).order_by()
    if known_on is not None:
        cells = cells.filter(known_on__lte=known_on)
    before = Coalesce(Sum("amount", filter=Q(on__lte=period.before)), 0)
    rows = cells.values_list("family", "subject", "region_path").annotate(whole=Sum("amount"), before=before)
    tallies: Tallies = {}
    for family, subject, path, whole, earlier in rows:
        of_year = whole - earlier
        _put(tallies, "" if family == VERIFIED else family, subject, path, of_year)
        if family == Counter.STOCK:
            _put(tallies, Counter.STOCK, subject, path, whole)
            _put(tallies, Counter.NET_GROWTH, subject, path, of_year)
    return _rolled_up(list(indicators), tallies, period)


def unverified_amounts(period: Period, *, known_on: date | None = None) -> Counted:
    """What was entered in the year and is not verified yet: shown apart, counted nowhere. One statement."""
    cells = CountCell.objects.filter(family=UNVERIFIED, on__gte=period.first, on__lte=period.last).order_by()
    if known_on is not None:
        cells = cells.filter(known_on__lte=known_on)
    result: Counted = {}
    for code, path, amount in cells.values_list("subject", "region_path").annotate(whole=Sum("amount")):
        for region in ways_up(path):
            result[(code, region)] = result.get((code, region), Decimal(0)) + Decimal(amount) / ONE
    return result


def _put(tallies: Tallies, family: str, subject: str, path: str, amount: int) -> None:
    tallies.setdefault(str(family), {}).setdefault(subject, {})[path] = Decimal(amount) / ONE


def _rolled_up(wanted: list[Indicator], tallies: Tallies, period: Period) -> Counted:
    """Up the region tree, but for shares and ranks; the quality of verified projects by the rule of the year."""
    result: Counted = {}
    adding = [indicator for indicator in wanted if indicator.adds_up]
    if len(adding) < len(wanted):
        result |= latest_amounts(period.first, period.last)
    quality = quality_amounts(wanted, period.first, period.last)
    for indicator in adding:
        per_path = tallies.get(str(indicator.counter), {}).get(indicator.programme or indicator.code, {})
        if indicator.code == QUALITY and quality is not None:
            per_path = quality
        for path, amount in per_path.items():
            for region in ways_up(path):
                key = (indicator.code, region)
                result[key] = result.get(key, Decimal(0)) + amount
    return result


def counted_rows(indicator: Indicator, period: Period) -> QuerySet:
    """The recognitions, events or entries behind one number: what a click on it opens."""
    if indicator.is_manual:
        rows = Count.objects.standing().filter(on__gte=period.first, on__lte=period.last)
        return rows.filter(indicator=indicator)
    if indicator.counter == Counter.FILED:
        return _filed(period).filter(application__programme=indicator.programme)
    return _recognitions(str(indicator.counter), period).filter(programme=indicator.programme)


def _family(family: str, period: Period) -> dict[str, dict[str, Decimal]]:
    """{programme or indicator code: {region path: how many}} for one family of counters."""
    if not family:
        return _manual(period)
    if family == Counter.FILED:
        rows = _filed(period).values_list("application__programme", "application__region_path")
        return _nested(rows.annotate(number=CountOf("application", distinct=True)))
    if family == Counter.NET_GROWTH:
        return _net_growth(period)
    return _per_firm(_recognitions(family, period))


def _recognitions(family: str, period: Period) -> QuerySet[Recognition]:
    """The rows of a family, each with its `place`: a title counts where it was granted, the stock where firms are."""
    if family in {Counter.STOCK, Counter.NET_GROWTH}:
        return _stock(period.last)
    rows = Recognition.objects.evidenced().filter(granted_on__gte=period.first, granted_on__lte=period.last)
    if family == Counter.REGISTERED:
        standing = Q(ended_on=None) | Q(ended_on__gt=period.last)
        rows = rows.filter(standing, title=Title.REGISTRATION)
    elif family == Counter.IN_LIBRARY:
        rows = rows.filter(title=Title.LIBRARY)
    else:
        rows = rows.exclude(title=Title.LIBRARY)
    earlier = rows
    if family == Counter.FIRST_TIME:
        earlier = Recognition.objects.filter(title=OuterRef("title"))
    return _without(rows, earlier.filter(granted_on__lt=OuterRef("granted_on"))).annotate(place=F("region_path"))


def _stock(day: date) -> QuerySet[Recognition]:
    valid = Recognition.objects.evidenced().valid_on(day).placed_on(day)
    return _without(valid, valid.filter(granted_on__gt=OuterRef("granted_on")))


def _without(rows: QuerySet[Recognition], others: QuerySet[Recognition]) -> QuerySet[Recognition]:
    """These rows, but for those beside which the same firm has one of the others: a firm counts once."""
    return rows.filter(~Exists(others.filter(firm=OuterRef("firm"), programme=OuterRef("programme"))))


def _per_firm(rows: QuerySet) -> dict[str, dict[str, Decimal]]:
    grouped = rows.order_by().values_list("programme", "place")
    return _nested(grouped.annotate(number=CountOf("pk")))


def _net_growth(period: Period) -> dict[str, dict[str, Decimal]]:
    now, then = (_per_firm(_stock(day)) for day in (period.last, period.before))
    result: dict[str, dict[str, Decimal]] = {}
    for programme in {*now, *then}:
        after, start = Tally(now.get(programme, {})), then.get(programme, {})
        after.subtract(start)
        result[programme] = {path: Decimal(number) for path, number in after.items()}
    return result


def _filed(period: Period) -> QuerySet[StageEvent]:
    zone = timezone.get_default_timezone()
    start = datetime.combine(period.first, time.min, zone)
    end = datetime.combine(period.last, time.max, zone)
    return StageEvent.objects.standing().filter(transition="submit", at__gte=start, at__lte=end).order_by()


def _manual(period: Period) -> dict[str, dict[str, Decimal]]:
    rows = Count.objects.standing().filter(on__gte=period.first, on__lte=period.last, verified=True).order_by()
    return _nested(rows.values_list("indicator__code", "region_path").annotate(number=Sum("value")))


def _nested(rows: Iterable[tuple[str, str, int | Decimal]]) -> dict[str, dict[str, Decimal]]:
    result: dict[str, dict[str, Decimal]] = {}
    for first, path, number in rows:
        result.setdefault(first, {})[path] = Decimal(number)
    return result
