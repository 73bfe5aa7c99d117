"""Plans the reminders of a morning. Dates in rows say what is due; a second run finds nothing new."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from django.utils import timezone, translation

from crm.services.jobs import beat_heart
from notifications import mails
from notifications.models import MessageKind
from notifications.outbox import enqueue
from notifications.people import Person, firm_people, officers_at, officers_of, unique
from pipeline.choices import DeadlineKind
from pipeline.models import Deadline
from pipeline.rungs import next_rung, rung_on
from pipeline.selectors.calendar import work_calendar

logger = logging.getLogger(__name__)

BATCH = 500
TO_FIRM = {
    DeadlineKind.CORRECTION_DUE,
    DeadlineKind.ROUND_CLOSE,
    DeadlineKind.ANNUAL_REPORT,
    DeadlineKind.MAJOR_CHANGE,
    DeadlineKind.NUMBER_EXPIRY,
    DeadlineKind.LIBRARY_EXPIRY,
}


def plan_reminders(*, today: date | None = None) -> int:
    """Queue the reminders due today. Returns how many were new; a second run returns 0.

    On a day off nobody is written to; what was due then is told on the next working day, the tightest rung only.
    """
    today = today or timezone.localdate()
    if not work_calendar().is_workday(today):
        beat_heart("plan_reminders", f"{today}: a day off")
        return 0
    new = 0
    for deadline, rung, person in reminders_due(today):
        new += _remind(deadline, rung, person, today)
    beat_heart("plan_reminders", f"{today}: {new} new")
    return new


def reminders_due(today: date) -> Iterator[tuple[Deadline, int, Person]]:
    """Each deadline whose next rung has come, with the rung and the people to tell, in batches of 500.

    A deadline is moved to its next rung only after its people have been yielded: a run that dies half-way finds it
    again, and the keys of its messages keep it from telling anybody twice.
    """
    last = 0
    due = Deadline.objects.open().filter(next_rung_on__lte=today).select_related("application", "firm")
    due = due.select_related("application__officer", "recognition")
    officers = lru_cache(maxsize=512)(officers_at)
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for deadline in batch:
            rung = rung_on(deadline.kind, deadline.due_on, today)
            if rung is not None:
                for person in people_for(deadline, rung, officers):
                    yield deadline, rung, person
            following = next_rung(deadline.kind, deadline.due_on, today)
            # Only if the date is still the one we planned for: a moved date has set its own next rung.
            own = Deadline.objects.filter(pk=deadline.pk, due_on=deadline.due_on, next_rung_on=deadline.next_rung_on)
            own.update(next_rung_on=following)
        last = batch[-1].pk


def people_for(deadline: Deadline, rung: int, officers=officers_at) -> list[Person]:
    """The firm where it must act, and its officers; once it is overdue, the city's too, its leads among them."""
    people = firm_people(deadline.firm) if deadline.kind in TO_FIRM else []
    application = deadline.application
    people += officers_of(application) if application else officers(deadline.region_path)
    if rung < 0:
        people += officers("/".join(deadline.region_path.split("/")[:2]) + "/")
    return unique(people)


def _remind(deadline: Deadline, rung: int, person: Person, today: date) -> bool:
    key = f"deadline:{deadline.pk}:{deadline.due_on}:{rung}d:{person.key}"
    if not _is_new(key):
        return False
    with translation.override(person.language):
        link = _link(deadline, person)
        context = {
            "deadline": deadline,
            "person": person,
            "days": rung if rung < 0 else (deadline.due_on - today).days,
            "workdays": work_calendar().left(today, deadline.due_on),
            "link": link,
        }
        rendered = mails.render("reminder", context, language=person.language)
    return enqueue(
        key=key,
        kind=MessageKind.REMINDER,
        subject=rendered.subject,
        body=rendered.text,
        html=rendered.html,
        link=link,
        urgent=rung <= 0,
        recipient_id=person.user_id,
        to=person.email,
        to_name=person.name,
        to_firm=person.is_firm,
        firm=deadline.firm,
        application=deadline.application,
        region_path=deadline.region_path,
        expires_at=timezone.now() + timedelta(days=7),
    )


def _is_new(key: str) -> bool:
    """A look before the work of rendering; the unique key still decides."""
    from notifications.models import Message

    return not Message.objects.filter(key=key).exists()


def _link(deadline: Deadline, person: Person) -> str:
    if deadline.application_id:
        prefix = "/portal/applications" if person.is_firm else "/applications"
        return f"{prefix}/{deadline.application_id}/"
    return "/portal/" if person.is_firm else f"/firms/{deadline.firm.credit_code}/"
