"""How an application stands to its window, in words: late, and how much slack its timetable has."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pipeline.selectors.clocks import Clock
from pipeline.templatetags.pipeline_tags import pill
from pipeline.timetable import Plan, PlannedStep

register = template.Library()


@register.simple_tag
def late_pill(clock: Clock | None) -> SafeString | str:
    """逾期提交 3 天, or 未提交，已逾期 3 天; nothing for what is in time."""
    if not clock or not clock.late:
        return ""
    days = clock.late_days
    if clock.submitted_on:
        return pill("act", ngettext("逾期 {n} 天提交", "逾期 {n} 天提交", days).format(n=days))
    return pill("act", ngettext("未提交，批次已截止 {n} 天", "未提交，批次已截止 {n} 天", days).format(n=days))


@register.simple_tag
def plan_pill(plan: Plan | None) -> SafeString | str:
    """The first open step and what is left before it must begin; nothing where there is no timetable."""
    if not plan or plan.next is None:
        return ""
    mark = pill(plan.tone, slack(plan.next))
    return format_html('<span class="plan">{} <span class="small">{}</span></span>', mark, plan.next.step.label)


@register.simple_tag
def step_pill(step: PlannedStep) -> SafeString:
    return pill(step.tone, _("已完成") if step.done else slack(step))


@register.filter
def slack(step: PlannedStep) -> str:
    """已晚 2 个工作日, 今天须开始, 还有 5 个工作日."""
    if step.missed:
        days = -step.slack
        return ngettext("已晚 {n} 个工作日", "已晚 {n} 个工作日", days).format(n=days) if days else _("已晚")
    if step.slack == 0:
        return _("今天须开始")
    return ngettext("还有 {n} 个工作日", "还有 {n} 个工作日", step.slack).format(n=step.slack)
