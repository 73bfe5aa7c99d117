"""Writes what changed. Services call it; nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from crm.models import ChangeRecord, User


def change_records(
    row: Model, changes: Mapping[str, tuple[Any, Any]], *, actor: User | None, reason: str = "", path: str = ""
) -> list[ChangeRecord]:
    """One unsaved record for each `field: (old, new)`; for services that write many rows in one statement."""
    now = timezone.now()
    return [
        ChangeRecord(
            object_type=row._meta.label_lower,
            object_id=str(row.pk),
            region_path=path or getattr(row, "region_path", ""),
            field=field,
            old=shown(old),
            new=shown(new),
            actor=actor,
            reason=reason[:200],
            at=now,
        )
        for field, (old, new) in changes.items()
    ]


def record_changes(
    row: Model, changes: Mapping[str, tuple[Any, Any]], *, actor: User | None, reason: str = "", path: str = ""
) -> None:
    """Keep what changed, in the caller's transaction."""
    ChangeRecord.objects.bulk_create(change_records(row, changes, actor=actor, reason=reason, path=path))


def shown(value: Any) -> str:
    """A value as history shows it: people and regions by name, nothing as an empty string."""
    return "" if value is None else str(value)
