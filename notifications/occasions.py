"""Plans what a morning has to tell of dates that are no firm's deadline; a second run finds nothing new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import islice

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.services.jobs import beat_heart
from crm.templatetags.show import due_day
from notifications.layouts import fill
from notifications.models import Message
from notifications.people import Person, Staff, for_whom, in_whose_stead
from notifications.reminder_rows import morning_row
from notifications.reminders import add_new
from notifications.rosters import Roster, roster_of_firms
from pipeline.choices import OccasionKind
from pipeline.ladder_words import kind_label
from pipeline.models import Application, Round
from pipeline.rungs import YEARLY
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladders import ladders
from pipeline.selectors.occasions import DateToTell, DueDate, due_dates
from pipeline.workflows import PROGRAMMES

BATCH = 500


def plan_occasions(*, today: date | None = None) -> int:
    """Keep what is to be told of this morning's dates, for `gather` to let go. Returns how many were new.

    Keys say which date, which rung and which person, so that each is told once, whichever run comes first.
    """
    today, calendar = today or timezone.localdate(), work_calendar()
    if not calendar.is_workday(today):
        beat_heart("plan_occasions", f"{today}: a day off")
        return 0
    found, staff, new = due_dates(ladders(), today, calendar), Staff(today), 0
    while batch := list(islice(found, BATCH)):
        new += _keep(batch, roster_of_firms({row.date.firm.pk for row in batch if row.date.firm}, staff, today), today)
    beat_heart("plan_occasions", f"{today}: {new} new")
    return new


def _keep(batch: Sequence[DueDate], roster: Roster, today: date) -> int:
    """Add what nobody was told yet, by two queries; nothing is rendered twice."""
    wanted = {_key(found, person): (found, person) for found in batch for person in _people(found, roster)}
    known = set(Message.objects.filter(key__in=wanted).values_list("key", flat=True))
    return add_new([_row(key, *told, today) for key, told in wanted.items() if key not in known])


def _people(found: DueDate, roster: Roster) -> list[Person]:
    day, roles = found.date, found.date.roles & set(found.due.roles)
    return roster.told(roles, firm=day.firm.pk if day.firm else None, officer=day.officer, path=day.region_path)


def _key(found: DueDate, person: Person) -> str:
    day = found.date
    return f"occasion:{day.kind}:{day.ref}:{day.on}:{found.due.key}:{person.key}"


def _row(key: str, found: DueDate, person: Person, today: date) -> Message:
    day, link = found.date, address_of(found.date, is_firm=person.is_firm)
    with translation.override(person.language):
        texts = {
            "subject": for_whom(person, subject_of(day, today)),
            "sentence": in_whose_stead(person, sentence_of(day, today)),
            "hint": "",
            "later": "",
            "name": person.name,
            "address": f"{settings.SITE_URL}{link}",
        }
    rendered = fill("reminder", texts, language=person.language)
    return morning_row(
        rendered,
        person,
        today,
        key=key,
        template="reminder",
        link=link,
        urgent=found.due.urgent and day.kind in YEARLY,
        firm=day.firm,
        application=day.subject if isinstance(day.subject, Application) else None,
        region_path=day.region_path,
    )


def subject_of(day: DateToTell, today: date) -> str:
    """【还有 14 天】年末抽查 · 12月15日 周二"""
    left = (day.on - today).days
    if left > 0:
        mark = _("【还有 {n} 天】").format(n=left)
    elif left < 0:
        mark = ngettext("【已过 {n} 天】", "【已过 {n} 天】", -left).format(n=-left)
    else:
        mark = _("【今天】")
    where = day.firm.name if day.firm else due_day(day.on)
    return f"{mark}{about(day)} · {where}"


def about(day: DateToTell) -> str:
    """What the date is: the programme of a window, the words of a plan, else the kind."""
    if isinstance(day.subject, Round):
        return f"{PROGRAMMES[day.subject.programme].short_label} {kind_label(day.kind)}"
    if isinstance(day.subject, Application):
        return day.subject.next_action or kind_label(day.kind)
    return kind_label(day.kind)


def sentence_of(day: DateToTell, today: date) -> str:
    """What is to be done, and by when."""
    values = {"day": due_day(day.on), "what": about(day), "firm": day.firm.name if day.firm else ""}
    if isinstance(day.subject, Round):
        text = _("{what}：{round}自 {day} 起受理，至 {last} 截止。")
        return text.format(round=day.subject, last=due_day(day.subject.last_on), **values)
    return str(SENTENCES[OccasionKind(day.kind)]()).format(**values)


SENTENCES = {
    OccasionKind.INFO_UPDATE: lambda: _("{firm}上年度已入库，请于 {day} 前在服务平台更新本年度信息。"),
    OccasionKind.SPOT_CHECK: lambda: _("请于 {day} 前完成科技型中小企业年末抽查。"),
    OccasionKind.STATE_REPORT: lambda: _("请于 {day} 前将高新技术企业名单报送国家。"),
    OccasionKind.LIBRARY_CHECK: lambda: _("瞪羚企业入库复核与退出检查于 {day} 截止，请备齐材料并核对。"),
    OccasionKind.QUOTA_CHECK: lambda: _("{day} 为月末统计日，请核对本地指标的完成数与缺口。"),
    OccasionKind.FOLLOW_UP: lambda: _("{firm}：原定 {day} “{what}”，请跟进并登记结果。"),
}


def address_of(day: DateToTell, *, is_firm: bool) -> str:
    """Where it is seen to."""
    if is_firm:
        return "/portal/"
    if isinstance(day.subject, Application):
        return f"/applications/{day.subject.pk}/"
    pages = {OccasionKind.WINDOW_OPEN: "/settings/rounds/", OccasionKind.QUOTA_CHECK: "/targets/"}
    return pages.get(OccasionKind(day.kind), "/recognitions/")
