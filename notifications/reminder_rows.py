"""The message of one reminder: its key, its sentences, its places. Nothing is read here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications.layouts import fill
from notifications.mails import Rendered
from notifications.models import Message, MessageKind, MessageState, Snooze
from notifications.people import Person, for_whom, in_whose_stead
from notifications.quiet import MORNING
from notifications.telling import about_deadline
from notifications.templatetags.mail_tags import (
    escalation_sentence,
    escalation_subject,
    reminder_sentence,
    reminder_subject,
)
from notifications.wording import Wording
from pipeline.models import Deadline
from pipeline.rungs import Due

EXPIRES = timedelta(days=7)


@dataclass(frozen=True)
class ToldOnce:
    """Somebody who was reminded before, and when last."""

    name: str
    on: date
    to_firm: bool


@dataclass(frozen=True)
class Occasion:
    """What is told of a deadline this morning, to whomever: the rung, what is left, and what a superior should know."""

    deadline: Deadline
    due: Due
    today: date
    workdays: int
    told_before: Sequence[ToldOnce] = ()
    stops: Sequence[Snooze] = ()
    told: dict[str, dict[str, str]] = field(default_factory=dict, compare=False)  # by language: said once for all
    wordings: Mapping[str, Wording] = field(default_factory=dict)  # by language: what the bureau wrote to firms instead

    @property
    def days(self) -> int:
        return (self.deadline.due_on - self.today).days


def reminder_row(occasion: Occasion, person: Person) -> Message:
    """The row for one person about one deadline."""
    deadline, due, link = occasion.deadline, occasion.due, page_of(occasion.deadline, is_firm=person.is_firm)
    name = "escalation" if due.is_escalation else "reminder"
    rendered = _rendered(name, occasion, person, link)
    return morning_row(
        rendered,
        person,
        occasion.today,
        key=f"deadline:{deadline.pk}:{deadline.due_on}:{due.key}:{person.key}",
        template=rendered.template or name,
        link=link,
        urgent=due.urgent,
        firm_id=deadline.firm_id,
        application_id=deadline.application_id,
        deadline_id=deadline.pk,
        region_path=deadline.region_path,
    )


def morning_row(rendered: Rendered, person: Person, today: date, **about: Any) -> Message:
    """A reminder of this morning. With an address it is held until the morning is planned whole; without, it is in
    the site at once.
    """
    return Message(
        kind=MessageKind.REMINDER,
        template_version=rendered.version,
        language=person.language,
        subject=rendered.subject[:200],
        body=rendered.text,
        html=rendered.html,
        recipient_id=person.user_id,
        to=person.email,
        to_name=person.name,
        to_firm=person.is_firm,
        stands_for=person.for_name,
        state=MessageState.HELD if person.email and not person.away else MessageState.IN_APP,
        planned_for=today,
        send_after=morning_of(today),
        expires_at=timezone.now() + EXPIRES,
        message_id=f"<{uuid.uuid4().hex}@{settings.SITE_HOST}>",
        **about,
    )


def _rendered(name: str, occasion: Occasion, person: Person, link: str) -> Rendered:
    """The product's own words are placed into a layout; those of the bureau are filled in for each firm."""
    wording = occasion.wordings.get(person.language) if person.is_firm and not occasion.due.is_escalation else None
    if wording is not None:
        deadline, days, left = occasion.deadline, occasion.days, occasion.workdays
        later = _later(deadline, person)
        return about_deadline(deadline, person, days=days, workdays=left, link=link, text=wording, later=later)
    with translation.override(person.language):
        values = _texts(occasion, person) | {"name": person.name, "address": f"{settings.SITE_URL}{link}"}
        values |= {
            "subject": for_whom(person, values["subject"]),
            "sentence": in_whose_stead(person, values["sentence"]),
        }
    return fill(name, values, language=person.language)


def _texts(occasion: Occasion, person: Person) -> dict[str, str]:
    if person.language not in occasion.told:
        occasion.told[person.language] = _common(occasion)
    common, deadline = occasion.told[person.language], occasion.deadline
    if occasion.due.is_escalation:
        return common
    application = deadline.application
    return common | {
        "hint": str(application.current.public_hint) if application and person.is_firm else "",
        "later": _later(deadline, person),
    }


def _later(deadline: Deadline, person: Person) -> str:
    """Where an account puts the reminder off; contact persons cannot."""
    return settings.SITE_URL + centre_of(deadline, is_firm=person.is_firm) if person.user_id else ""


def _common(occasion: Occasion) -> dict[str, str]:
    """What everybody of one language reads."""
    deadline, due = occasion.deadline, occasion.due
    sentence = reminder_sentence(deadline, occasion.days, occasion.workdays)
    if not due.is_escalation:
        return {"subject": reminder_subject(deadline, occasion.days), "sentence": sentence}
    return {
        "subject": escalation_subject(deadline, due),
        "sentence": sentence + escalation_sentence(due),
        "told": "\n".join(_told_line(told) for told in occasion.told_before),
        "stopped": "\n".join(_stop_line(stop) for stop in occasion.stops),
    }


def _told_line(told: ToldOnce) -> str:
    """· 周文澜（企业，2026-12-03）"""
    side = _("企业") if told.to_firm else _("主管部门")
    return _("· {name}（{side}，{day}）").format(name=told.name, side=side, day=told.on.isoformat())


def _stop_line(stop: Snooze) -> str:
    """莫清扬已于 2026-11-25 选择不再提醒，原因：企业已电话告知"""
    words = _("{name}已于 {day} 选择不再提醒，原因：{reason}")
    day = timezone.localdate(stop.at).isoformat()
    return words.format(name=stop.user.name, day=day, reason=stop.reason)


def morning_of(day: date) -> datetime:
    """Eight in the morning of that day in Shanghai, as an instant."""
    return datetime.combine(day, MORNING, tzinfo=timezone.get_default_timezone())


def page_of(deadline: Deadline, *, is_firm: bool) -> str:
    """Where the thing is done."""
    if deadline.application_id:
        prefix = "/portal/applications" if is_firm else "/applications"
        return f"{prefix}/{deadline.application_id}/"
    return "/portal/" if is_firm else f"/firms/{deadline.firm.credit_code}/"


def centre_of(deadline: Deadline, *, is_firm: bool) -> str:
    """Where this reminder is put off or stopped."""
    return f"{'/portal' if is_firm else ''}/reminders/?deadline={deadline.pk}"
