"""The charts of conversion as numbers, in the units of an SVG view box. Pure: no markup, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.show import percent
from pipeline.charts import BAR_HEIGHT, ROW_HEIGHT, WIDTH, fitted
from pipeline.selectors.climbs import LadderRow
from pipeline.selectors.cohort_stays import Stay
from pipeline.selectors.conversion import CohortRow
from pipeline.selectors.funnel import Funnel, FunnelStep
from pipeline.workflow import Workflow

LABEL = 118  # where bars begin
BAR_ROOM = 220
LOSS_X = 550  # losses stand to the right, in a column of their own
LOSS_ROOM = 60
STAY_ROOM = 380
LABEL_CHARACTERS = 16


@dataclass(frozen=True)
class FunnelBar:
    """One stage: how many got this far, and to the right how many were lost here and how they ended."""

    label: str
    y: int
    width: int
    lost_width: int
    step: FunnelStep
    outcomes: str

    @property
    def middle(self) -> int:
        return self.y + BAR_HEIGHT // 2 + 4

    @property
    def value_x(self) -> int:
        return LABEL + self.width + 8

    @property
    def lost_text_x(self) -> int:
        return LOSS_X + self.lost_width + 6


@dataclass(frozen=True)
class FunnelChart:
    width: int
    height: int
    left: int
    loss_x: int
    bars: tuple[FunnelBar, ...]
    finding: str


def funnel_chart(funnel: Funnel, table: Workflow) -> FunnelChart:
    """Horizontal bars on one scale; losses on a scale of their own, so that few of many can still be seen."""
    labels = {stage.code: str(stage.label) for stage in table.stages}
    top = max((step.reached for step in funnel.steps), default=0) or 1
    most_lost = max((step.lost for step in funnel.steps), default=0) or 1
    bars = tuple(
        FunnelBar(
            fitted(labels[step.stage], LABEL_CHARACTERS),
            12 + place * ROW_HEIGHT,
            round(step.reached * BAR_ROOM / top),
            round(step.lost * LOSS_ROOM / most_lost),
            step,
            "、".join(f"{labels[code]} {number}" for code, number in step.outcomes.items()),
        )
        for place, step in enumerate(funnel.steps)
    )
    height = 20 + len(bars) * ROW_HEIGHT
    return FunnelChart(WIDTH, height, LABEL, LOSS_X, bars, funnel_finding(funnel, labels))


def funnel_finding(funnel: Funnel, labels: dict[str, str]) -> str:
    """How many arrived and where most were lost, in words."""
    if not funnel.steps or not funnel.steps[0].reached:
        return _("这一批还没有申报")
    first, last = funnel.steps[0], funnel.steps[-1]
    lost = max(funnel.steps, key=lambda step: step.lost)
    text = _("{first} 家中 {last} 家走到“{goal}”").format(
        first=first.reached, last=last.reached, goal=labels[last.stage]
    )
    if waiting := sum(step.waiting for step in funnel.steps):
        text += ngettext("，{n} 家还在办", "，{n} 家还在办", waiting).format(n=waiting)
    if not lost.lost:
        return text
    return text + _("；“{stage}”流失最多，{count} 家").format(stage=labels[lost.stage], count=lost.lost)


@dataclass(frozen=True)
class StayBar:
    """One stage: solid until half have left, a thin line until nine of ten have."""

    label: str
    y: int
    stay: Stay
    width: int
    whisker_x: int

    @property
    def middle(self) -> int:
        return self.y + BAR_HEIGHT // 2 + 4

    @property
    def line_y(self) -> int:
        return self.y + BAR_HEIGHT // 2

    @property
    def value_x(self) -> int:
        return max(LABEL + self.width, self.whisker_x) + 8


@dataclass(frozen=True)
class StayChart:
    width: int
    height: int
    left: int
    bars: tuple[StayBar, ...]
    finding: str


def stay_chart(stays: Sequence[Stay], table: Workflow) -> StayChart:
    labels = {stage.code: str(stage.label) for stage in table.stages}
    longest = max((stay.most or stay.median or 0 for stay in stays), default=0) or 1
    scale = STAY_ROOM / longest
    bars = tuple(
        StayBar(
            fitted(labels[stay.stage], LABEL_CHARACTERS),
            12 + place * ROW_HEIGHT,
            stay,
            round((stay.median or 0) * scale),
            LABEL + round((stay.most or 0) * scale),
        )
        for place, stay in enumerate(stays)
    )
    return StayChart(WIDTH, 20 + len(bars) * ROW_HEIGHT, LABEL, bars, stay_finding(stays, labels))


def stay_finding(stays: Sequence[Stay], labels: dict[str, str]) -> str:
    """Where firms wait longest, in words."""
    known = [stay for stay in stays if stay.median is not None]
    if not known:
        return _("还没有足够的办结记录，无法说明各阶段用时")
    slowest = max(known, key=lambda stay: stay.median or 0)
    return ngettext(
        "“{stage}”停留最久，一半在 {days} 个工作日内离开",
        "“{stage}”停留最久，一半在 {days} 个工作日内离开",
        slowest.median or 0,
    ).format(stage=labels[slowest.stage], days=slowest.median)


def cohort_finding(rows: Sequence[CohortRow], table: Workflow) -> str:
    """Which cohort or region got the largest share of its firms to the goal, in words."""
    known = [row for row in rows if row.firms]
    if not known:
        return _("这些批次还没有申报")
    best = max(known, key=lambda row: row.steps[-1].reached / row.firms)
    return _("{label}走到“{goal}”的比例最高：{firms} 家中 {arrived} 家（{share}）").format(
        label=_spoken(best.label),
        goal=table.main_line[-1].label,
        firms=best.firms,
        arrived=best.steps[-1].reached,
        share=percent(best.steps[-1].reached / best.firms),
    )


def ladder_finding(rows: Sequence[LadderRow], day: date) -> str:
    """How many of the newest cohort whose next year is over became high-tech by its end, in words."""
    settled = [(row, rates[1]) for row in rows if (rates := row.rates(day))[1].settled and rates[1].number]
    if not settled:
        return _("还没有满一年的批次，无法说明转化比例")
    row, rate = settled[-1]
    return _("{label}入库、当时还不是高企的 {number} 家中，{hits} 家（{share}）次年底前成为高企").format(
        label=_spoken(row.label), number=rate.number, hits=rate.hits, share=percent(rate.ratio)
    )


def _spoken(label: str) -> str:
    """A cohort's year as a sentence says it; a region or quarter as it is."""
    return _("{year} 年").format(year=label) if label.isdecimal() else label
