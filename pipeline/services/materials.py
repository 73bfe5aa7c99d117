"""Every write of a firm's papers: uploaded, used again, taken off, scanned, asked for from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import ScanState
from crm.errors import DomainError, InvalidInput, NotAllowed
from crm.files import file_problems, keep_file
from crm.models import User
from crm.scanner import scanner
from crm.services.history import record_changes
from pipeline.access import acting_role
from pipeline.errors import MaterialRefused
from pipeline.material_gate import checklist_for, slot_label
from pipeline.material_kinds import MaterialState
from pipeline.models import Application, ChecklistStart, Document, Material, MaterialFile
from pipeline.policy.materials import Item
from pipeline.selectors.materials import may_upload
from pipeline.workflows import PROGRAMMES


@dataclass
class Uploaded:
    """What became of several files: the kept ones, and every reason why the others were not."""

    kept: list[Document] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def item_of(application: Application, code: str, year: int) -> Item:
    """The item of a line of the list. Raises MaterialRefused when there is no such line."""
    checklist = checklist_for(application)
    item = checklist.item(code) if checklist else None
    if item is None or year not in item.years_for(application.year):
        raise MaterialRefused(_("本次申报的材料清单没有这一项；请刷新后再试"))
    return item


def require_uploader(application: Application, actor: User | None) -> None:
    """Raise unless this person may put papers into this application now."""
    hats = acting_role(actor, application).hats
    if actor is None or may_upload(application, hats):
        return
    if not hats:
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))
    turn = application.current.turn.label
    raise MaterialRefused(_("现在由{turn}办理，不能更改材料；退回补正后可以上传").format(turn=turn))


def upload_files(
    application: Application,
    code: str,
    year: int,
    files: Sequence[File],
    *,
    actor: User | None,
    valid_until: date | None = None,
) -> Uploaded:
    """Keep the good ones of several files for one item; the others are named with every reason.

    What had been refused is replaced by the first good one. Raises when nothing may be uploaded here at all.
    """
    require_uploader(application, actor)
    item = item_of(application, code, year)
    if not files:
        raise InvalidInput(_("请选择要上传的文件"))
    done = Uploaded()
    for file in files:
        reasons = [*_format_problems(file, item), *_day_problems(valid_until, item)]
        reasons = reasons or file_problems(file)
        scan = ScanState.UNSCANNED if reasons else scanner().scan(file)
        if scan == ScanState.INFECTED:
            reasons.append(_("“{name}”含有病毒，没有保存；请查杀后重新上传").format(name=file.name))
        if reasons:
            done.reasons += [reason for reason in reasons if reason not in done.reasons]
            continue
        try:
            done.kept.append(_keep(application, item, year, file, scan, actor=actor, valid_until=valid_until))
        except DomainError as error:
            done.reasons += error.reasons
    return done


def _format_problems(file: File, item: Item) -> list[str]:
    ending = (file.name or "").rsplit(".", 1)[-1].lower().replace("jpeg", "jpg")
    if ending in item.formats:
        return []
    known = _("、").join(item.formats)
    text = _("“{name}”的格式不适用于“{item}”；可上传：{known}")
    return [text.format(name=file.name, item=item.label, known=known)]


def _day_problems(valid_until: date | None, item: Item) -> list[str]:
    if valid_until is None or item.validity != "until" or valid_until >= timezone.localdate():
        return []
    return [_("有效期至 {day} 已经过去；请上传在有效期内的材料").format(day=valid_until.isoformat())]


@transaction.atomic
def _keep(
    application: Application,
    item: Item,
    year: int,
    file: File,
    scan: str,
    *,
    actor: User | None,
    valid_until: date | None,
) -> Document:
    document = Document(
        firm=application.firm,
        kind=item.kind,
        year=year,
        label=item.label_zh,
        size=file.size or 0,
        valid_until=valid_until if item.validity == "until" else None,
        reusable=item.is_reusable,
        scan=scan,
        uploaded_by=actor,
        uploaded_at=timezone.now(),
    )
    keep_file(document.file, file)
    try:
        document.save()
        _place(application, item, year, document, actor)
    except DomainError:
        document.file.delete(save=False)  # the row goes with the transaction, the file would stay
        raise
    return document


@transaction.atomic
def reuse_document(
    application: Application, code: str, year: int, document: Document, *, actor: User | None
) -> Material:
    """Put a paper that the firm has already into an item. Raises MaterialRefused with every reason."""
    require_uploader(application, actor)
    item = item_of(application, code, year)
    reasons = []
    if document.firm_id != application.firm_id:
        reasons.append(_("该材料属于另一家企业"))
    if (document.kind, document.year) != (item.kind, year) or not (document.reusable and item.is_reusable):
        reasons.append(_("“{name}”不能用于“{item}”").format(name=document, item=slot_label(item, year)))
    if document.is_expired:
        day = document.valid_until.isoformat() if document.valid_until else ""
        reasons.append(_("“{name}”已于 {day} 过期；请上传新的材料").format(name=document, day=day))
    if not document.is_readable:
        reasons.append(_("“{name}”未通过病毒扫描，不能使用").format(name=document))
    if reasons:
        raise MaterialRefused(*reasons)
    return _place(application, item, year, document, actor)


def _place(application: Application, item: Item, year: int, document: Document, actor: User | None) -> Material:
    """Lay a document into its place: the item waits for a decision again, and what was refused leaves."""
    material, _new = Material.objects.get_or_create(application=application, item=item.code, year=year)
    before = material.state
    free = Material.objects.filter(pk=material.pk, version=material.version)
    if before == MaterialState.ACCEPTED and not has_lapsed(material):
        raise MaterialRefused(_("“{item}”已通过，不需要再上传").format(item=slot_label(item, year)))
    said: dict[str, Any] = {
        "state": MaterialState.PENDING,
        "reasons": [],
        "note": "",
        "decided_by": None,
        "decided_at": None,
    }
    if not free.update(**said, version=F("version") + 1):
        raise MaterialRefused(_("“{item}”刚被他人更改，请刷新后再试").format(item=slot_label(item, year)))
    if before in {MaterialState.REFUSED, MaterialState.ACCEPTED}:
        material.files.all().delete()
    MaterialFile.objects.get_or_create(
        material=material, document=document, defaults={"added_by": actor, "added_at": timezone.now()}
    )
    changes: dict[str, tuple[Any, Any]] = {"file": ("", document.file_name)}
    if before != MaterialState.PENDING:
        changes["state"] = (before, MaterialState.PENDING)
    record_changes(material, changes, actor=actor, reason=item.code, path=application.region_path)
    material.refresh_from_db()
    return material


def has_lapsed(material: Material) -> bool:
    """True when nothing that lies in the place is valid any more."""
    documents = [place.document for place in material.files.select_related("document")]
    return all(paper.is_expired or paper.scan == ScanState.INFECTED for paper in documents)


@transaction.atomic
def take_off(place: MaterialFile, *, actor: User | None) -> None:
    """Take a document off an item; it stays among the firm's papers. Raises MaterialRefused once it was decided."""
    material = place.material
    require_uploader(material.application, actor)
    item = item_of(material.application, material.item, material.year)
    left = material.files.exclude(pk=place.pk).exists()
    state = MaterialState.PENDING if left else MaterialState.MISSING
    waiting = Material.objects.filter(pk=material.pk, state=MaterialState.PENDING, version=material.version)
    if not waiting.update(state=state, version=F("version") + 1):
        text = _("“{item}”已经审过，不能移除；需要更换的，退回补正后重新上传")
        raise MaterialRefused(text.format(item=slot_label(item, material.year)))
    changes = {"file": (place.document.file_name, "")}
    record_changes(material, changes, actor=actor, reason=item.code, path=material.application.region_path)
    place.delete()


