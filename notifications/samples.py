"""Shows a wording on a real case: the mail as this very firm would get it. Nothing is written."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from crm.models import User
from notifications.letters import Letter, compose_letter
from notifications.people import Person, firm_people
from notifications.telling import about_deadline, about_event, about_notice, correction_due
from notifications.topics import DATES, LETTERS, PAPERS, Topic, event_topic
from notifications.wording import Composed, Wording
from pipeline.models import Application, MaterialNotice, StageEvent
from pipeline.selectors.calendar import work_calendar

CASES = 30
SEARCHED = 300


def cases_for(topic: Topic, user: User) -> list[Application]:
    """Applications that this wording can be tried on, the newest first. At most two queries."""
    mine = (
        Application.objects.visible_to(user).exclude_internal().select_related("firm").order_by("-stage_since", "-pk")
    )
    if topic.group == LETTERS:
        return list(mine[:CASES])
    if topic.group == DATES:
        return list(mine.filter(deadlines__closed_at=None, deadlines__isnull=False).distinct()[:CASES])
    if topic.group == PAPERS:
        return list(mine.filter(notices__isnull=False).distinct()[:CASES])
    events = _events(topic, StageEvent.objects.visible_to(user))
    return list(dict.fromkeys(event.application for event in events))[:CASES]


def _events(topic: Topic, events: QuerySet[StageEvent]) -> list[StageEvent]:
    recent = events.exclude(from_stage="").select_related("application__firm").order_by("-at", "-pk")[:SEARCHED]
    return [event for event in recent if event_topic(event) is topic]


def shown_on(
    topic: Topic, application: Application, wording: Wording, *, language: str, today: date | None = None
) -> Composed | None:
    """The mail about this application in this wording; None where the case has nothing of the kind."""
    person = _somebody(application, language)
    if topic.group == LETTERS:
        return compose_letter(Letter(topic, wording), application.firm, person, application)
    if topic.group == PAPERS:
        notice = MaterialNotice.objects.filter(application=application).order_by("-number").first()
        return about_notice(notice, person, wording) if notice else None
    if topic.group == DATES:
        return _reminder(application, person, wording, today or timezone.localdate())
    events = _events(topic, StageEvent.objects.filter(application=application))
    if not events:
        return None
    return about_event(events[0], person, topic, correction_due(application), wording)


def _somebody(application: Application, language: str) -> Person:
    people = firm_people(application.firm)
    name = people[0].name if people else ""
    return Person("sample", name, "", language, is_firm=True)


def _reminder(application: Application, person: Person, wording: Wording, today: date) -> Composed | None:
    deadline = application.deadlines.filter(closed_at=None).order_by("due_on").first()
    if deadline is None:
        return None
    days, workdays = (deadline.due_on - today).days, work_calendar().left(today, deadline.due_on)
    link = f"/portal/applications/{application.pk}/"
    return about_deadline(deadline, person, days=days, workdays=workdays, link=link, text=wording)
