"""Sentences of mails: one place for subject and body, so that they never disagree."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from crm.templatetags.show import due_day, figure, percent
from pipeline.models import Deadline
from pipeline.selectors.targets import PACE_LABELS, QuotaRow
from pipeline.workflows import PROGRAMMES

register = template.Library()


def _subject_of(deadline: Deadline) -> str:
    """What the deadline is about: programme and kind."""
    owner: Any = deadline.application or deadline.recognition
    return f"{PROGRAMMES[owner.programme].short_label} {deadline.get_kind_display()}"


@register.simple_tag
def reminder_subject(deadline: Deadline, days: int) -> str:
    """【已逾期】…, 【今天截止】…, 【还有 3 天】…"""
    if days < 0:
        mark = _("【已逾期 {n} 天】").format(n=-days)
    elif days == 0:
        mark = _("【今天截止】")
    else:
        mark = _("【还有 {n} 天】").format(n=days)
    return f"{mark}{_subject_of(deadline)} · {deadline.firm.name}"


@register.simple_tag
def reminder_sentence(deadline: Deadline, days: int, workdays: int) -> str:
    values = {"firm": deadline.firm.name, "what": _subject_of(deadline), "day": due_day(deadline.due_on)}
    if days < 0:
        text = _("{firm}的“{what}”已于 {day} 截止，逾期 {days} 天。").format(days=-days, **values)
    elif days == 0:
        text = _("{firm}的“{what}”今天（{day}）截止。").format(**values)
    else:
        text = _("{firm}的“{what}”将于 {day} 截止，还有 {workdays} 个工作日。").format(workdays=workdays, **values)
    return text + (_("（该年放假通知未公布，日期暂定）") if deadline.provisional else "")


@register.simple_tag
def gap_subject(mail: Any) -> str:
    """The number stands in the subject: 【缺口 12】高企首次认定 18/30 · 贵港市 2026 年第 47 周."""
    where = f"{mail.region.name} {week_words(mail.period)}"
    if mail.worst is None:
        return _("【无缺口】各项目标均已完成 · {where}").format(where=where)
    quota: QuotaRow = mail.worst.quota
    return _("【缺口 {gap}】{label} {done}/{target} · {where}").format(
        gap=figure(quota.gap), label=quota.name, done=_done(quota), target=figure(quota.target), where=where
    )


@register.simple_tag
def gap_sentence(mail: Any) -> str:
    """What matters now, in one sentence."""
    if mail.worst is None:
        return _("{region} {count} 项目标均已完成，本周无需催办。").format(
            region=mail.region.name, count=len(mail.rows)
        )
    quota: QuotaRow = mail.worst.quota
    sentence = _("{region}{label}：目标 {target}，已完成 {done}，还差 {gap} {unit}，完成率 {ratio}。")
    return sentence.format(
        region=mail.region.name,
        label=quota.name,
        target=figure(quota.target),
        done=_done(quota),
        gap=figure(quota.gap),
        unit=quota.unit_name,
        ratio=percent(quota.completion_ratio),
    )


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


@register.simple_tag
def pace_word(quota: QuotaRow) -> str:
    return str(PACE_LABELS[quota.pace])


def _done(quota: QuotaRow) -> str:
    return figure(quota.done, quota.decimals)
