"""How far a year usually is by this day: the share of earlier years' numbers that had counted by then.

Titles arrive in rounds, so that a straight line would call every spring late. Where fewer than FEWEST were counted in
the last three years, there is nothing to learn from and the straight line stands, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from pipeline.choices import Counter
from pipeline.counting import ONE, VERIFIED
from pipeline.models import CountCell, Indicator

YEARS = 3
FEWEST = 5


@dataclass(frozen=True)
class Pace:
    """The share (0–1) of a year's number usual by a day, and from how many earlier years; 0 years is the calendar."""

    share: Decimal
    years: int = 0


def elapsed_ratio(year: int, as_of: date) -> Decimal:
    """The share of the year's days that have passed, 0–1."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (min(max(as_of, first), last) - first).days + (1 if as_of >= first else 0)
    return Decimal(days) / Decimal((last - first).days + 1)


def paces(year: int, as_of: date) -> dict[tuple[str, str], Pace]:
    """{(family, programme or indicator): pace} of the whole tree: a county alone has too few. One statement."""
    if as_of.year != year:
        return {}
    earlier = range(year - YEARS, year)
    sums = {}
    for past in earlier:
        first, by_now, last = date(past, 1, 1), _same_day(as_of, past), date(past, 12, 31)
        sums[f"whole_{past}"] = Coalesce(Sum("amount", filter=Q(on__gte=first, on__lte=last)), 0)
        sums[f"early_{past}"] = Coalesce(Sum("amount", filter=Q(on__gte=first, on__lte=by_now)), 0)
    cells = CountCell.objects.filter(on__gte=date(earlier[0], 1, 1), on__lt=date(year, 1, 1)).exclude(
        family=Counter.STOCK
    )
    found = {}
    rows: Any = cells.order_by().values("family", "subject").annotate(**sums)
    for row in rows:
        known = [past for past in earlier if row[f"whole_{past}"] > 0]
        whole = sum(row[f"whole_{past}"] for past in known)
        if whole >= FEWEST * ONE:
            early = sum(row[f"early_{past}"] for past in known)
            share = min(max(Decimal(early) / whole, Decimal(0)), Decimal(1))
            found[(row["family"], row["subject"])] = Pace(share, len(known))
    return found


def pace_of(indicator: Indicator, known: dict[tuple[str, str], Pace], *, year: int, as_of: date) -> Pace:
    """The pace of one indicator; the stock and its growth follow the certificates of the year."""
    family = str(indicator.counter) or VERIFIED
    if family in {Counter.STOCK, Counter.NET_GROWTH}:
        family = str(Counter.CERTIFIED_IN_YEAR)
    found = known.get((family, indicator.programme or indicator.code))
    return found or Pace(elapsed_ratio(year, as_of))


def _same_day(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 2, 28)
