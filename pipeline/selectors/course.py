"""The course of one number through the year: how many by each day, from the compiled cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from crm.models import Region
from pipeline.choices import Counter
from pipeline.counting import ONE, VERIFIED
from pipeline.models import CountCell, Indicator, Round
from pipeline.selectors.calendar import rounds_for
from pipeline.selectors.counts import Period
from pipeline.selectors.quality import QUALITY


@dataclass(frozen=True)
class Course:
    """Cumulative numbers by day, the first of the year before all others, and the rounds whose results count."""

    period: Period
    steps: tuple[tuple[date, Decimal], ...]
    rounds: tuple[Round, ...]

    def by(self, day: date) -> Decimal:
        """How many by the end of a day."""
        return next((number for on, number in reversed(self.steps) if on <= day), Decimal(0))


def course(region: Region, indicator: Indicator, period: Period, *, known_on: date | None = None) -> Course | None:
    """As known now, or by the end of a day. Two statements; None for what does not add up day by day."""
    if not indicator.adds_up or indicator.code == QUALITY:
        return None
    rounds = rounds_for(indicator.programme, region.path, [period.year]) if indicator.programme else []
    return Course(period, tuple(_steps(region, indicator, period, known_on)), tuple(rounds))


def _steps(region: Region, indicator: Indicator, period: Period, known_on: date | None):
    """The stock begins with what it was; everything else with nothing."""
    growth = indicator.counter in {Counter.STOCK, Counter.NET_GROWTH}
    family = Counter.STOCK if growth else indicator.counter or VERIFIED
    cells = CountCell.objects.filter(
        family=family,
        subject=indicator.programme or indicator.code,
        region_path__under=region.path,
        on__lte=period.last,
    )
    if known_on is not None:
        cells = cells.filter(known_on__lte=known_on)
    if indicator.counter != Counter.STOCK:
        cells = cells.filter(on__gte=period.first)
    total = 0
    days = []
    for on, amount in cells.order_by("on").values_list("on").annotate(amount=Sum("amount")):
        total += amount
        days.append((max(on, period.first), Decimal(total) / ONE))
    yield period.first, Decimal(0)
    yield from days
