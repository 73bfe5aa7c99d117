"""Forecasts as words and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.templatetags.show import due_day
from pipeline import course_charts, forecast_charts
from pipeline.forecasting.pushing import NEAR_WORKDAYS
from pipeline.models import Forecast
from pipeline.selectors import forecasts
from pipeline.selectors.brief_words import last_day_words
from pipeline.selectors.briefs import BriefLine
from pipeline.selectors.calibration import Calibration
from pipeline.selectors.course import Course
from pipeline.selectors.forecasts import chance
from pipeline.selectors.pushing import Call
from pipeline.selectors.whatif import WANTED, WhatIf
from pipeline.templatetags.pipeline_tags import pill

register = template.Library()

register.filter("forecast_sentence", forecasts.sentence)
register.filter("whole", forecasts.whole)
register.filter("chance", forecasts.chance)


@register.filter
def points(value: float) -> str:
    """A difference of probabilities in percentage points, with one decimal."""
    return f"{value * 100:.1f}"


@register.simple_tag
def last_day(push: Call) -> SafeString:
    """The last responsible day as a pill: red once it has passed, amber within five working days."""
    tone = "wait"
    if push.workdays is not None and push.workdays <= NEAR_WORKDAYS:
        tone = "act" if push.overdue else "soon"
    return pill(tone, last_day_words(push))


@register.simple_tag
def back_solved(found: WhatIf) -> str:
    """还需 14 家在 6月30日 前启动: the fewest that must begin, and until when; or that it is met, or too late."""
    per_cent = chance(WANTED)
    if found.target is None:
        return _("没有目标，无法反推。")
    if found.after.probability is not None and found.after.probability >= WANTED:
        return _("完成概率已达 {chance}，不需要再启动新的企业。").format(chance=per_cent)
    first = found.starts[0] if found.starts else None
    if first is None or first.needed is None:
        return _("今年再启动新的企业已来不及使完成概率达到 {chance}；只能靠在办的企业。").format(chance=per_cent)
    words = _("要使完成概率达到 {chance}，还需 {n} 家在 {day} 前启动。")
    return words.format(chance=per_cent, n=first.needed, day=due_day(first.on))


LEVELS = {"sure": "fine", "reach": "soon", "growing": "wait"}


@register.simple_tag
def level_pill(row: forecasts.OpenRow) -> SafeString:
    """稳, 争取 or 培育, with its icon."""
    words = {"sure": _("稳"), "reach": _("争取"), "growing": _("培育")}
    return pill(LEVELS[row.level], words[row.level])


@register.inclusion_tag("pipeline/charts/forecast_bars.html")
def forecast_chart(rows: Sequence[Forecast]) -> dict[str, Any]:
    return {"chart": forecast_charts.fans(rows)}


@register.inclusion_tag("pipeline/charts/course.html")
def course_chart(found: Course, line: BriefLine) -> dict[str, Any]:
    return {"chart": course_charts.course_chart(found, line), "line": line}


@register.inclusion_tag("pipeline/charts/reliability.html")
def reliability_chart(found: Calibration) -> dict[str, Any]:
    return {"chart": forecast_charts.reliability(found)}
