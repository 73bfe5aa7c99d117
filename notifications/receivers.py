"""Listens to the pipeline: when an application moves, the people it concerns are told, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils import translation

from notifications import mails
from notifications.models import Message, MessageKind, MessageState
from notifications.outbox import enqueue
from notifications.people import Person, firm_people, officers_of
from pipeline.choices import Acting, DeadlineKind
from pipeline.models import Application, Deadline, MaterialNotice, StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.notices import letter_of
from pipeline.signals import deadlines_changed, notice_issued, stage_changed

FIRM_ACTS = {Acting.FIRM, Acting.AGENT}


@receiver(stage_changed, dispatch_uid="tell_people")
def tell_people(sender: type, event: StageEvent, passing: bool = False, **kwargs: Any) -> None:
    """The firm hears of the few stages that matter to it, officers of what the firm did; nobody of their own act.

    Of a move that another follows at once nobody hears.
    """
    application = event.application
    if event.transition == UNDO:
        if _recall(event):
            _tell(event, firm_people(application.firm), "stage_firm")
        return
    if passing:
        return
    if application.current.mails_firm:
        _tell(event, firm_people(application.firm), "stage_firm")
    if event.acted_as in FIRM_ACTS:
        _tell(event, officers_of(application), "stage_officer")


@receiver(notice_issued, dispatch_uid="tell_of_notice")
def tell_of_notice(sender: type, notice: MaterialNotice, **kwargs: Any) -> None:
    """The firm gets everything that it lacks in one mail, instead of the one about the return."""
    application = notice.application
    link = f"/applications/{application.pk}/notices/{notice.number}/"
    for person in firm_people(application.firm):
        with translation.override(person.language):
            letter = letter_of(notice)
        context = {"person": person, "application": application, "letter": letter, "link": link}
        rendered = mails.render("material_notice", context, language=person.language)
        enqueue(
            key=f"notice:{notice.pk}:{person.key}",
            kind=MessageKind.STAGE,
            subject=rendered.subject,
            body=rendered.text,
            html=rendered.html,
            link=link,
            recipient_id=person.user_id,
            to=person.email,
            to_name=person.name,
            to_firm=person.is_firm,
            firm=application.firm,
            application=application,
            region_path=application.region_path,
        )


def _recall(event: StageEvent) -> bool:
    """Hold back what was to be told of moves that are taken back. True when the firm had heard of them already."""
    told = Q(pk=None)
    for undone in event.undoes.select_related("event"):
        told |= Q(key__startswith=f"stage:{undone.event_id}:")
        for notice in MaterialNotice.objects.filter(application=event.application, returned=True, at=undone.event.at):
            told |= Q(key__startswith=f"notice:{notice.pk}:")
    messages = Message.objects.filter(told, application=event.application, to_firm=True)
    messages.filter(state=MessageState.QUEUED).update(state=MessageState.EXPIRED)
    return messages.exclude(state=MessageState.EXPIRED).exists()


@receiver(deadlines_changed, dispatch_uid="withdraw_reminders")
def withdraw_reminders(sender: type, ids: Collection[int], **kwargs: Any) -> int:
    """Hold back the reminders of dates that hold no longer; keys name the deadline and its date.

    Returns how many. Two queries, whatever the number of deadlines; none are needed when nothing waits.
    """
    waiting = Message.objects.filter(kind=MessageKind.REMINDER, state=MessageState.QUEUED)
    told = {pk: key.split(":")[1:3] for pk, key in waiting.values_list("pk", "key")} if ids else {}
    wanted = {int(named[0]) for named in told.values() if named and named[0].isdecimal()} & set(ids)
    holds = {
        (str(pk), due_on.isoformat())
        for pk, due_on in Deadline.objects.open().filter(pk__in=wanted).values_list("pk", "due_on")
    }
    stale = [
        pk
        for pk, named in told.items()
        if named[0].isdecimal() and int(named[0]) in wanted and tuple(named) not in holds
    ]
    if not stale:
        return 0
    return Message.objects.filter(pk__in=stale, state=MessageState.QUEUED).update(state=MessageState.EXPIRED)


def will_mail_firm(application: Application, target: str) -> bool:
    """True when a move to this stage mails the firm: said to the officer before the click."""
    return application.workflow.stage(target).mails_firm


def _tell(event: StageEvent, people: list[Person], template: str) -> None:
    application = event.application
    due = application.deadlines.filter(kind=DeadlineKind.CORRECTION_DUE, closed_at=None).first()
    for person in people:
        if person.user_id is not None and person.user_id == event.actor_id:
            continue
        link = f"/portal/applications/{application.pk}/" if person.is_firm else f"/applications/{application.pk}/"
        context = {"person": person, "application": application, "event": event, "due": due, "link": link}
        rendered = mails.render(template, context, language=person.language)
        enqueue(
            key=f"stage:{event.pk}:{person.key}",
            kind=MessageKind.STAGE,
            subject=rendered.subject,
            body=rendered.text,
            html=rendered.html,
            link=link,
            recipient_id=person.user_id,
            to=person.email,
            to_name=person.name,
            to_firm=person.is_firm,
            firm=application.firm,
            application=application,
            region_path=application.region_path,
        )
