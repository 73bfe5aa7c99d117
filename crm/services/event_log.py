"""Writes what happened to a firm's name and place. Services that change these call it; nothing else does."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from crm.choices import FirmEventKind
from crm.models import Firm, FirmEvent, Import, Merge, Region, User


def renamed(
    firm: Firm, old: str, *, on: date, actor: User | None, document: str, **cause: Merge | Import | None
) -> FirmEvent:
    """An unsaved event: the firm bears its present name since that day. `cause` is the merge or the batch behind it."""
    return _event(firm, FirmEventKind.RENAMED, on, actor, document, before=old, after=firm.name, **cause)


def moved(
    firm: Firm, old: Region, *, on: date, actor: User | None, document: str, **cause: Merge | Import | None
) -> FirmEvent | None:
    """An unsaved event: the firm belongs to its present county since that day. None where nobody knew its county
    before: then nothing moved, somebody only said where it had been all along."""
    if old.is_city_or_above:
        return None
    words = {"before": old.name, "after": firm.region.name, "region_before": old, **cause}
    return _event(firm, FirmEventKind.MOVED, on, actor, document, **words)


def _event(firm: Firm, kind: FirmEventKind, on: date, actor: User | None, document: str, **words: Any) -> FirmEvent:
    words.setdefault("region_before", firm.region)
    return FirmEvent(
        firm=firm,
        kind=kind,
        on=on,
        actor=actor,
        document=document[:200],
        at=timezone.now(),
        region_after=firm.region,
        status_before=firm.status,
        status_after=firm.status,
        **words,
    )
