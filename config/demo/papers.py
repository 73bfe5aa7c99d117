"""Papers of the invented firms: what they handed in, what was accepted, what was sent back, and one notice about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from config.demo.marks import mark
from crm.models import User
from pipeline.choices import Phase
from pipeline.material_kinds import MaterialState
from pipeline.models import Application, ChecklistStart, Document, Material, MaterialFile, MaterialNotice
from pipeline.selectors.materials import MaterialList, Slot, material_list
from pipeline.selectors.policies import edition_in_force
from pipeline.services.notices import notice_line
from pipeline.workflows import PROGRAMMES

PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"
MOST = 6  # applications with papers
OFFERED = {"business_licence", "rd_organisation"}  # in the wallet of the first firm, not yet used
REFUSED = {"rd_report": "no_ledger", "staff_statement": "inconsistent"}


def make_papers(applications: Iterable[Application], staff: dict[str, User]) -> None:
    """Pin the open applications to the edition in force, give some papers, put the checklists into force today."""
    today = timezone.localdate()
    open_ones = [row for row in applications if row.phase in {Phase.POOL, Phase.PREPARING, Phase.REVIEW}]
    path = next((row.region_path for row in open_ones), "")
    editions = {programme: edition_in_force(programme, path, today) for programme in PROGRAMMES}
    if not editions["high_tech"]:
        return
    for row in open_ones:
        row.edition = editions.get(row.programme)
    Application.objects.bulk_update(open_ones, ["edition"])
    missing = set(PROGRAMMES) - set(ChecklistStart.objects.values_list("programme", flat=True))
    starts = [ChecklistStart.objects.create(programme=programme, starts_on=today) for programme in sorted(missing)]
    mark(starts)
    busy = [row for row in open_ones if row.programme == "high_tech" and row.stage in {"returned", "formal", "prep"}]
    busy.sort(key=lambda row: (row.stage != "returned", row.pk))
    for place, row in enumerate(busy[:MOST]):
        _hand_in(row, staff, first=place == 0)


def _hand_in(application: Application, staff: dict[str, User], *, first: bool) -> None:
    found = material_list(application, ())
    assert found is not None
    for place, slot in enumerate(found.slots):
        if slot.item.is_required and slot.item.code != "no_accident" and (place % 5 or application.stage == "returned"):
            _put(application, slot, staff)
    if application.stage == "returned":
        _notify(application, staff)
    if first:
        for code in OFFERED:
            MaterialFile.objects.filter(material__application=application, material__item=code).delete()
            Material.objects.filter(application=application, item=code).delete()


def _put(application: Application, slot: Slot, staff: dict[str, User]) -> None:
    at = application.stage_since - timedelta(days=9)
    until = timezone.localdate() + timedelta(days=400) if slot.item.validity == "until" else None
    name = f"{slot.item.label_zh}{slot.year or ''}.pdf".replace("（", "").replace("）", "")
    document = Document(
        firm=application.firm,
        kind=slot.item.kind,
        year=slot.year,
        label=slot.item.label_zh,
        size=len(PAPER),
        valid_until=until,
        reusable=slot.item.is_reusable,
        uploaded_by=staff["officer"],
        uploaded_at=at,
    )
    document.file.save(f"demo/{name}", ContentFile(PAPER), save=False)
    document.save()
    judged: dict[str, Any] = {"state": MaterialState.PENDING}
    if application.stage == "returned":
        code = REFUSED.get(slot.item.code)
        judged = {"state": MaterialState.REFUSED, "reasons": [code]} if code else {"state": MaterialState.ACCEPTED}
        judged |= {"decided_by": staff["officer"], "decided_at": application.stage_since}
    material = Material.objects.create(application=application, item=slot.item.code, year=slot.year, **judged)
    MaterialFile.objects.create(material=material, document=document, added_by=staff["officer"], added_at=at)


def _notify(application: Application, staff: dict[str, User]) -> None:
    """The notice that went out with the return."""
    found: MaterialList | None = material_list(application, ())
    assert found is not None
    due = application.deadlines.filter(kind="correction_due", closed_at=None).first()
    MaterialNotice.objects.create(
        application=application,
        number=1,
        items=[notice_line(slot) for slot in found.lacking],
        looked_at=[slot.key for slot in found.slots if slot.item.is_required],
        due_on=due.due_on if due else timezone.localdate(application.stage_since) + timedelta(days=7),
        returned=True,
        sent_by=staff["officer"],
        at=application.stage_since,
    )
