"""Gathers the reminders of a morning: more than a threshold for one person become one mail, the others go singly.

Reminders with an address wait as `held` rows until everything of the morning is planned; whatever dies in between, the
next run finds them. The conditional update of those rows decides who makes the mail: two planners make one.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone, translation

from crm.models import User
from notifications import ledger, mails
from notifications.models import Message, MessageKind, MessageState, MorningRule, Way
from notifications.morning_mail import MorningMail, counts_of, morning_mail, worst_of
from notifications.outbox import enqueue
from notifications.preferences import mails_wanted, wanting
from pipeline.workdays import WorkCalendar

logger = logging.getLogger(__name__)

SLICE = 1000
EXPIRES = timedelta(days=7)


@dataclass(frozen=True)
class Bundle:
    """The held reminders of one person and morning. A contact person without account is an address of a firm."""

    day: date
    recipient_id: int | None
    firm_id: int | None = None
    to: str = ""

    @property
    def rows(self) -> QuerySet[Message]:
        rows = Message.objects.filter(planned_for=self.day, kind=MessageKind.REMINDER)
        if self.recipient_id is not None:
            return rows.filter(recipient=self.recipient_id)
        return rows.filter(recipient=None, firm=self.firm_id, to=self.to)


def gather(today: date, calendar: WorkCalendar) -> int:
    """Make the morning mails and let go what stays single. Returns how many mails were made.

    What an earlier morning left is made good: late, and once.
    """
    held = Message.objects.filter(state=MessageState.HELD, planned_for__lte=today)
    held.filter(expires_at__lt=timezone.now()).update(state=MessageState.EXPIRED)
    made, failed = 0, []
    for bundle in wanted(list(bundles(held))):
        done = send_bundle(bundle, today, calendar)
        made += bool(done)
        if done is None:
            failed.append(bundle)
    _release(held, failed)
    return made


def bundles(held: QuerySet[Message]) -> Iterator[Bundle]:
    """Who has more waiting than is told singly. Three queries, and as many rows as people are to be told."""
    rules = dict(MorningRule.objects.values_list("user", "threshold"))
    least = min([settings.MORNING_THRESHOLD, *rules.values()])
    of_users = held.filter(recipient__isnull=False).values_list("planned_for", "recipient").annotate(n=Count("pk"))
    for day, user, number in of_users.filter(n__gt=least).order_by("planned_for", "recipient").iterator():
        if number > rules.get(user, settings.MORNING_THRESHOLD):
            yield Bundle(day, user)
    of_contacts = held.filter(recipient=None).values_list("planned_for", "firm", "to").annotate(n=Count("pk"))
    for day, firm, to, _n in of_contacts.filter(n__gt=settings.MORNING_THRESHOLD).order_by("planned_for", "firm", "to"):
        yield Bundle(day, None, firm, to)


def wanted(found: Sequence[Bundle]) -> list[Bundle]:
    """Those for people who take morning mails; to the others each reminder goes singly. At most three queries."""
    people = wanting({one.recipient_id for one in found if one.recipient_id}, MessageKind.MORNING, Way.MAIL)
    addresses = mails_wanted({one.to for one in found if not one.recipient_id}, MessageKind.MORNING)
    return [one for one in found if (one.recipient_id in people if one.recipient_id else one.to in addresses)]


def send_bundle(bundle: Bundle, today: date, calendar: WorkCalendar) -> bool | None:
    """Make one person's mail. False where another planner has made it, None where it cannot be made: the ledger says
    why, and its reminders wait for the next run."""
    items = 0
    try:
        with transaction.atomic():
            token = uuid.uuid4()
            held = bundle.rows.filter(state=MessageState.HELD)
            items = _in_slices(held, state=MessageState.IN_APP, lease=token)
            if items:
                _send(bundle, bundle.rows.filter(lease=token), today, calendar)
        return bool(items)
    except Exception as error:
        if bundle.recipient_id is None:
            logger.exception("morning mail %s to %s not made", bundle.day, bundle.to)
            return None
        period = ledger.morning_period(bundle.recipient_id, bundle.day)
        path = _common_path(bundle.rows.filter(state=MessageState.HELD))
        ledger.note_failure(MessageKind.MORNING, bundle.recipient_id, period, error, items=items, region_path=path)
        return None


def _send(bundle: Bundle, rows: QuerySet[Message], today: date, calendar: WorkCalendar) -> None:
    """The mail, its ledger row and the bond between mail and reminders, in the caller's transaction.

    However many the reminders are, only those that the mail shows are read.
    """
    counts = counts_of(rows, today)
    shown = list(worst_of(rows))
    path, to_firm = _common_path(rows), not counts.to_staff
    user = shown[0].recipient
    language = user.language if user else settings.LANGUAGE_CODE
    period, claimed = bundle.day.isoformat(), None
    if bundle.recipient_id is not None:
        period = ledger.morning_period(bundle.recipient_id, bundle.day)
        known = {"items": counts.all, "region_path": path}
        claimed = ledger.claim(MessageKind.MORNING, bundle.recipient_id, period, **known)
    with translation.override(language):
        centre = "/portal/reminders/" if to_firm else "/reminders/"
        mail = morning_mail(shown, counts, day=bundle.day, today=today, calendar=calendar, centre=centre)
        rendered = mails.render("morning", {"mail": mail}, language=language)
    key = f"morning:{period}:u{bundle.recipient_id}" if claimed else f"morning:{period}:r{shown[0].pk}"
    enqueue(key=key, **_fields(bundle, shown[0], mail, rendered), to_firm=to_firm, region_path=path, language=language)
    if claimed:
        ledger.settle(claimed, key)
    _in_slices(rows, bundle=Message.objects.get(key=key), lease=None)


def _common_path(rows: QuerySet[Message]) -> str:
    return ledger.common_path(rows.order_by().values_list("region_path", flat=True).distinct())


def _fields(bundle: Bundle, first: Message, mail: MorningMail, rendered: mails.Rendered) -> dict[str, Any]:
    return {
        "kind": MessageKind.MORNING,
        "template": "morning",
        "subject": rendered.subject,
        "body": rendered.text,
        "html": rendered.html,
        "link": mail.centre,
        "urgent": mail.urgent,
        "recipient_id": bundle.recipient_id,
        "to": first.to,
        "to_name": first.to_name,
        "firm_id": bundle.firm_id,
        "planned_for": bundle.day,
        "send_after": first.send_after,
        "expires_at": max(timezone.now(), first.send_after) + EXPIRES,
    }


def _release(held: QuerySet[Message], failed: list[Bundle]) -> None:
    """Queue what stays single; what failed waits."""
    waiting = [pk for bundle in failed for pk in bundle.rows.values_list("pk", flat=True)]
    _in_slices(held.exclude(pk__in=waiting), state=MessageState.QUEUED)


def _in_slices(rows: QuerySet[Message], **values: object) -> int:
    """Update rows, which leave the queryset as they change, some at a time: a database keeps what it may have to undo.

    Returns how many were ours to change.
    """
    changed = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        changed += rows.filter(pk__in=ids).update(**values)
    return changed


def set_threshold(user: User, threshold: int | None) -> None:
    """More reminders of a morning than this become one mail for this person; None: as the setting says."""
    if threshold is None:
        MorningRule.objects.filter(user=user).delete()
        return
    values = {"threshold": threshold, "changed_at": timezone.now()}
    MorningRule.objects.update_or_create(user=user, defaults=values)
