"""Remembers which rows the demonstration city made, and removes those and only those."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q

from crm.models import ChangeRecord, DemoRow, DownloadLog, Export, Import
from notifications.models import Attachment, MailTemplate, Message
from pipeline.models import Document, HandOver, MaterialNotice, RoundVersion, StageEvent, UndoneMove
from pipeline.services.tallies import entries_changed, firms_changed, fold_counts

ORDER = [
    "pipeline.count",
    "pipeline.quota",
    "pipeline.snapshot",
    "pipeline.publishedtotal",
    "pipeline.qualityrule",
    "pipeline.round",
    "pipeline.checkliststart",
    "notifications.bounce",
    "notifications.mailtopic",
    "pipeline.ladder",
    "pipeline.contactrule",
    "crm.job",
    "crm.firm",
    "crm.tag",
    "notifications.channel",
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
    HandOver.objects.filter(Q(giver__in=users) | Q(receiver__in=users) | Q(decided_by__in=users)).delete()
    Export.objects.filter(owner__in=users).delete()
    for batch in Import.objects.filter(actor__in=users):
        batch.file.delete(save=False)
        batch.refused.delete(save=False)
        batch.delete()
    Message.objects.filter(channel__in=marks["notifications.channel"]).delete()
    wording = MailTemplate.objects.filter(by__in=users)
    wording._raw_delete(wording.db)
    for label in ("pipeline.recognition", "pipeline.application"):
        apps.get_model(label).objects.filter(firm__in=firms).delete()
    removed = 0
    for label in ORDER:
        removed += apps.get_model(label).objects.filter(pk__in=marks[label]).delete()[0]
    Attachment.objects.filter(messages=None, mails=None).delete()
    DemoRow.objects.all().delete()
    firms_changed(firms)
    entries_changed(marks["pipeline.count"])
    fold_counts()
    return removed


def _ids(label: str):
    return DemoRow.objects.filter(model=label).values_list("object_id", flat=True)
