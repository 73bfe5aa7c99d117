"""Every write of the forecast: compiled each night into a ledger with one row a week, replayed for earlier years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from crm.models import Region
from pipeline.forecasting import Chances, Outlook
from pipeline.forecasting.outlook import Spread
from pipeline.models import Forecast, Indicator, Quota
from pipeline.selectors.counts import Counted, Period, counts
from pipeline.selectors.forecasts import GROWING, SURE
from pipeline.selectors.histories import cut_off
from pipeline.selectors.outlooks import Asked, outlooks
from pipeline.workdays import iso_week

if TYPE_CHECKING:
    from numpy import ndarray

LEADS = (4, 8, 12)  # weeks before the cut-off at which earlier years are replayed
REPLAYED_YEARS = 3
LISTED = 2000  # of more open applications a row names only those MOST_IN_DOUBT: what can still change the number
MOST_IN_DOUBT = 500
SETTLING_MONTHS = 3  # results of December are still entered until then
KEY = ("region", "indicator", "year", "week", "replayed")
FIELDS = ("region_path", "as_of", "made_at", "done", "target", "expected", "low", "high", "probability")
UPDATED = (*FIELDS, "history", "confidence", "data")


def compile_forecasts(*, as_of: date, counted: Counted | None = None) -> int:
    """Forecast every counted target of the year and keep one row a week; returns how many.

    A day that has passed fills a week that has no row yet and leaves alone what was said at the time.
    """
    quotas = _quotas(as_of.year)
    if counted is None:
        counted = counts({quota.indicator for quota in quotas}, Period(as_of.year, as_of))
    rows = _forecast(quotas, [_asked(quota, as_of, quota.target) for quota in quotas], counted, replayed=False)
    if as_of < timezone.localdate():
        Forecast.objects.bulk_create(rows, ignore_conflicts=True)
    else:
        Forecast.objects.bulk_create(rows, update_conflicts=True, unique_fields=KEY, update_fields=UPDATED)
    back_test(as_of)
    settle(as_of)
    return len(rows)


def back_test(today: date) -> int:
    """Forecast the last years again for this year's targets, as 4, 8 and 12 weeks before each cut-off.

    Only what is not there yet: a night without a new target reads no history. Returns how many rows were made.
    """
    quotas = _quotas(today.year)
    if not quotas:
        return 0
    years = range(today.year - REPLAYED_YEARS, today.year)
    there = set(Forecast.objects.filter(replayed=True, year__in=years).values_list("region", "indicator", "as_of"))
    targets = {
        (quota.region_id, quota.indicator_id, quota.year): quota.target
        for quota in Quota.objects.current().of_regions().filter(year__in=years)
    }
    made = 0
    for day in (cut_off(year) - timedelta(weeks=lead) for year in years for lead in LEADS):
        own = [quota for quota in quotas if (quota.region_id, quota.indicator_id, day) not in there]
        if own:
            asked = [_asked(one, day, targets.get((one.region_id, one.indicator_id, day.year))) for one in own]
            counted = counts({quota.indicator for quota in own}, Period(day.year, day))
            rows = _forecast(own, asked, counted, replayed=True)
            made += len(Forecast.objects.bulk_create(rows, ignore_conflicts=True))
    return made


def settle(today: date) -> int:
    """Write what the forecasts of earlier years came to; last year's again while results of December come in."""
    waiting = Forecast.objects.filter(year__lt=today.year, outcome=None)
    if today.month <= SETTLING_MONTHS:
        waiting |= Forecast.objects.filter(year=today.year - 1)
    keys = list(waiting.order_by().values_list("year", "indicator", "region", "region_path").distinct())
    indicators = Indicator.objects.in_bulk({indicator for _year, indicator, _region, _path in keys})
    settled = 0
    for year in sorted({key[0] for key in keys}):
        final = counts(indicators.values(), Period(year, cut_off(year)))
        for _year, indicator, region, path in (key for key in keys if key[0] == year):
            came = final.get((indicators[indicator].code, path), Decimal(0))
            own = Forecast.objects.filter(year=year, indicator=indicator, region=region)
            settled += own.update(outcome=came)
    return settled


def _quotas(year: int) -> list[Quota]:
    """This year's targets of indicators that are counted from applications."""
    current = Quota.objects.current().of_regions().filter(year=year, indicator__active=True)
    return list(current.exclude(indicator__counter="").select_related("indicator", "region"))


def _asked(quota: Quota, as_of: date, target: Decimal | None) -> Asked:
    return Asked(quota.region_path, quota.indicator, as_of, target)


def _forecast(quotas: Iterable[Quota], asked: list[Asked], counted: Counted, *, replayed: bool) -> list[Forecast]:
    regions = {quota.region_path: quota.region for quota in quotas}
    return [_row(regions[one.path], one, outlook, replayed) for one, outlook in outlooks(asked, counted)]


def _row(region: Region, one: Asked, outlook: Outlook, replayed: bool) -> Forecast:
    numbers = asdict(outlook.spread) if outlook.spread else {}
    return Forecast(
        region=region,
        region_path=region.path,
        indicator=one.indicator,
        year=one.as_of.year,
        week=iso_week(one.as_of),
        as_of=one.as_of,
        made_at=timezone.now(),
        replayed=replayed,
        done=one.done,
        target=one.target,
        expected=_decimal(numbers.get("expected")),
        low=_decimal(numbers.get("low")),
        high=_decimal(numbers.get("high")),
        probability=_decimal(numbers.get("probability"), "0.0001"),
        history=outlook.history,
        confidence=outlook.confidence,
        data={} if replayed else dict(_data(outlook)),
    )


def _data(outlook: Outlook) -> Iterator[tuple[str, Any]]:
    """What a page or a what-if needs beside the columns: the distribution, with and without judgement, who is open."""
    if outlook.spread is None or outlook.judged is None or outlook.chances is None:
        return
    yield "masses", {"first": outlook.spread.first, "of": list(outlook.spread.masses)}
    yield "newcomers", outlook.newcomers
    yield "fresh", list(outlook.fresh)
    yield "starts", list(outlook.starts)
    if outlook.judged != outlook.spread:
        yield "judged", _judged(outlook.judged)
    yield "open", len(outlook.chances)
    yield "classes", _classes(outlook.chances)
    named = _named(outlook.chances)
    yield "applications", [[one.key, one.counts, one.lost, one.override] for one in outlook.chances.chosen(named)]
    yield "moved", {str(weeks): chances[named].tolist() for weeks, chances in outlook.moved.items()}


def _named(chances: Chances) -> ndarray:
    """The places of the open applications that a row names, in their order."""
    import numpy as np

    if len(chances) <= LISTED:
        return np.arange(len(chances))
    return np.sort(np.argsort(abs(chances.counts - 0.5), kind="stable")[:MOST_IN_DOUBT])


def _judged(spread: Spread) -> dict[str, float | None]:
    return {name: getattr(spread, name) for name in ("expected", "low", "high", "probability")}


def _classes(chances: Chances) -> list[int]:
    """How many open applications are sure, within reach, and growing."""
    sure, growing = int((chances.counts >= SURE).sum()), int((chances.counts < GROWING).sum())
    return [sure, len(chances) - sure - growing, growing]


def _decimal(value: float | None, step: str = "0.01") -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal(step))
