"""Where each target stands: done, gap, completion and pace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pipeline.models import Indicator, Quota
from pipeline.selectors.counts import Counted

MET, ON_PACE, BEHIND, MISSED = "met", "on_pace", "behind", "missed"
PACE_LABELS = {MET: _("已完成"), ON_PACE: _("跟上进度"), BEHIND: _("落后进度"), MISSED: _("未完成")}


@dataclass(frozen=True)
class QuotaRow:
    """One target of one region. Ratios are 0–1 and may exceed 1; `expected` is what the calendar asks for by now."""

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
        """done ÷ target with four decimals, above 1 where more was done; None without a target to divide by."""
        if not self.target:
            return None
        return (self.done / self.target).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON: decimals as strings."""
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
            "completion_ratio": None if self.completion_ratio is None else plain(self.completion_ratio),
            "expected": plain(self.expected),
            "pace": self.pace,
            "document": self.document,
        }


def plain(value: Decimal) -> str:
    """A decimal without noughts behind it: 30.000000 is 30, 1.50 is 1.5."""
    text = format(value.normalize(), "f")
    return "0" if text in {"-0", ""} else text


def from_dict(row: dict[str, Any]) -> QuotaRow:
    """A row read back from a snapshot."""
    values = dict(row) | {name: Decimal(row[name]) for name in ("target", "done", "expected")}
    return QuotaRow(**{field.name: values[field.name] for field in fields(QuotaRow)})


def quota_rows(quotas: Iterable[Quota], counted: Counted, *, year: int, as_of: date) -> list[QuotaRow]:
    """The progress of each target, in the indicators' order. No query: quotas come with indicator and region."""
    elapsed = elapsed_ratio(year, as_of)
    over = as_of > date(year, 12, 31)
    rows = []
    for quota in quotas:
        done = counted.get((quota.indicator.code, quota.region_path), Decimal(0))
        expected = (quota.target * elapsed).quantize(Decimal("0.01"), ROUND_HALF_UP)
        rows.append(_row(quota, done, expected, _pace(done, quota.target, expected, over=over)))
    return sorted(rows, key=lambda row: row.region)


def _row(quota: Quota, done: Decimal, expected: Decimal, pace: str) -> QuotaRow:
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
    )


def _pace(done: Decimal, target: Decimal, expected: Decimal, *, over: bool) -> str:
    if done >= target:
        return MET
    if over:
        return MISSED
    return ON_PACE if done >= expected else BEHIND


def elapsed_ratio(year: int, as_of: date) -> Decimal:
    """The share of the year's days that have passed, 0–1."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (min(max(as_of, first), last) - first).days + (1 if as_of >= first else 0)
    return Decimal(days) / Decimal((last - first).days + 1)
