"""Whether what should move moves: queue, outbox, planning, channels. For the page, the API and the watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from crm.models import Heartbeat
from notifications.models import Channel, Delivery, Message, MessageState
from notifications.outbox import OPEN_STATES

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Beat:
    """When something ran last, and what it came to."""

    at: datetime
    result: str


@dataclass(frozen=True)
class VitalSigns:
    """The state of the running at one moment."""

    now: datetime
    beats: dict[str, Beat]
    oldest_due: datetime | None
    oldest_mail_due: datetime | None
    dead_letters: int
    unconfirmed: int

    @property
    def queue_age(self) -> timedelta | None:
        """How old the last heartbeat through the broker is; None when there never was one."""
        beat = self.beats.get("queue")
        return self.now - beat.at if beat else None

    @property
    def oldest_age(self) -> timedelta:
        """For how long the oldest message that is due has waited."""
        return self.now - self.oldest_due if self.oldest_due else timedelta()

    @property
    def oldest_mail_age(self) -> timedelta:
        return self.now - self.oldest_mail_due if self.oldest_mail_due else timedelta()

    @property
    def last_plan(self) -> Beat | None:
        return self.beats.get("plan_reminders")

    @property
    def last_digest(self) -> Beat | None:
        return self.beats.get("gap_digest")


def vital_signs(*, now: datetime) -> VitalSigns:
    """Five queries, each answered by an index."""
    beats = {name: Beat(at, result) for name, at, result in Heartbeat.objects.values_list("name", "at", "result")}
    unanswered = Q(state=MessageState.QUEUED) | Q(state=MessageState.UNCONFIRMED, resent=False)
    due = Message.objects.filter(unanswered, state__in=OPEN_STATES, send_after__lte=now).order_by("send_after")
    due = due.exclude(channel__active=False)  # what was left there when it was switched off waits for nobody
    dues = due.values_list("send_after", flat=True)
    return VitalSigns(
        now=now,
        beats=beats,
        oldest_due=dues.first(),
        oldest_mail_due=dues.filter(channel=None).first(),
        dead_letters=Message.objects.filter(state=MessageState.FAILED).count(),
        unconfirmed=Message.objects.filter(state=MessageState.UNCONFIRMED, state__in=OPEN_STATES).count(),
    )


def failures_by_way(*, now: datetime) -> dict[str, int]:
    """How many attempts failed in the last 24 hours by each way: `mail`, or `channel:` and its number. One query."""
    failed = Delivery.objects.filter(at__gte=now - DAY, outcome=MessageState.FAILED)
    rows = failed.order_by().values_list("message__channel_id").annotate(number=Count("pk"))
    return {f"channel:{channel}" if channel else "mail": number for channel, number in rows}


def failing_channels(least: int) -> list[Channel]:
    """The channels in use that have failed so often since it last went well."""
    return list(Channel.objects.filter(active=True, failures__gte=least).order_by("pk"))
