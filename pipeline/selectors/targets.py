"""Where each target stands: done, gap, completion and pace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pipeline.choices import Counter
from pipeline.models import Indicator, Quota
from pipeline.selectors.counts import Counted
from pipeline.selectors.pace import Pace, pace_of

MET, ON_PACE, BEHIND, MISSED = "met", "on_pace", "behind", "missed"
PACE_LABELS = {MET: _("已完成"), ON_PACE: _("跟上进度"), BEHIND: _("落后进度"), MISSED: _("未完成")}


@dataclass(frozen=True)
class QuotaRow:
    """One target of one region. Ratios are 0–1 and may exceed 1; `expected` is what should be there by now.

    `expected` follows the rounds of `pace_years` earlier years; of none, it is a straight line through the year.
    `stretch` and `pledge` are the numbers asked for beyond the target and promised from below, where there are any;
    `unverified` is what was entered besides and does not count yet.
    """

    indicator: str
    label: str
    unit: str
    decimals: int
    programme: str
    region: str
    region_name: str
    target: Decimal
    done: Decimal
    expected: Decimal
    pace: str
    document: str
    pace_years: int = 0
    stretch: Decimal | None = None
    pledge: Decimal | None = None
    unverified: Decimal = Decimal(0)

    @property
    def name(self) -> str:
        """The indicator's name in the reader's language."""
        return gettext(self.label)

    @property
    def unit_name(self) -> str:
        return gettext(self.unit)

    @property
    def gap(self) -> Decimal:
        return max(self.target - self.done, Decimal(0))

    @property
    def completion_ratio(self) -> Decimal | None:
        """done ÷ target, not rounded, above 1 where more was done; None without a target to divide by."""
        return self.done / self.target if self.target else None

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON: decimals as strings, the completion with four decimals."""
        ratio = self.completion_ratio
        return {
            "indicator": self.indicator,
            "label": self.label,
            "unit": self.unit,
            "decimals": self.decimals,
            "programme": self.programme,
            "region": self.region,
            "region_name": self.region_name,
            "target": plain(self.target),
            "done": plain(self.done),
            "gap": plain(self.gap),
            "completion_ratio": None if ratio is None else plain(ratio.quantize(Decimal("0.0001"), ROUND_HALF_UP)),
            "expected": plain(self.expected),
            "pace": self.pace,
            "document": self.document,
            "pace_years": self.pace_years,
            "stretch": None if self.stretch is None else plain(self.stretch),
            "pledge": None if self.pledge is None else plain(self.pledge),
            "unverified": plain(self.unverified),
        }


def plain(value: Decimal) -> str:
    """A decimal without noughts behind it: 30.000000 is 30, 1.50 is 1.5."""
    text = format(value.normalize(), "f")
    return "0" if text in {"-0", ""} else text


def from_dict(row: dict[str, Any]) -> QuotaRow:
    """A row read back from a snapshot; an older one knows less."""
    known = {field.name: row[field.name] for field in fields(QuotaRow) if field.name in row}
    amounts = {name: Decimal(known[name]) for name in AMOUNTS if known.get(name) is not None}
    return QuotaRow(**known | amounts)


AMOUNTS = ("target", "done", "expected", "stretch", "pledge", "unverified")


def quota_rows(
    quotas: Iterable[Quota],
    counted: Counted,
    *,
    year: int,
    as_of: date,
    paces: dict[tuple[str, str], Pace] | None = None,
    unverified: Counted | None = None,
    pledges: dict[tuple[int, int], Decimal] | None = None,
) -> list[QuotaRow]:
    """The progress of each target, by region. No query: quotas come with indicator and region."""
    over = as_of > date(year, 12, 31)
    rows = []
    for quota in quotas:
        where = (quota.indicator.code, quota.region_path)
        done, pace = counted.get(where, Decimal(0)), pace_of(quota.indicator, paces or {}, year=year, as_of=as_of)
        expected = _expected(quota, pace, counted)
        # A tenth of a firm is no firm: of what is counted whole, the nearest whole number is due.
        due = expected if quota.indicator.decimals else expected.to_integral_value(ROUND_HALF_UP)
        row = _row(quota, done, expected, _pace(done, quota.target, due, over=over), pace.years)
        pledge = (pledges or {}).get((quota.indicator_id, quota.region_id))
        rows.append(replace(row, unverified=(unverified or {}).get(where, Decimal(0)), pledge=pledge))
    return sorted(rows, key=lambda row: row.region)


def _expected(quota: Quota, pace: Pace, counted: Counted) -> Decimal:
    """What should be there by now. A stock starts from that of last year's end, everything else from nothing."""
    start = Decimal(0)
    if quota.indicator.counter == Counter.STOCK:
        programme = quota.indicator.programme
        growth = counted.get((f"{programme}.{Counter.NET_GROWTH}", quota.region_path), Decimal(0))
        start = counted.get((quota.indicator.code, quota.region_path), Decimal(0)) - growth
    return (start + (quota.target - start) * pace.share).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _row(quota: Quota, done: Decimal, expected: Decimal, pace: str, pace_years: int) -> QuotaRow:
    indicator: Indicator = quota.indicator
    return QuotaRow(
        indicator=indicator.code,
        label=indicator.label,
        unit=indicator.unit,
        decimals=indicator.decimals,
        programme=indicator.programme,
        region=quota.region.code,
        region_name=quota.region.name,
        target=quota.target,
        done=done,
        expected=expected,
        pace=pace,
        document=quota.document,
        pace_years=pace_years,
        stretch=quota.stretch,
    )


def _pace(done: Decimal, target: Decimal, expected: Decimal, *, over: bool) -> str:
    if done >= target:
        return MET
    if over:
        return MISSED
    return ON_PACE if done >= expected else BEHIND
