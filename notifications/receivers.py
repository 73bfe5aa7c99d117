"""Listens to the pipeline: when an application moves, the people it concerns are told, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import mails
from notifications.models import NOT_TOLD, Message, MessageKind, MessageState
from notifications.outbox import enqueue
from notifications.people import for_whom, officers_of
from notifications.quiet import leaves_at
from notifications.telling import supersede, tell_firm, tell_notice
from pipeline.choices import Acting
from pipeline.models import MaterialNotice, StageEvent
from pipeline.models.applications import UNDO
from pipeline.signals import deadlines_changed, notice_issued, stage_changed

FIRM_ACTS = {Acting.FIRM, Acting.AGENT}
UNSENT = (MessageState.HELD, MessageState.QUEUED)


@receiver(stage_changed, dispatch_uid="tell_people")
def tell_people(sender: type, event: StageEvent, passing: bool = False, **kwargs: Any) -> None:
    """The firm hears of the few stages that matter to it, officers of what the firm did; nobody of their own act.

    Of a move that another follows at once nobody hears.
    """
    if event.transition == UNDO:
        _correct(event)
        return
    if passing:
        return
    if event.application.current.mails_firm:
        tell_firm(event)
    if event.acted_as in FIRM_ACTS:
        _tell_officers(event)


@receiver(notice_issued, dispatch_uid="tell_of_notice")
def tell_of_notice(sender: type, notice: MaterialNotice, **kwargs: Any) -> None:
    """The firm gets everything that it lacks in one mail, instead of the one about the return."""
    tell_notice(notice)


def _correct(event: StageEvent) -> None:
    """Hold back what was to be told of moves that are taken back; who had heard of them hears of the correction."""
    told = Q(pk=None)
    for undone in event.undoes.select_related("event"):
        told |= Q(event_id=undone.event_id) | Q(key__startswith=f"stage:{undone.event_id}:")  # as older rows say it
        for notice in MaterialNotice.objects.filter(application=event.application, returned=True, at=undone.event.at):
            told |= Q(key__startswith=f"notice:{notice.pk}:")
    messages = Message.objects.filter(told, application=event.application)
    supersede(messages, str(_("办理已撤销")))
    heard = set(messages.exclude(state__in=[MessageState.EXPIRED, *NOT_TOLD]).values_list("to_firm", flat=True))
    if True in heard:
        tell_firm(event)
    if False in heard:
        _tell_officers(event)


@receiver(deadlines_changed, dispatch_uid="withdraw_reminders")
def withdraw_reminders(sender: type, ids: Collection[int], **kwargs: Any) -> int:
    """Hold back the reminders of dates that hold no longer; keys name the deadline and its date.

    Returns how many. One query for each 500 deadlines, a second where something is held back.
    """
    named, withdrawn = sorted(ids), 0
    for start in range(0, len(named), 500):
        withdrawn += _withdraw(named[start : start + 500])
    return withdrawn


def _withdraw(ids: Collection[int]) -> int:
    waiting = Message.objects.filter(deadline__in=ids, kind=MessageKind.REMINDER, state__in=UNSENT)
    told = waiting.values_list("pk", "key", "deadline", "deadline__due_on", "deadline__closed_at")
    stale = [
        pk
        for pk, key, deadline, due_on, closed_at in told
        if closed_at or not key.startswith(f"deadline:{deadline}:{due_on}:")
    ]
    if not stale:
        return 0
    return Message.objects.filter(pk__in=stale, state__in=UNSENT).update(state=MessageState.EXPIRED)


def _tell_officers(event: StageEvent) -> None:
    """What the firm did, once it can no longer take it back at one click."""
    application = event.application
    link = f"/applications/{application.pk}/"
    for person in officers_of(application, timezone.localdate(event.at)):
        if person.user_id is not None and person.user_id == event.actor_id:
            continue
        context = {"person": person, "application": application, "event": event, "link": link}
        rendered = mails.render("stage_officer", context, language=person.language)
        enqueue(
            key=f"stage:{event.pk}:{person.key}",
            kind=MessageKind.STAGE,
            subject=for_whom(person, rendered.subject),
            stands_for=person.for_name,
            body=rendered.text,
            html=rendered.html,
            link=link,
            event=event,
            send_after=leaves_at(timezone.now(), undoable=event.transition != UNDO, prompt=True),
            recipient_id=person.user_id,
            to="" if person.away else person.email,
            to_name=person.name,
            firm=application.firm,
            application=application,
            region_path=application.region_path,
        )
