"""The progress of every target of a year, from the compiled cells: for the nightly snapshots and for any other day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from crm.models import Region
from pipeline.choices import TargetKind
from pipeline.models import Indicator, Quota
from pipeline.models.targets import QuotaQuerySet
from pipeline.selectors.apart import standing_apart
from pipeline.selectors.calendar import midnight
from pipeline.selectors.counts import Period, compiled_counts, unverified_amounts
from pipeline.selectors.pace import paces
from pipeline.selectors.snapshots import Compiled
from pipeline.selectors.targets import QuotaRow, quota_rows


def progress_rows(year: int, as_of: date, *, known_on: date | None = None) -> list[QuotaRow]:
    """Every region's targets of the year in the indicators' order. Seven statements, whatever the number of regions.

    As we know it now, or as it was known by the end of a day: the counts and the targets alike.
    """
    indicators = list(Indicator.objects.filter(active=True))
    period = Period(year, as_of)
    quotas = _quotas(year, known_on)
    rows = quota_rows(
        quotas.of_regions().select_related("indicator", "region"),
        compiled_counts(indicators, period, known_on=known_on),
        year=year,
        as_of=as_of,
        paces=paces(year, as_of),
        unverified=unverified_amounts(period, known_on=known_on),
        pledges=_pledges(quotas),
    )
    order = {indicator.code: place for place, indicator in enumerate(indicators)}
    return sorted(rows, key=lambda row: order[row.indicator])


def _quotas(year: int, known_on: date | None) -> QuotaQuerySet:
    quotas = Quota.objects.filter(year=year, indicator__active=True)
    if known_on is None:
        return quotas.current()
    return quotas.known_at(midnight(known_on + timedelta(days=1)))


def _pledges(quotas: QuotaQuerySet) -> dict[tuple[int, int], Decimal]:
    rows = quotas.filter(kind=TargetKind.PLEDGE, officer=None).order_by()
    return {
        (indicator, region): target
        for indicator, region, target in rows.values_list("indicator_id", "region_id", "target")
    }


def compiled_on(region: Region, year: int, as_of: date, *, known_on: date | None) -> Compiled:
    """What a snapshot of that day says, or would say now: worked out again from the cells. No funnels."""
    rows = progress_rows(year, as_of, known_on=known_on)
    below = set(Region.objects.filter(parent=region).values_list("code", flat=True))
    return Compiled(
        region=region,
        as_of=as_of,
        taken_at=timezone.now(),
        year=year,
        rows=tuple(row for row in rows if row.region == region.code),
        children=tuple(row for row in rows if row.region in below),
        funnels={},
        apart=standing_apart(year, as_of).get(region.path, {}),
    )
