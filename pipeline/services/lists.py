"""Official lists: taken in, compared with the firms we know, and decided on line by line. Confirming is next door."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import ways_up
from crm.errors import DomainError, InvalidInput, RowChanged
from crm.identifiers import Unreadable, credit_code
from crm.models import Firm, Region, User
from crm.placing import Gazetteer
from crm.published.files import MAX_BYTES, READERS, published_lines
from crm.published.matching import Match, Standing, Twice, match, with_lookalikes
from crm.published.rows import CERTIFICATE, REGISTRATION, Listed, read_list
from crm.selectors.register import lookalikes, register_for
from crm.services.firms import create_firm, require_writer
from crm.services.history import record_changes
from crm.services.jobs import Progress, handles, start_job
from pipeline.choices import Title
from pipeline.listing import ListKind, ListType
from pipeline.models import OfficialList, OfficialListRow
from pipeline.models.lists import ListState, RowResult

BATCH = 500
NONE_OF_THESE = "none"
KEPT_REMARKS = 20


def upload_list(
    content: bytes,
    *,
    file_name: str,
    kind: ListType,
    name: str,
    published_on: date,
    region: Region,
    actor: User | None,
    document: str = "",
    valid_until: date | None = None,
) -> OfficialList:
    """Keep a published list and start to read it. Raises InvalidInput with every reason."""
    require_writer(actor, region.path)
    if reasons := _problems(content, file_name, kind, name, published_on, valid_until):
        raise InvalidInput(*reasons)
    made = OfficialList(
        name=name.strip()[:200],
        programme=kind.programme,
        kind=kind.kind,
        stage=kind.stage,
        document=document.strip(),
        published_on=published_on,
        valid_until=valid_until,
        file_name=file_name[-200:],
        digest=hashlib.sha256(content).hexdigest(),
        region=region,
        region_path=region.path,
        actor=actor,
    )
    made.file.save(f"{made.digest[:16]}{Path(file_name).suffix.lower()}", ContentFile(content), save=False)
    with transaction.atomic():
        made.save()
        title = _("读取名单 {name}").format(name=made.name)
        made.job = start_job("official_list.read", title=title[:120], actor=actor, params={"list": made.pk})
        made.save(update_fields=["job"])
        record_changes(made, {"state": ("", file_name)}, actor=actor)
    return made


def _problems(
    content: bytes, file_name: str, kind: ListType, name: str, published_on: date, valid_until: date | None
) -> list[str]:
    reasons = []
    if not name.strip():
        reasons.append(_("请填写名单名称"))
    if published_on > timezone.localdate():
        reasons.append(_("发布日期不能晚于今天"))
    if valid_until and kind.kind != ListKind.RECOGNISED:
        reasons.append(_("只有认定 / 备案名单才有有效期"))
    elif valid_until and valid_until < published_on:
        reasons.append(_("有效期至 {until} 早于发布日期 {day}").format(until=valid_until, day=published_on))
    if not content.strip():
        reasons.append(_("文件是空的；请重新选择文件或粘贴名单文字"))
    if len(content) > MAX_BYTES:
        reasons.append(_("文件超过 {limit} MB；请拆分后上传").format(limit=MAX_BYTES >> 20))
    ending = Path(file_name).suffix.lower()
    if ending not in READERS:
        reason = _("不支持“{ending}”格式；请上传 xlsx、xls、csv、docx、pdf 或 txt 文件，或直接粘贴名单文字")
        reasons.append(reason.format(ending=ending or file_name))
    return reasons


@handles("official_list.read")
def _read(progress: Progress) -> dict[str, int]:
    """Read the kept file and compare it; a run that was killed begins again."""
    found = OfficialList.objects.select_related("region").get(pk=progress.job.params["list"])
    if found.state == ListState.READY:
        return {"rows": found.rows.count()}
    try:
        with found.file.open("rb") as file:
            reading = read_list(published_lines(cast(BinaryIO, file), found.file_name))
    except DomainError as error:
        OfficialList.objects.filter(pk=found.pk).update(state=ListState.FAILED, error="\n".join(error.reasons))
        raise
    found.rows.all().delete()
    progress.beat(total=len(reading.rows))
    done = 0
    for rows in compare(reading.rows, found):
        with transaction.atomic():
            done += len(rows)
            progress.beat(done=done)  # first, so that a run that was taken for dead writes nothing
            OfficialListRow.objects.bulk_create(rows)
    remarks = reading.skipped[:KEPT_REMARKS]
    OfficialList.objects.filter(pk=found.pk).update(state=ListState.READY, skipped=remarks)
    return {"rows": done}


def compare(rows: Sequence[Listed], found: OfficialList) -> Iterator[list[OfficialListRow]]:
    """The lines with what each means, 500 at a time: three queries a batch, and one walk where names are unknown."""
    twice, here, stream = Twice(), _Here(found.region), iter(rows)
    while batch := list(islice(stream, BATCH)):
        matches = [twice.check(row, match) for row, match in zip(batch, _matches(batch, found, here), strict=True)]
        yield [_row(found, row, match) for row, match in zip(batch, matches, strict=True)]


class _Here:
    """Whether a place written in a list can be within a region. Two queries at the start."""

    def __init__(self, region: Region) -> None:
        own = Region.objects.within(region).values_list("name", "short_name")
        self.names = {name for names in own for name in names}
        self.above = set(Region.objects.filter(path__in=ways_up(region.path)[1:]).values_list("name", flat=True))

    def excludes(self, place: str) -> bool:
        return bool(place) and place not in self.above and not any(name in place for name in self.names)


def _matches(batch: list[Listed], found: OfficialList, here: _Here) -> list[Match]:
    register = register_for(batch, found.region_path)
    matches = [match(row, register) for row in batch]
    unsure = []
    for row, result in zip(batch, matches, strict=True):
        if result.standing == Standing.UNKNOWN and here.excludes(row.place):
            result.standing = Standing.ELSEWHERE
        elif row.name and not row.code and not result.candidates and result.firm is None:
            unsure.append((row, result))  # a valid code that we do not know is another firm, whatever its name
    if unsure:
        alike = lookalikes([row.name for row, _match in unsure], found.region_path)
        for (_listed, result), firms in zip(unsure, alike, strict=True):
            with_lookalikes(result, firms)
    return matches


def _row(found: OfficialList, row: Listed, result: Match) -> OfficialListRow:
    return OfficialListRow(
        official_list=found,
        line=row.line,
        raw=row.raw,
        name=row.name,
        credit_code=row.code,
        number=row.number,
        place=row.place,
        granted_on=row.granted,
        region_path=result.firm.path if result.firm else found.region_path,
        standing=result.standing,
        offered=result.standing,
        reasons=[*result.reasons, *_number_doubts(found.type, row.number)],
        candidates=[
            {"firm": one.firm.pk, "credit_code": one.firm.credit_code, "name": one.firm.name, "why": one.why}
            for one in result.candidates
        ],
        firm_id=result.firm.pk if result.firm else None,
    )


def _number_doubts(kind: ListType, number: str) -> list[str]:
    """A number of an unusual shape is kept as it is, and told."""
    shapes: dict[tuple[str, Title], re.Pattern[str]] = {
        ("high_tech", Title.CERTIFICATE): CERTIFICATE,
        ("tech_sme", Title.REGISTRATION): REGISTRATION,
    }
    shape = shapes.get((kind.programme, kind.title)) if kind.title else None
    if not number or shape is None or shape.fullmatch(number):
        return []
    return [_("编号 {number} 的格式与常见的不同，请核对").format(number=number)]


@transaction.atomic
def decide(row: OfficialListRow, *, choice: str, actor: User) -> OfficialListRow:
    """Say which firm a line means (its credit code), that it is none of ours, or "" to leave it open again."""
    _require_decider(row, actor)
    if row.offered == Standing.DUPLICATE:
        raise InvalidInput(_("名单内重复的行不需要决定"))
    firm, standing = None, Standing.UNKNOWN
    if choice not in {"", NONE_OF_THESE}:
        firm, standing = _chosen(row, choice, actor), Standing.MATCHED
    elif not choice:
        standing = Standing(row.offered)
        if standing == Standing.MATCHED:
            raise InvalidInput(_("请选择企业，或判为未在库"))
    before = row.firm
    _settle(row, firm=firm, standing=standing, actor=actor)
    record_changes(row.official_list, {f"line.{row.line}": (before, firm or standing.label)}, actor=actor)
    return row


def _require_decider(row: OfficialListRow, actor: User) -> None:
    require_writer(actor, row.region_path)
    if row.official_list.state != ListState.READY:
        raise RowChanged(_("名单还在读取中，请稍后再试"))


def _chosen(row: OfficialListRow, choice: str, actor: User) -> Firm:
    try:
        code = credit_code(choice)
    except Unreadable as error:
        raise InvalidInput(error) from None
    within = Firm.objects.visible_to(actor).filter(region_path__under=row.official_list.region_path)
    firm = within.filter(credit_code=code).first()
    if firm is None:
        raise InvalidInput(_("企业库中没有代码为 {code} 的本辖区企业").format(code=code))
    return firm


def _settle(row: OfficialListRow, *, firm: Firm | None, standing: Standing, actor: User) -> None:
    """Write the decision unless the line was carried out meanwhile, or another line means the same firm."""
    values: dict[str, Any] = {
        "firm": firm,
        "standing": standing,
        "region_path": firm.region_path if firm else row.official_list.region_path,
        "decided_by": actor,
    }
    open_rows = OfficialListRow.objects.filter(pk=row.pk).exclude(result=RowResult.DONE)
    try:
        with transaction.atomic():
            changed = open_rows.update(**values)
    except IntegrityError:
        other = OfficialListRow.objects.get(official_list=row.official_list_id, firm=firm)
        raise InvalidInput(_("“{name}”已对应第 {line} 行").format(name=firm, line=other.line)) from None
    if not changed:
        raise RowChanged(_("这一行已经办理，不能改判；请先撤销"))
    for name, value in values.items():
        setattr(row, name, value)


@transaction.atomic
def add_to_library(row: OfficialListRow, *, actor: User) -> Firm:
    """Add a firm that the list recognises and we never tracked. Raises InvalidInput where its code is not valid."""
    _require_decider(row, actor)
    if row.standing != Standing.UNKNOWN or row.firm_id:
        raise RowChanged(_("这一行已有对应企业，请刷新查看"))
    region = row.official_list.region
    gazetteer = Gazetteer.of(region, Region.objects.all())
    place = cast(Region, gazetteer.place(address=row.place, credit_code=row.credit_code))
    firm = create_firm(code=row.credit_code, name=row.name, region=place, actor=actor)
    record_changes(firm, {"name": ("", firm.name)}, actor=actor, reason=row.official_list.reason)
    _settle(row, firm=firm, standing=Standing.MATCHED, actor=actor)
    return firm
