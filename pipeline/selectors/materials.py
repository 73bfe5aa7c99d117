"""The materials of an application as its checklist orders them, and the papers that a firm has already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from crm.models import Firm, User
from pipeline.choices import Acting, Phase, Turn
from pipeline.material_gate import checklist_for, must_be_complete, slot_label
from pipeline.material_kinds import REASONS, MaterialState, Reason, reasons_for
from pipeline.models import Application, Document, Material, MaterialFile
from pipeline.policy.materials import Checklist, Item

LOOK = {"missing": "", "pending": "soon", "accepted": "fine", "refused": "act", "expired": "act"}
ICONS = {
    "missing": "circle-dashed",
    "pending": "clock",
    "accepted": "circle-check",
    "refused": "circle-x",
    "expired": "calendar-x",
}


@dataclass(frozen=True)
class Slot:
    """One line of the list: an item, perhaps for a year, with what lies there and what was said of it."""

    item: Item
    year: int
    material: Material | None
    files: tuple[MaterialFile, ...]
    offers: tuple[Document, ...]

    @property
    def key(self) -> str:
        """Names the line in forms and addresses."""
        return f"{self.item.code}-{self.year}"

    @property
    def label(self) -> str:
        return slot_label(self.item, self.year)

    @property
    def good(self) -> list[MaterialFile]:
        return [place for place in self.files if not place.document.is_expired and place.document.scan != "infected"]

    @property
    def state(self) -> MaterialState:
        """As it stands today: what was refused stays so until something else is there."""
        if self.material is None or not self.files:
            return MaterialState.MISSING
        if self.material.state == MaterialState.REFUSED or self.good:
            return MaterialState(self.material.state)
        return (
            MaterialState.EXPIRED if any(place.document.is_expired for place in self.files) else MaterialState.MISSING
        )

    @property
    def look(self) -> str:
        return LOOK[self.state]

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def reasons(self) -> list[Reason]:
        """Why it was refused."""
        if self.material is None or self.state != MaterialState.REFUSED:
            return []
        return [REASONS[code] for code in self.material.reasons if code in REASONS]

    @property
    def choices(self) -> dict[str, Reason]:
        """The standard reasons that an officer may choose here."""
        return reasons_for(self.item.kind)

    @property
    def is_lacking(self) -> bool:
        """True when a notice must speak of it: required and not there, or there and not good."""
        if self.state == MaterialState.MISSING:
            return self.item.is_required or bool(self.files)
        return self.state in {MaterialState.REFUSED, MaterialState.EXPIRED}

    @property
    def may_change(self) -> bool:
        """What has been accepted stays as it is."""
        return self.state != MaterialState.ACCEPTED


@dataclass(frozen=True)
class MaterialList:
    """An application's list, and what the person who looks at it may do."""

    application: Application
    checklist: Checklist
    slots: tuple[Slot, ...]
    may_upload: bool
    may_decide: bool
    enforced: bool

    @property
    def lacking(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.is_lacking]

    @property
    def pending(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.state == MaterialState.PENDING]

    @property
    def accepted(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.state == MaterialState.ACCEPTED]

    @property
    def unsettled(self) -> list[Slot]:
        """What somebody still has to do something about, as the list orders it."""
        return [slot for slot in self.slots if slot.state != MaterialState.ACCEPTED]

    def slot(self, code: str, year: int) -> Slot | None:
        return next((slot for slot in self.slots if (slot.item.code, slot.year) == (code, year)), None)


def material_list(application: Application, hats: Iterable[str]) -> MaterialList | None:
    """The list for a person who wears these hats; None where the edition has no checklist. At most five queries."""
    checklist = checklist_for(application)
    if checklist is None:
        return None
    known = _materials(application)
    papers = list(_papers(application.firm))
    slots = [
        _slot(item, year, known.get((item.code, year)), papers)
        for item in checklist.items
        for year in item.years_for(application.year)
    ]
    hats = frozenset(hats)
    return MaterialList(
        application=application,
        checklist=checklist,
        slots=tuple(slots),
        may_upload=may_upload(application, hats),
        may_decide=Acting.OFFICER in hats and application.phase != Phase.CLOSED,
        enforced=must_be_complete(application),
    )


def may_upload(application: Application, hats: frozenset[str]) -> bool:
    """Officers while the application is open; the firm while it prepares and when it is its turn."""
    if application.phase in {Phase.CLOSED, Phase.RECOGNISED}:
        return False
    if Acting.OFFICER in hats:
        return True
    preparing = application.phase in {Phase.POOL, Phase.PREPARING}
    return Acting.FIRM in hats and (preparing or application.current.turn == Turn.FIRM)


def _materials(application: Application) -> dict[tuple[str, int], Material]:
    places = MaterialFile.objects.select_related("document", "document__uploaded_by")
    rows = application.materials.select_related("decided_by").prefetch_related(Prefetch("files", places))
    return {(row.item, row.year): row for row in rows}


def _papers(firm: Firm) -> QuerySet[Document]:
    return firm.documents.readable().filter(reusable=True).valid_on(timezone.localdate())  # type: ignore[attr-defined]


def _slot(item: Item, year: int, material: Material | None, papers: list[Document]) -> Slot:
    files = tuple(material.files.all()) if material else ()
    here = {place.document_id for place in files}
    fits = [paper for paper in papers if paper.kind == item.kind and paper.year == year and paper.pk not in here]
    fits = [paper for paper in fits if paper.file_name.rsplit(".", 1)[-1] in item.formats]
    return Slot(item, year, material, files, tuple(fits) if item.is_reusable else ())


@dataclass(frozen=True)
class Paper:
    """One document of the wallet with the applications that use it."""

    document: Document
    uses: tuple[Application, ...]


def wallet(firm: Firm) -> list[Paper]:
    """A firm's papers, newest first, each with where it is used. Three queries."""
    places = MaterialFile.objects.select_related("material__application")
    rows = firm.documents.select_related("uploaded_by").prefetch_related(Prefetch("uses", places))  # type: ignore[attr-defined]
    return [Paper(row, tuple(place.material.application for place in row.uses.all())) for row in rows[:200]]


def document_rows(user: User) -> QuerySet[Document]:
    return Document.objects.visible_to(user).select_related("firm", "uploaded_by").order_by("-uploaded_at", "-pk")
