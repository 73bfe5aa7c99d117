"""Chart geometry as numbers, in the units of an SVG view box. Pure: no markup, no database."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from pipeline.selectors.screening import Lack
from pipeline.selectors.targets import BEHIND, QuotaRow

WIDTH = 760
LABEL_WIDTH = 250
VALUE_WIDTH = 130
ROW_HEIGHT = 30
BAR_HEIGHT = 14
LACK_LABEL_WIDTH = 300
LABEL_ROOM = 46
HEADROOM = Decimal("1.25")  # bars run on to 125 % of their target; more is said in figures


@dataclass(frozen=True)
class Bar:
    """One target: the bar is scaled to the target itself, so that one line at 100 % runs through all rows."""

    label: str
    y: int
    done_width: int
    pace_x: int
    row: QuotaRow

    @property
    def middle(self) -> int:
        return self.y + BAR_HEIGHT // 2 + 4

    @property
    def tick_y(self) -> int:
        return self.y - 3  # the pace tick stands out above and below the bar


@dataclass(frozen=True)
class QuotaBars:
    width: int
    height: int
    left: int
    track_width: int
    goal_x: int
    value_x: int
    bars: tuple[Bar, ...]
    finding: str


def quota_bars(rows: Sequence[QuotaRow], *, by_region: bool = False) -> QuotaBars:
    """The bars of several targets, labelled by indicator or by region."""
    track = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    full = int(track / HEADROOM)
    bars = []
    for place, row in enumerate(rows):
        done = min(row.completion_ratio or Decimal(0), HEADROOM)
        pace = row.expected / row.target if row.target else Decimal(0)
        label = row.region_name if by_region else row.name
        bars.append(Bar(label, 12 + place * ROW_HEIGHT, int(full * done), LABEL_WIDTH + int(full * pace), row))
    height = 20 + len(bars) * ROW_HEIGHT
    finding = quota_finding(rows, by_region=by_region)
    return QuotaBars(
        WIDTH, height, LABEL_WIDTH, track, LABEL_WIDTH + full, WIDTH - VALUE_WIDTH + 10, tuple(bars), finding
    )


def quota_finding(rows: Sequence[QuotaRow], *, by_region: bool = False) -> str:
    """The sentence that the chart shows: what is missing most."""
    open_rows = [row for row in rows if row.gap]
    if not rows:
        return _("尚未录入目标")
    if not open_rows:
        done = _("{count} 个区划全部完成") if by_region else _("{count} 项目标全部完成")
        return done.format(count=len(rows))
    worst = min(open_rows, key=lambda row: row.completion_ratio or Decimal(0))
    behind = sum(row.pace == BEHIND for row in open_rows)
    most = _("{name}还差 {gap} {unit}").format(
        name=worst.region_name if by_region else worst.name, gap=f"{worst.gap.normalize():f}", unit=worst.unit_name
    )
    if behind:
        text = _("{n} 个区划落后进度，{most}") if by_region else _("{n} 项落后进度，{most}")
    else:
        text = _("{n} 个区划尚有缺口，均跟上进度；{most}") if by_region else _("{n} 项尚有缺口，均跟上进度；{most}")
    return text.format(n=behind or len(open_rows), most=most)


def fitted(text: str, room: int = LABEL_ROOM) -> str:
    """The text cut to what a label has room for; a Chinese character takes the room of two Latin ones."""
    for place in range(len(text)):
        room -= 2 if unicodedata.east_asian_width(text[place]) in "WF" else 1
        if room < 0:
            return f"{text[: place - 1]}…"
    return text


@dataclass(frozen=True)
class LackBar:
    """One condition: firms within reach solid, those out of reach behind them pale."""

    label: str
    lack: Lack
    y: int
    width: int
    beyond_width: int

    @property
    def middle(self) -> int:
        return self.y + BAR_HEIGHT // 2 + 4

    @property
    def beyond_x(self) -> int:
        return LACK_LABEL_WIDTH + self.width

    @property
    def value_x(self) -> int:
        return LACK_LABEL_WIDTH + self.width + self.beyond_width + 8


@dataclass(frozen=True)
class LackBars:
    width: int
    height: int
    left: int
    bars: tuple[LackBar, ...]
    finding: str


def lack_bars(rows: Sequence[Lack]) -> LackBars:
    """What firms lack, the most frequent first; every bar on one scale."""
    top = max((row.within + row.beyond for row in rows), default=0) or 1
    scale = (WIDTH - LACK_LABEL_WIDTH - VALUE_WIDTH - 40) / top
    bars = tuple(
        LackBar(fitted(row.name), row, 12 + place * ROW_HEIGHT, round(row.within * scale), round(row.beyond * scale))
        for place, row in enumerate(rows)
    )
    return LackBars(WIDTH, 20 + len(bars) * ROW_HEIGHT, LACK_LABEL_WIDTH, bars, lack_finding(rows))


def lack_finding(rows: Sequence[Lack]) -> str:
    """What is lacking most, in words."""
    if not rows:
        return _("没有企业缺少条件")
    most = rows[0]
    if not most.within:
        return _("缺少条件的企业都已无法补足")
    return _("最常缺的是{name}（{count} 家）").format(name=most.name, count=f"{most.within:,}")
