"""The ledger of periodic mails: one row per kind, person and period, whatever restarts, fails or comes twice."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import F

from notifications.models import Digest, DigestState, Message, MessageKind

logger = logging.getLogger(__name__)


def claim(kind: str, recipient_id: int, period: str, **known: Any) -> int | None:
    """Take the right to make this mail; None where it was made already. For the caller's transaction: if making it
    fails, nothing was claimed. A row that failed before is taken up again."""
    values = {"state": DigestState.QUEUED, "error": "", **known}
    row, created = Digest.objects.get_or_create(kind=kind, recipient_id=recipient_id, period=period, defaults=values)
    if created:
        return row.pk
    failed = Digest.objects.filter(pk=row.pk, state=DigestState.FAILED)
    return row.pk if failed.update(**values, attempts=F("attempts") + 1) else None


def settle(ledger_id: int, key: str) -> None:
    """Name the message that the claimed row led to."""
    Digest.objects.filter(pk=ledger_id).update(message=Message.objects.get(key=key))


def note_failure(kind: str, recipient_id: int, period: str, error: Exception, **known: Any) -> None:
    """Keep that a mail could not be made and why; the next run tries again. Called from the `except` of its making."""
    logger.exception("%s %s of person %s not made", kind, period, recipient_id)
    values = {"state": DigestState.FAILED, "error": f"{type(error).__name__}: {error}"[:500], **known}
    row, created = Digest.objects.get_or_create(kind=kind, recipient_id=recipient_id, period=period, defaults=values)
    if not created:
        Digest.objects.filter(pk=row.pk, state=DigestState.FAILED).update(**values, attempts=F("attempts") + 1)


def morning_period(recipient_id: int, day: date) -> str:
    """The period of the next morning mail of that day: the failed one if there is one, else 2026-11-25, then +2, +3."""
    rows = Digest.objects.filter(kind=MessageKind.MORNING, recipient=recipient_id, period__startswith=day.isoformat())
    states = dict(rows.values_list("period", "state"))
    failed = sorted(period for period, state in states.items() if state == DigestState.FAILED)
    if failed:
        return failed[0]
    return f"{day}+{len(states) + 1}" if states else day.isoformat()


def common_path(paths: Iterable[str]) -> str:
    """The narrowest region that holds all of them: who may read about each may read the mail."""
    parts = [path.split("/")[:-1] for path in paths if path]
    shared = []
    for codes in zip(*parts, strict=False):
        if len(set(codes)) > 1:
            break
        shared.append(codes[0])
    return "".join(f"{code}/" for code in shared)
