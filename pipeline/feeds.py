"""A person's dates as an iCalendar file (RFC 5545), for the calendar of a phone or a desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from crm.access import scope_of
from crm.models import User
from pipeline.models import Application, Deadline
from pipeline.workflows import PROGRAMMES

REFRESH = timedelta(hours=4)


def calendar_of(user: User, deadlines: Iterable[Deadline], planned: Iterable[Application], now: datetime) -> bytes:
    """One all-day event per deadline and per planned next action; `now` (UTC) is when the file was made.

    Whoever holds no post is led to the pages for firms.
    """
    staff = bool(scope_of(user).posts) or scope_of(user).everything
    calendar = Calendar()
    calendar.add("prodid", "-//Cultivar//deadlines//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("育企 · {name}").format(name=user))
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for deadline in deadlines:
        calendar.add_component(_deadline(deadline, now, staff=staff))
    for application in planned:
        calendar.add_component(_next_action(application, now))
    return calendar.to_ical()


def _deadline(deadline: Deadline, now: datetime, *, staff: bool) -> Event:
    subject = deadline.application or deadline.recognition
    title = _("{firm}：{kind}").format(firm=deadline.firm.name, kind=deadline.get_kind_display())
    if deadline.provisional:
        title = _("（暂定）{title}").format(title=title)
    text = PROGRAMMES[subject.programme].label if subject is not None else ""
    return _all_day(f"deadline-{deadline.pk}", title, str(text), deadline.due_on, _address(deadline, staff), now)


def _next_action(application: Application, now: datetime) -> Event:
    title = _("{firm}：{kind}").format(firm=application.firm.name, kind=application.next_action)
    address = reverse("application", args=[application.pk])
    uid, text = f"next-{application.pk}", str(application.workflow.label)
    assert application.next_action_on is not None  # only planned ones are asked for
    return _all_day(uid, title, text, application.next_action_on, address, now)


def _address(deadline: Deadline, staff: bool) -> str:
    if deadline.application_id:
        return reverse("application" if staff else "portal_application", args=[deadline.application_id])
    return reverse("firm", args=[deadline.firm.credit_code]) if staff else reverse("portal")


def _all_day(uid: str, title: str, text: str, day: date, address: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{settings.SITE_HOST}")
    event.add("dtstamp", now)
    event.add("summary", title)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")  # a date to know, not an hour that is taken
    event.add("url", settings.SITE_URL + address)
    if text:
        event.add("description", text)
    return event
