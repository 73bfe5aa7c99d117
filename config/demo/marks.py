"""Remembers which rows the demonstration city made, and removes those and only those."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q

from crm.models import ChangeRecord, DemoRow, DownloadLog
from pipeline.models import Document, MaterialNotice, RoundVersion, StageEvent, UndoneMove

ORDER = [
    "pipeline.count",
    "pipeline.quota",
    "pipeline.snapshot",
    "pipeline.round",
    "pipeline.checkliststart",
    "crm.firm",
    "crm.user",
]


def mark(rows: Sequence[Model]) -> None:
    """Note rows as the demonstration's own."""
    DemoRow.objects.bulk_create(
        [DemoRow(model=row._meta.label_lower, object_id=row.pk) for row in rows], ignore_conflicts=True
    )


@transaction.atomic
def clear() -> int:
    """Remove the demonstration city: its firms with all that hangs on them, its people, targets and rounds.

    History is append-only for everybody else; here it goes with the firms that it tells of.
    """
    marks = {label: list(_ids(label)) for label in ORDER}
    firms, users = marks["crm.firm"], marks["crm.user"]
    events = StageEvent.objects.filter(Q(application__firm__in=firms) | Q(actor__in=users))
    UndoneMove.objects.filter(event__in=events).delete()
    events._raw_delete(events.db)
    records = ChangeRecord.objects.filter(actor__in=users)
    records._raw_delete(records.db)
    versions = RoundVersion.objects.filter(actor__in=users)
    versions._raw_delete(versions.db)
    notices = MaterialNotice.objects.filter(Q(application__firm__in=firms) | Q(sent_by__in=users))
    notices._raw_delete(notices.db)
    for paper in Document.objects.filter(firm__in=firms):
        paper.file.delete(save=False)
    taken = DownloadLog.objects.filter(actor__in=users)
    taken._raw_delete(taken.db)
    for label in ("pipeline.recognition", "pipeline.application"):
        apps.get_model(label).objects.filter(firm__in=firms).delete()
    removed = 0
    for label in ORDER:
        removed += apps.get_model(label).objects.filter(pk__in=marks[label]).delete()[0]
    DemoRow.objects.all().delete()
    return removed


def _ids(label: str):
    return DemoRow.objects.filter(model=label).values_list("object_id", flat=True)