@transaction.atomic
def set_start(programme: str, starts_on: date | None, *, actor: User) -> None:
    """Say from which day on applications of a programme must be complete; None takes the demand away."""
    if programme not in PROGRAMMES:
        raise InvalidInput(_("没有代码为“{programme}”的计划").format(programme=programme))
    row = ChecklistStart.objects.filter(programme=programme).first()
    before = row.starts_on if row else None
    if before == starts_on:
        return
    if starts_on is None:
        assert row is not None
        record_changes(row, {"starts_on": (before, None)}, actor=actor)
        row.delete()
        return
    said = {"starts_on": starts_on, "set_by": actor}
    row, _new = ChecklistStart.objects.update_or_create(programme=programme, defaults=said)
    record_changes(row, {"starts_on": (before, starts_on)}, actor=actor)


PATIENCE = 3  # files without an answer, after which the scanner is taken for away


def scan_waiting(*, most: int = 200) -> int:
    """Ask the scanner again about files that came while it was silent. Returns how many it has settled."""
    settled = silent = 0
    # In no order: a file that the scanner never answers for must not stand before all others.
    for document in Document.objects.filter(scan=ScanState.WAITING).order_by("?")[:most]:
        try:
            with document.file.open("rb") as file:
                said = scanner().scan(file)
        except FileNotFoundError:
            continue
        if said == ScanState.WAITING:
            silent += 1
            if silent == PATIENCE:
                break
            continue
        settled += Document.objects.filter(pk=document.pk, scan=ScanState.WAITING).update(scan=said)
    return settled
