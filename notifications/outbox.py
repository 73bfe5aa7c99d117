"""The outbox: queue a message once, deliver it, and know what became of it.

A row is leased by a conditional update, marked `sending` just before it leaves, and settled by what the server said
(`settling.py`). Silence, or a killed worker, leaves it `unconfirmed`: it is sent once more under the same Message-ID,
because a lost notice harms a firm more than a double.
"""

from __future__ import annotations

import logging
import smtplib
import time
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from crm.files import content_type
from crm.patience import patiently
from crm.services.jobs import beat_heart
from notifications.bounces import hold_back, note_bounce
from notifications.copies import repeat_by_channels
from notifications.envelopes import headers_of, reply_to, with_foot
from notifications.leavers import withdraw_from_leavers
from notifications.marking import quick_marks
from notifications.models import Channel, Message, MessageState, Way
from notifications.preferences import mails_wanted, wants
from notifications.sending import ChannelConnection, NotReached
from notifications.settling import Delivered, Ledger, sweep

logger = logging.getLogger(__name__)

OPEN_STATES = [MessageState.QUEUED, MessageState.LEASED, MessageState.SENDING, MessageState.UNCONFIRMED]
HINT_SECONDS = 5.0  # a morning's thousand urgent rows ask for one run
_hinted_at = -HINT_SECONDS


def enqueue(*, key: str, subject: str, body: str, to: str = "", **fields: Any) -> bool:
    """Add a message unless its key exists already. Returns True when it was added.

    Without an address, or where its holder wants no mail of this kind, it stays in the site to be read there. A new one
    goes to the group robots and telephones that it concerns as well.
    """
    values = {
        "to": to,
        "subject": subject[:200],
        "body": body,
        "send_after": timezone.now(),
        "message_id": f"<{uuid.uuid4().hex}@{settings.SITE_HOST}>",
        **fields,
    }
    if "state" not in values:
        person = values.get("recipient_id") or getattr(values.get("recipient"), "pk", None)
        values["state"] = state_for(to, person, values["kind"], statutory=values.get("statutory", False))
    message, created = Message.objects.get_or_create(key=key, defaults=values)
    if created:
        repeat_by_channels([message])
        if values.get("urgent") and values["state"] == MessageState.QUEUED:
            transaction.on_commit(hint, robust=True)
    return created


def state_for(to: str, person: int | None, kind: str, *, statutory: bool) -> MessageState:
    """Queued where there is an address whose holder takes mails of this kind, else in the site. At most two queries."""
    if not to:
        return MessageState.IN_APP
    if person:
        wanted = wants(person, kind, Way.MAIL, statutory=statutory)
    else:
        wanted = bool(mails_wanted([to], kind, statutory=statutory))
    return MessageState.QUEUED if wanted else MessageState.IN_APP


def hint() -> None:
    """Tell the queue that something urgent waits; whoever is not heard is heard by the next run of the clock."""
    global _hinted_at
    if time.monotonic() - _hinted_at < HINT_SECONDS:
        return
    _hinted_at = time.monotonic()
    from notifications.tasks import deliver_messages  # the task module imports this one

    try:
        deliver_messages.apply_async(expires=60)
    except Exception as error:
        logger.warning("urgent messages wait for the clock, the broker is away: %s", error)


def deliver_messages() -> Delivered:
    """Send what is due for at most MESSAGE_RUN_SECONDS. Any number of runs at once share the work.

    Mails go first, over one connection, then each channel by itself and a few rows at a time: one that is dead or slow
    holds up no other. While the database is away it is asked again; what was sent meanwhile and cannot be settled is
    found by the sweep.
    """
    total, ends = Delivered(), time.monotonic() + settings.MESSAGE_RUN_SECONDS
    patiently(sweep)
    patiently(hold_back)
    patiently(withdraw_from_leavers)
    connection = get_connection()
    try:
        with quick_marks():
            while time.monotonic() < ends and _deliver_batch(total, connection):
                pass
    finally:
        connection.close()
    for channel in patiently(channels_due):
        if time.monotonic() < ends:
            _deliver_batch(total, ChannelConnection(channel), channel=channel)
    patiently(lambda: beat_heart("deliver_messages", str(total)))
    return total


def due(now: Any) -> Q:
    """Queued and due, or unconfirmed and not yet sent a second time."""
    open_states = Q(state__in=OPEN_STATES)  # as the partial index has it, so that it is used
    waits = Q(state=MessageState.QUEUED) | Q(state=MessageState.UNCONFIRMED, resent=False)
    return Q(send_after__lte=now) & open_states & waits


def channels_due() -> list[Channel]:
    """The channels in use that have something to send."""
    waiting = Message.objects.filter(due(timezone.now()), channel=OuterRef("pk"))
    return list(Channel.objects.filter(Exists(waiting), active=True).order_by("pk"))


@transaction.atomic
def lease(token: uuid.UUID, *, channel: Channel | None = None) -> int:
    """Take due rows of the mail, or of one channel, for ourselves. The conditional update decides who has a row."""
    now = timezone.now()
    size = settings.MESSAGE_BATCH if channel is None else settings.CHANNEL_BATCH
    waiting = Message.objects.filter(due(now), channel=channel).order_by("send_after", "pk")
    ids = list(waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:size])
    until = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    second = Case(When(state=MessageState.UNCONFIRMED, then=Value(True)), default=F("resent"))
    free = Message.objects.filter(due(now), pk__in=ids)
    return free.update(state=MessageState.LEASED, lease=token, leased_until=until, resent=second) if ids else 0


def _deliver_batch(total: Delivered, connection: Any, *, channel: Channel | None = None) -> bool:
    """Lease some rows and send them. False when there are none, or the other side cannot be reached."""
    token = uuid.uuid4()
    if not patiently(lambda: lease(token, channel=channel)):
        return False
    ledger = Ledger(token)
    rows = (
        ledger.mine.filter(state=MessageState.LEASED)
        .select_related("recipient", "application__officer", "attachment")
        .order_by("pk")
    )
    try:
        for message in patiently(lambda: list(rows)):
            try:
                connection.open()
            except (OSError, smtplib.SMTPException) as error:
                total.later += ledger.give_back(error)
                return False
            if ledger.mark(message):
                _send_one(connection, message, ledger, total)
    finally:
        ledger.close()
    return True


def _send_one(connection: Any, message: Message, ledger: Ledger, total: Delivered) -> None:
    try:
        connection.send_messages([as_mail(message, connection)])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        ledger.refused(message, code, text, total)
        if code >= 500:
            patiently(lambda: note_bounce(message, code, readable(text)))
    except smtplib.SMTPResponseException as error:
        ledger.refused(message, error.smtp_code, error.smtp_error, total)
    except NotReached as error:
        connection.close()
        ledger.put_off(message, f"not reached: {error}", timedelta(seconds=settings.MESSAGE_DELIVER_SECONDS), total)
    except ValueError as error:  # a header that cannot be written: no server saw it, and none will take it
        ledger.refused(message, 554, str(error), total)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        ledger.unknown(message, error, total)
    else:
        total.sent += 1
        ledger.settle(message, MessageState.SENT, sent_at=timezone.now())


def readable(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


class OutboxMail(EmailMultiAlternatives):
    """A mail that knows the row it was made from."""

    row: Message | None = None

    def message(self) -> Any:  # type: ignore[override]
        """With a boundary of our own: to make sure of one, Python searches all the text for each mail."""
        built = super().message()
        if built.is_multipart():
            built.set_boundary(uuid.uuid4().hex)
        return built


def as_mail(message: Message, connection: Any = None) -> OutboxMail:
    """The message as a mail: text with an HTML twin, and headers that other machines understand."""
    text, html = with_foot(message)
    mail = OutboxMail(
        subject=message.subject,
        body=text,
        to=[message.to],
        reply_to=reply_to(message),
        connection=connection,
        headers=headers_of(message),
    )
    mail.row = message
    if html:
        mail.attach_alternative(html, "text/html")
    if message.attachment:
        mail.attach(message.attachment.name, bytes(message.attachment.content), content_type(message.attachment.name))
    return mail
