"""The outbox: queue a message once, deliver it, and know what became of it.

A row is leased by a conditional update, marked `sending` just before it leaves, and settled by what the server said.
Silence, or a killed worker, leaves it `unconfirmed`: it is sent once more under the same Message-ID, because a lost
notice harms a firm more than a double.
"""

from __future__ import annotations

import logging
import smtplib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from crm.services.jobs import beat_heart
from notifications.models import Delivery, Message, MessageState

logger = logging.getLogger(__name__)

TO_SEND = (MessageState.QUEUED, MessageState.UNCONFIRMED)


def enqueue(*, key: str, subject: str, body: str, to: str = "", **fields: Any) -> bool:
    """Add a message unless its key exists already. Returns True when it was added.

    Without an address it stays in the site, for the recipient to read there.
    """
    values = {
        "to": to,
        "subject": subject[:200],
        "body": body,
        "state": MessageState.QUEUED if to else MessageState.IN_APP,
        "send_after": timezone.now(),
        "message_id": f"<{uuid.uuid4().hex}@{settings.SITE_HOST}>",
        **fields,
    }
    return Message.objects.get_or_create(key=key, defaults=values)[1]


@dataclass
class Delivered:
    """What one run of the delivery did."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        return f"sent {self.sent}, later {self.later}, failed {self.failed}, unknown {self.unknown}"


def deliver_messages(*, batches: int = 20) -> Delivered:
    """Send what is due, at most `batches` leases of MESSAGE_BATCH rows over one connection each."""
    total = Delivered()
    sweep()
    for _ in range(batches):
        token = uuid.uuid4()
        if not lease(token):
            break
        if not _deliver_batch(token, total):
            break
    beat_heart("deliver_messages", str(total))
    return total


def sweep() -> int:
    """Settle what a killed worker left: leased rows are queued again, rows marked `sending` are unconfirmed."""
    now = timezone.now()
    Message.objects.filter(state=MessageState.QUEUED, expires_at__lt=now).update(state=MessageState.EXPIRED)
    stale = Message.objects.filter(leased_until__lt=now)
    freed = stale.filter(state=MessageState.LEASED).update(state=MessageState.QUEUED, lease=None, leased_until=None)
    again = now + timedelta(seconds=settings.MESSAGE_RESEND_SECONDS)
    unknown = stale.filter(state=MessageState.SENDING).update(
        state=MessageState.UNCONFIRMED, lease=None, leased_until=None, send_after=again, error="the worker was lost"
    )
    return freed + unknown


def due(now: Any) -> Q:
    """Queued and due, or unconfirmed and not yet sent a second time."""
    return Q(send_after__lte=now) & (Q(state=MessageState.QUEUED) | Q(state=MessageState.UNCONFIRMED, resent=False))


def lease(token: uuid.UUID) -> int:
    """Take up to MESSAGE_BATCH due rows for ourselves. The conditional update decides who has a row."""
    now = timezone.now()
    ids = list(
        Message.objects.filter(due(now))
        .order_by("send_after", "pk")
        .values_list("pk", flat=True)[: settings.MESSAGE_BATCH]
    )
    until = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    free = Message.objects.filter(due(now), pk__in=ids)
    second = free.filter(state=MessageState.UNCONFIRMED)
    taken = second.update(state=MessageState.LEASED, lease=token, leased_until=until, resent=True)
    return taken + free.filter(state=MessageState.QUEUED).update(
        state=MessageState.LEASED, lease=token, leased_until=until
    )


def _deliver_batch(token: uuid.UUID, total: Delivered) -> bool:
    """Send the rows of one lease. False when the server cannot be reached: the rows go back to the queue."""
    mine = Message.objects.filter(lease=token, state=MessageState.LEASED)
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        total.later += _give_back(mine, error)
        return False
    try:
        for message in mine.order_by("pk"):
            if not _reopened(connection):
                total.later += _give_back(mine, OSError("connection lost"))
                return False
            _send_one(connection, message, token, total)
    finally:
        connection.close()
    return True


def _reopened(connection: Any) -> bool:
    """True when the connection is open; after a lost one, a new one."""
    try:
        connection.open()
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _give_back(mine: Any, error: Exception) -> int:
    """Nothing was sent: queue the rows again for a little later."""
    logger.warning("mail server not reached, %s messages wait: %s", mine.count(), error)
    later = timezone.now() + timedelta(seconds=60)
    return mine.update(
        state=MessageState.QUEUED, lease=None, leased_until=None, send_after=later, error=f"mail server: {error}"[:500]
    )


def _send_one(connection: Any, message: Message, token: uuid.UUID, total: Delivered) -> None:
    now = timezone.now()
    until = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    own = Message.objects.filter(pk=message.pk, lease=token)
    marked = own.filter(state=MessageState.LEASED, leased_until__gte=now)
    if not marked.update(state=MessageState.SENDING, leased_until=until, attempts=F("attempts") + 1):
        return  # the lease ran out and somebody else has the row
    message.attempts += 1
    try:
        connection.send_messages([as_mail(message, connection)])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        _refused(own, message, code, text, total)
    except smtplib.SMTPResponseException as error:
        _refused(own, message, error.smtp_code, error.smtp_error, total)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        _unknown(own, message, error, total)
    else:
        total.sent += 1
        _settle(own, message, MessageState.SENT, "", sent_at=timezone.now())


def _refused(own: Any, message: Message, code: int, text: bytes | str, total: Delivered) -> None:
    """4xx: later, with growing pauses; 5xx, or too many tries: failed, for a person to see."""
    detail = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    if 400 <= code < 500 and message.attempts < settings.MESSAGE_MAX_ATTEMPTS:
        total.later += 1
        pause = timedelta(minutes=min(2**message.attempts, 240))
        _settle(own, message, MessageState.QUEUED, detail, send_after=timezone.now() + pause)
        return
    total.failed += 1
    logger.warning("message %s not sent: %s", message.key, detail)
    _settle(own, message, MessageState.FAILED, detail)


def _unknown(own: Any, message: Message, error: Exception, total: Delivered) -> None:
    total.unknown += 1
    logger.warning("message %s unconfirmed: %s", message.key, error)
    again = timezone.now() + timedelta(seconds=settings.MESSAGE_RESEND_SECONDS)
    _settle(own, message, MessageState.UNCONFIRMED, str(error) or type(error).__name__, send_after=again)


@transaction.atomic
def _settle(own: Any, message: Message, state: str, detail: str, **fields: Any) -> None:
    settled = own.filter(state=MessageState.SENDING)
    if settled.update(state=state, error=detail[:500], lease=None, leased_until=None, **fields):
        Delivery.objects.create(message_id=message.pk, at=timezone.now(), outcome=state, detail=detail[:300])


class OutboxMail(EmailMultiAlternatives):
    """A mail that knows the row it was made from."""

    row: Message | None = None


def as_mail(message: Message, connection: Any = None) -> OutboxMail:
    """The message as a mail: text with an HTML twin, and headers that other machines understand."""
    mail = OutboxMail(
        subject=message.subject,
        body=message.body,
        to=[message.to],
        connection=connection,
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated", "X-Cultivar-Kind": message.kind},
    )
    mail.row = message
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail
