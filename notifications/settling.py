"""What became of a row, written down: sent, refused, unknown, or given back untouched."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from crm.patience import patiently
from notifications.marking import write_down
from notifications.models import Delivery, Message, MessageState

logger = logging.getLogger(__name__)

SWEEP_AT_ONCE = 1000
SILENCES = 4  # a mail takes four answers of the server, each of which may take EMAIL_TIMEOUT
WORKER_LOST = "the worker was lost"


@dataclass
class Delivered:
    """What one run of the delivery did."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        return f"sent {self.sent}, later {self.later}, failed {self.failed}, unknown {self.unknown}"


@dataclass
class Settlement:
    """What is known of one row that was being sent."""

    message: Message
    state: str
    detail: str
    send_after: datetime | None = None
    sent_at: datetime | None = None

    def values(self) -> dict[str, Any]:
        """What the statements need."""
        return {
            "row": self.message.pk,
            "state": str(self.state),
            "error": self.detail[:500],
            "detail": self.detail[:300],
            "send_after": self.send_after,
            "sent_at": self.sent_at,
        }


class Ledger:
    """Writes down what becomes of the rows of one lease.

    The settlement of one row and the mark of the next are one transaction: whoever is killed leaves at most one row
    of which nobody knows whether it arrived.
    """

    def __init__(self, token: UUID) -> None:
        self.token = token
        self.mine = Message.objects.filter(lease=token)
        self._known: Settlement | None = None
        self._renew_at = time.monotonic() + settings.MESSAGE_LEASE_SECONDS / 2

    def mark(self, message: Message) -> bool:
        """Settle the row before, and mark this one as being sent. False when its lease ran out: others have it."""
        self._renew()
        now = timezone.now()
        until = now + timedelta(seconds=max(settings.MESSAGE_LEASE_SECONDS, SILENCES * settings.EMAIL_TIMEOUT))
        marked = self._write({"next": message.pk, "until": until})
        message.attempts += marked
        return marked

    def _renew(self) -> None:
        """A slow server must not cost us the rows that still wait for their turn."""
        if time.monotonic() > self._renew_at:
            until = timezone.now() + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
            waiting = self.mine.filter(state=MessageState.LEASED, leased_until__gte=timezone.now())
            patiently(lambda: waiting.update(leased_until=until))
            self._renew_at = time.monotonic() + settings.MESSAGE_LEASE_SECONDS / 2

    def settle(self, message: Message, state: str, detail: str = "", **fields: Any) -> None:
        """Know what became of the row that was marked; it is written with the mark of the next one."""
        self._known = Settlement(message, state, detail, **fields)

    def close(self) -> None:
        """Write down what is still open."""
        if self._known is not None:
            self._write({})

    def _write(self, mark: dict[str, Any]) -> bool:
        """Settle the row before, if there is one, together with the mark. It is harmless to do twice."""
        common = {"lease": self.token, "now": timezone.now()}
        known = self._known.values() if self._known else {}
        done = patiently(lambda: write_down(known and known | common, mark and mark | common))
        self._known = None
        return done

    def give_back(self, error: Exception) -> int:
        """Nothing of what is left was sent: queue it again for the next run. Returns how many rows."""
        self.close()
        later = timezone.now() + timedelta(seconds=min(60, settings.MESSAGE_DELIVER_SECONDS))
        waiting = self.mine.filter(state=MessageState.LEASED)
        values = {"state": MessageState.QUEUED, "lease": None, "leased_until": None, "send_after": later}
        number = patiently(lambda: waiting.update(**values, error=f"not reached: {error}"[:500]))
        logger.warning("not reached, %s messages wait: %s", number, error)
        return number

    # What the other side said -----------------------------------------------------------------------------------

    def refused(self, message: Message, code: int, text: bytes | str, total: Delivered) -> None:
        """4xx: later, with growing pauses; 5xx, or too many tries: failed, for a person to see."""
        detail = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        if 400 <= code < 500:
            self.put_off(message, detail, timedelta(minutes=min(2**message.attempts, 240)), total)
        else:
            self._failed(message, detail, total)

    def put_off(self, message: Message, detail: str, pause: timedelta, total: Delivered) -> None:
        """Certainly not sent: try again after a pause, but not for ever."""
        if message.attempts >= settings.MESSAGE_MAX_ATTEMPTS:
            self._failed(message, detail, total)
        else:
            total.later += 1
            self.settle(message, MessageState.QUEUED, detail, send_after=timezone.now() + pause)

    def _failed(self, message: Message, detail: str, total: Delivered) -> None:
        total.failed += 1
        logger.warning("message %s not sent: %s", message.key, detail)
        self.settle(message, MessageState.FAILED, detail)

    def unknown(self, message: Message, error: Exception, total: Delivered) -> None:
        """Silence: it may have arrived."""
        total.unknown += 1
        logger.warning("message %s unconfirmed: %s", message.key, error)
        again = timezone.now() + timedelta(seconds=settings.MESSAGE_RESEND_SECONDS)
        self.settle(message, MessageState.UNCONFIRMED, str(error) or type(error).__name__, send_after=again)


def sweep() -> int:
    """Settle what killed workers left: leased rows are queued again, rows marked `sending` are unconfirmed.

    A row that is found again and again is a dead letter in the end. Returns how many rows were settled.
    """
    now = timezone.now()
    Message.objects.filter(state=MessageState.QUEUED, expires_at__lt=now).update(state=MessageState.EXPIRED)
    stale = Message.objects.filter(leased_until__lt=now)
    held = stale.filter(state__in=[MessageState.LEASED, MessageState.SENDING])
    often = held.filter(swept__gte=settings.MESSAGE_MAX_SWEEPS)
    dead = _settle_all(often, MessageState.FAILED, f"{WORKER_LOST} {settings.MESSAGE_MAX_SWEEPS + 1} times")
    again = now + timedelta(seconds=settings.MESSAGE_RESEND_SECONDS)
    silent = stale.filter(state=MessageState.SENDING)
    unknown = _settle_all(silent, MessageState.UNCONFIRMED, WORKER_LOST, send_after=again)
    freed = {"state": MessageState.QUEUED, "lease": None, "leased_until": None, "swept": F("swept") + 1}
    return dead + unknown + stale.filter(state=MessageState.LEASED).update(**freed)


@transaction.atomic
def _settle_all(rows: QuerySet[Message], state: str, detail: str, **fields: Any) -> int:
    """Settle rows whose worker is gone, with a line in the history of each."""
    locked = rows.select_for_update(skip_locked=True).order_by("pk")
    ids = list(locked.values_list("pk", flat=True)[:SWEEP_AT_ONCE])
    if not ids:
        return 0
    values = {"state": state, "error": detail, "lease": None, "leased_until": None, "swept": F("swept") + 1}
    rows.filter(pk__in=ids).update(**values, **fields)
    _note(ids, state, detail)
    return len(ids)


def _note(ids: list[int], outcome: str, detail: str) -> None:
    now = timezone.now()
    Delivery.objects.bulk_create([Delivery(message_id=pk, at=now, outcome=outcome, detail=detail[:300]) for pk in ids])
