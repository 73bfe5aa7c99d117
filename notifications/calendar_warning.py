"""Asks the administrators of a city for the coming year's holiday notice until it has been entered."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.choices import RegionKind, Role
from crm.models import Post
from crm.services.jobs import beat_heart
from notifications.layouts import fill
from notifications.models import MessageKind
from notifications.outbox import enqueue
from notifications.people import Person, of_user, unique
from notifications.reminder_rows import EXPIRES, morning_of
from pipeline.models import Deadline
from pipeline.selectors.calendar import missing_notices, work_calendar
from pipeline.workdays import iso_week

LINK = "/settings/calendar/"


def warn_of_calendar(*, today: date | None = None) -> int:
    """From 1 November one message a week to each administrator of a city; none once the notice is there.

    Returns how many were new; a second run of the week returns 0, and so does a day off.
    """
    today, calendar = today or timezone.localdate(), work_calendar()
    years = missing_notices(calendar, today)
    new = sum(_warn(year, person, today) for year in years for person in _admins()) if calendar.is_workday(today) else 0
    beat_heart("warn_of_calendar", f"{today}: {new} new")
    return new


def _admins() -> list[Person]:
    posts = Post.objects.filter(role=Role.ADMIN, user__is_active=True, region__kind=RegionKind.CITY)
    return unique(of_user(post.user) for post in posts.select_related("user"))


def _warn(year: int, person: Person, today: date) -> bool:
    waiting = Deadline.objects.open().filter(provisional=True).count()
    with translation.override(person.language):
        sentence = _(
            "{year} 年的放假通知尚未录入，现有 {count} 个期限的日期为暂定。"
            "国务院办公厅通知公布后，请在工作日历逐日录入，期限会自动重算，本提醒随之停止。"
        )
        texts = {
            "subject": _("【请录入】{year} 年放假通知").format(year=year),
            "sentence": sentence.format(year=year, count=waiting),
            "hint": "",
            "later": "",
            "name": person.name,
            "address": f"{settings.SITE_URL}{LINK}",
        }
    rendered = fill("reminder", texts, language=person.language)
    return enqueue(
        key=f"calendar:{year}:{iso_week(today)}:{person.key}",
        kind=MessageKind.OPERATION,
        template="reminder",
        language=person.language,
        subject=rendered.subject,
        body=rendered.text,
        html=rendered.html,
        link=LINK,
        recipient_id=person.user_id,
        to=person.email,
        to_name=person.name,
        send_after=morning_of(today),
        expires_at=timezone.now() + EXPIRES,
    )
