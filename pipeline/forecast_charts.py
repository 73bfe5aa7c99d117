"""Geometry of the forecast's pictures, in the units of an SVG view box. Pure: no markup, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from pipeline.models import Forecast
from pipeline.selectors.calibration import Calibration, ClassRow

WIDTH, LABEL, VALUE, ROW, HEADROOM = 760, 150, 190, 30, Decimal("1.4")
SQUARE, EDGE = 260, 46
NAMED = 3  # regions that a finding names


@dataclass(frozen=True)
class Fan:
    """One target as a bar of its own scale: done, expected, and the whisker from 10 to 90 %."""

    row: Forecast
    y: int
    done: int
    expected: int
    low: int
    high: int

    @property
    def middle(self) -> int:
        return self.y + 11

    @property
    def centre(self) -> int:
        return self.y + 7


@dataclass(frozen=True)
class Fans:
    width: int
    height: int
    left: int
    track: int
    goal: int
    value: int
    bars: tuple[Fan, ...]
    finding: str


def fans(rows: Sequence[Forecast]) -> Fans:
    """The bars of several regions' forecasts of one target."""
    track = WIDTH - LABEL - VALUE
    full = int(track / HEADROOM)
    bars = [_fan(row, 12 + place * ROW, full) for place, row in enumerate(rows)]
    return Fans(WIDTH, 20 + ROW * len(bars), LABEL, track, LABEL + full, WIDTH - VALUE + 10, tuple(bars), finding(rows))


def _fan(row: Forecast, y: int, full: int) -> Fan:
    def along(value: Decimal | None) -> int:
        share = (value or Decimal(0)) / row.target if row.target else Decimal(0)
        return int(full * min(max(share, Decimal(0)), HEADROOM))

    done = along(row.done)
    low, high = (LABEL + along(row.low), LABEL + along(row.high)) if row.expected is not None else (0, 0)
    return Fan(row, y, done, max(along(row.expected), done), low, high)


def finding(rows: Sequence[Forecast]) -> str:
    """The sentence that the picture shows: who will hardly meet the target."""
    known = [row for row in rows if row.probability is not None]
    if not known:
        return _("历史样本太少，各地暂不作预测")
    behind = [row for row in known if row.probability < Decimal("0.5")]  # type: ignore[operator]
    if not behind:
        return _("各地都更可能完成目标")
    names = _("、").join(row.region.name for row in behind[:NAMED])
    if len(behind) <= NAMED:
        return _("{names}更可能完不成目标").format(names=names)
    return _("{names}等 {number} 地更可能完不成目标").format(names=names, number=len(behind))


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    radius: int
    row: ClassRow


@dataclass(frozen=True)
class Reliability:
    width: int
    height: int
    left: int
    bottom: int
    right: int
    top: int
    dots: tuple[Dot, ...]
    finding: str


def reliability(found: Calibration) -> Reliability:
    """Stated probabilities against what came true; on the diagonal they were right."""
    dots = tuple(
        Dot(EDGE + round(row.said * SQUARE), 10 + round((1 - row.came) * SQUARE), 3 + min(row.number, 36) // 6, row)
        for row in found.classes
    )
    return Reliability(
        SQUARE + EDGE + 60, SQUARE + 40, EDGE, 10 + SQUARE, EDGE + SQUARE, 10, dots, calibration_finding(found)
    )


def calibration_finding(found: Calibration) -> str:
    """How far off the forecasts were, eight weeks before the end where there are such."""
    if not found.leads:
        return _("还没有可以对照的预测")
    row = next((one for one in found.leads if one.lead == 8), found.leads[0])
    text = _("截止前 {lead} 周的 {number} 次预测平均相差 {error} 家，{inside} 落在 10%–90% 区间内")
    return text.format(lead=row.lead, number=row.number, error=row.error, inside=f"{row.inside_ratio:.0%}")
