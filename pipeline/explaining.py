"""Why a date is that date, in one sentence a person can check against a calendar. Pure.

A term says from which day it was counted, what was skipped, which weekend days were worked, when it stood still and
what caps it; a date that the law or a notice names itself says which.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from pipeline.choices import DeadlineKind
from pipeline.workdays import DAYS, ONE_DAY, Pause, WorkCalendar

HOLIDAYS = {
    "元旦": gettext_lazy("元旦"),
    "春节": gettext_lazy("春节"),
    "清明节": gettext_lazy("清明节"),
    "劳动节": gettext_lazy("劳动节"),
    "端午节": gettext_lazy("端午节"),
    "中秋节": gettext_lazy("中秋节"),
    "国庆节": gettext_lazy("国庆节"),
}
# What the law says of the dates it names itself.
LAW = {
    DeadlineKind.ANNUAL_REPORT: gettext_lazy(
        "认定有效期内每年 5月31日前报送上年度情况（国科火发〔2016〕32号 第十三条）"
    ),
    DeadlineKind.CERTIFICATE_EXPIRY: gettext_lazy("证书载明的有效期最后一天"),
    DeadlineKind.NUMBER_EXPIRY: gettext_lazy(
        "入库登记编号有效期最后一天（国科发政〔2017〕115号，按年度公告至当年 12月31日）"
    ),
    DeadlineKind.LIBRARY_EXPIRY: gettext_lazy("培育入库有效期最后一天，以年度入库通知为准"),
}


def explain(
    kind: str,
    due_on: date,
    calendar: WorkCalendar,
    *,
    starts_on: date | None = None,
    length: int | None = None,
    unit: str = "",
    latest_on: date | None = None,
    pauses: Iterable[Pause] = (),
    notice: str = "",
) -> str:
    """The explanation of a deadline. `notice` is the document number of the round that names the date."""
    if starts_on is None or length is None:
        return _named(kind, notice)
    if length == 0:
        return _("须于当年 {day} 前办结，日期由年度通知规定").format(day=shown(due_on, due_on.year))
    held = sorted(pauses, key=lambda pause: pause.stopped_on)
    counted = calendar.end(starts_on, length, unit, held)
    parts = [_counted(starts_on, length, unit)]
    if unit != DAYS:
        parts += _skipped(calendar, starts_on, counted)
    parts += [_paused(calendar, pause, unit, starts_on.year) for pause in held]
    if latest_on and due_on < counted:
        parts.append(_("不晚于批次截止 {day}").format(day=shown(latest_on, starts_on.year)))
    if unit != DAYS and (years := calendar.unannounced(starts_on, due_on)):
        parts.append(_("暂定：{years} 年放假通知未发布").format(years="、".join(map(str, years))))
    return _("；").join(parts)


def _named(kind: str, notice: str) -> str:
    if kind == DeadlineKind.ROUND_CLOSE:
        return _("申报批次的最后一天，当日 24 时前提交有效（{notice}）").format(notice=notice or _("通知文号待补"))
    return str(LAW.get(DeadlineKind(kind), _("日期由文件规定")))


def _counted(start: date, length: int, unit: str) -> str:
    if unit == DAYS:
        text = ngettext("自 {day} 的次日起第 {n} 天", "自 {day} 的次日起第 {n} 天", length)
    else:
        text = ngettext("自 {day} 的次日起第 {n} 个工作日", "自 {day} 的次日起第 {n} 个工作日", length)
    return text.format(day=shown(start, start.year), n=length)


def _skipped(calendar: WorkCalendar, start: date, end: date) -> list[str]:
    """The holidays skipped, each with its days, and the weekend days that counted."""
    runs = calendar.holidays_between(start, end)
    parts = [_("跳过{holidays}").format(holidays=_("、").join(_run(*run, start.year) for run in runs))] if runs else []
    if days := calendar.made_up(start, end):
        text = _("、").join(shown(day, start.year) for day in days)
        parts.append(_("{days}（调休）上班，计入").format(days=text))
    return parts


def _run(names: list[str], first: date, last: date, year: int) -> str:
    """国庆节 10月1日–8日."""
    called = _("、").join(str(HOLIDAYS.get(name, name)) for name in names) or _("放假")
    return f"{called} {span(first, last, year)}"


def _paused(calendar: WorkCalendar, pause: Pause, unit: str, year: int) -> str:
    days = calendar.used(pause.stopped_on, pause.resumed_on, unit)
    if unit == DAYS:
        text = ngettext("暂停 {n} 天（{span}）：等待企业补正", "暂停 {n} 天（{span}）：等待企业补正", days)
    else:
        text = ngettext("暂停 {n} 个工作日（{span}）：等待企业补正", "暂停 {n} 个工作日（{span}）：等待企业补正", days)
    first = min(pause.stopped_on + ONE_DAY, pause.resumed_on)
    return text.format(n=days, span=span(first, pause.resumed_on, year))


def span(first: date, last: date, year: int) -> str:
    """10月1日–8日, 9月28日–10月2日, or one day."""
    if first == last:
        return shown(first, year)
    if (first.year, first.month) == (last.year, last.month) and first.year == year:
        end = date_format(last, pgettext("date format of the last day of a span in one month", "j日"))
        return f"{shown(first, year)}–{end}"
    return f"{shown(first, year)}–{shown(last, year)}"


def shown(day: date, year: int) -> str:
    """A day of the year that the sentence speaks of without its year, any other day with it."""
    if day.year != year:
        return day.isoformat()
    return date_format(day, pgettext("date format of a day this year", "n月j日"))
