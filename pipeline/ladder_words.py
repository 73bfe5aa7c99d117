"""Reminder ladders in plain sentences, and what one means for a date. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pipeline.choices import DeadlineKind, OccasionKind, Overdue, Told
from pipeline.rungs import Due, LadderTable, Rung, dues, first_rung, next_rung
from pipeline.workdays import WORKDAYS, WorkCalendar


def kind_label(kind: str) -> str:
    return str(DeadlineKind(kind).label if kind in DeadlineKind.values else OccasionKind(kind).label)


def role_words(roles: Iterable[str]) -> str:
    """企业、代理人和经办人员; roles that nobody knows are left out."""
    chosen = set(roles)
    names = [str(role.label) for role in Told if role in chosen]
    if len(names) < 2:
        return "".join(names)
    return _("{first}和{last}").format(first=_("、").join(names[:-1]), last=names[-1])


def day_of_year(month_day: tuple[int, int]) -> str:
    return _("{month}月{day}日").format(month=month_day[0], day=month_day[1])


def rung_words(rung: Rung) -> str:
    """3 天, 3 个工作日, 当天, 过后 3 天, 当年 3月1日."""
    if rung.month_day:
        return _("当年 {day}").format(day=day_of_year(rung.month_day))
    if not rung.days:
        return _("当天")
    words = _length(abs(rung.days), rung.unit)
    return _("过后 {days}").format(days=words) if rung.is_after else words


def _length(number: int, unit: str) -> str:
    if unit == WORKDAYS:
        return _("{n} 个工作日").format(n=number)
    return ngettext("{n} 天", "{n} 天", number).format(n=number)


def sentence_of(table: LadderTable) -> str:
    """到期前 3 天、1 天、当天提醒企业和经办人员；逾期后每个工作日提醒…；逾期 3 个工作日报科长."""
    if not table.active:
        return _("已停用")
    parts = [_rungs_sentence(table.kind, rungs) for rungs in _by_roles(table.rungs)]
    if table.overdue == Overdue.DAILY:
        parts.append(_("逾期后每个工作日提醒{roles}").format(roles=role_words(table.overdue_roles)))
    elif table.overdue == Overdue.ONCE:
        parts.append(_("逾期后提醒一次{roles}").format(roles=role_words(table.overdue_roles)))
    parts += [_raised(role, after) for role, after in table.escalates]
    return _("；").join(parts)


def _raised(role: str, after: int) -> str:
    words = ngettext("逾期 {n} 个工作日报{who}", "逾期 {n} 个工作日报{who}", after)
    return words.format(n=after, who=Told(role).label)


def _by_roles(rungs: Sequence[Rung]) -> list[list[Rung]]:
    groups: dict[frozenset[str], list[Rung]] = {}
    for rung in rungs:
        groups.setdefault(frozenset(rung.roles), []).append(rung)
    return list(groups.values())


def _rungs_sentence(kind: str, rungs: Sequence[Rung]) -> str:
    ahead = _("到期前 {days}") if kind in DeadlineKind.values else _("提前 {days}")
    words = [rung_words(rung) for rung in rungs]
    if rungs[0].month_day is None and (rungs[0].days or 0) > 0:
        words[0] = ahead.format(days=words[0])
    return _("{days}提醒{roles}").format(days=_("、").join(words), roles=role_words(rungs[0].roles))


@dataclass(frozen=True)
class PreviewLine:
    """One day on which somebody would be told. `again` stands for every working day that follows it."""

    on: date
    words: str
    roles: str
    urgent: bool
    again: bool = False


def preview_of(table: LadderTable, due_on: date, calendar: WorkCalendar) -> list[PreviewLine]:
    """Everything that the ladder would tell of this date, in order; the daily asking as one line."""
    lines, seen, day = [], set(), first_rung(table, due_on, calendar)
    while day is not None:
        for due in dues(table, due_on, day, day, calendar):
            daily = table.overdue == Overdue.DAILY and day > due_on and not due.is_escalation
            key = "daily" if daily else due.key
            if key not in seen:
                seen.add(key)
                lines.append(PreviewLine(day, _due_words(due, due_on, day), role_words(due.roles), due.urgent, daily))
        day = next_rung(table, due_on, day, calendar)
    return lines


def _due_words(due: Due, due_on: date, day: date) -> str:
    if due.is_escalation:
        late = due.overdue_workdays
        return ngettext("逾期 {n} 个工作日", "逾期 {n} 个工作日", late).format(n=late)
    left = (due_on - day).days
    if left == 0:
        return _("当天")
    if left > 0:
        return ngettext("还有 {n} 天", "还有 {n} 天", left).format(n=left)
    return ngettext("过后 {n} 天", "过后 {n} 天", -left).format(n=-left)
