"""Sentences of mails: one place for subject and body, so that they never disagree."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.show import due_day, figure
from pipeline.choices import DeadlineKind
from pipeline.models import Deadline
from pipeline.rungs import Due
from pipeline.selectors.briefs import BriefLine
from pipeline.selectors.forecasts import chance
from pipeline.workflows import PROGRAMMES

register = template.Library()


def subject_of(deadline: Deadline) -> str:
    """What the deadline is about: programme and kind."""
    owner: Any = deadline.application or deadline.recognition
    return f"{PROGRAMMES[owner.programme].short_label} {DeadlineKind(deadline.kind).label}"


def reminder_mark(days: int) -> str:
    """【已逾期】, 【今天截止】, 【还有 3 天】"""
    if days < 0:
        return _("【已逾期 {n} 天】").format(n=-days)
    return _("【还有 {n} 天】").format(n=days) if days else _("【今天截止】")


@register.simple_tag
def reminder_subject(deadline: Deadline, days: int) -> str:
    return f"{reminder_mark(days)}{subject_of(deadline)} · {deadline.firm.name}"


@register.simple_tag
def reminder_sentence(deadline: Deadline, days: int, workdays: int) -> str:
    values = {"firm": deadline.firm.name, "what": subject_of(deadline), "day": due_day(deadline.due_on)}
    if days < 0:
        text = _("{firm}的“{what}”已于 {day} 截止，逾期 {days} 天。").format(days=-days, **values)
    elif days == 0:
        text = _("{firm}的“{what}”今天（{day}）截止。").format(**values)
    else:
        text = _("{firm}的“{what}”将于 {day} 截止，还有 {workdays} 个工作日。").format(workdays=workdays, **values)
    return text + (_("（该年放假通知未公布，日期暂定）") if deadline.provisional else "")


@register.simple_tag
def escalation_subject(deadline: Deadline, due: Due) -> str:
    """What a superior reads: for how many working days nothing has happened."""
    late = due.overdue_workdays
    mark = ngettext("【逾期 {n} 个工作日】", "【逾期 {n} 个工作日】", late).format(n=late)
    return f"{mark}{subject_of(deadline)} · {deadline.firm.name}"


@register.simple_tag
def escalation_sentence(due: Due) -> str:
    late = due.overdue_workdays
    words = ngettext(
        "已满 {n} 个工作日仍未办结，按提醒阶梯报送您知悉。", "已满 {n} 个工作日仍未办结，按提醒阶梯报送您知悉。", late
    )
    return words.format(n=late)


@register.simple_tag
def gap_subject(mail: Any) -> str:
    """The number stands in the subject: 【缺口 12】高企首次认定 18/30，完成概率 41 % · 贵港市 2026 年第 47 周."""
    where = f"{mail.region_names} {week_words(mail.period)}"
    if mail.worst is None:
        return _("【无缺口】各项目标均已完成 · {where}").format(where=where)
    row, mark = mail.worst.row, _("【缺口 {gap}】")
    if not row.gap:
        mark = _("【年底预计缺 {gap}】")
    return _("{mark}{label} {done}/{target}{outlook} · {where}").format(
        mark=mark.format(gap=figure(mail.worst.missing)),
        label=row.name,
        done=figure(row.done, row.decimals),
        target=figure(row.target),
        outlook=_probability(mail.worst),
        where=where,
    )


def _probability(line: BriefLine) -> str:
    """How probably it is met, or that there is too little history to say; nothing for what is not forecast."""
    if line.probability is not None:
        return _("，完成概率 {probability}").format(probability=chance(line.probability))
    return _("，历史不足，暂不预测") if line.too_little else ""


@register.filter
def whereabouts(application: Any) -> str:
    """The county and the officer in brackets: （平南，莫清扬）."""
    region, officer = application.region.short_name, application.officer
    if officer is None:
        return _("（{region}）").format(region=region)
    return _("（{region}，{officer}）").format(region=region, officer=officer.name)


@register.filter
def week_words(period: str) -> str:
    """The ISO week in words: 2026 年第 47 周."""
    year, week = period.split("-W")
    return _("{year} 年第 {week} 周").format(year=year, week=int(week))
