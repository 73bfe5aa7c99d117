"""Takes a file of firms or facts in: check it row by row, then apply it, chunk by chunk and safe to resume."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import ImportState, RowOutcome
from crm.columns import Layout, find_layout
from crm.errors import DomainError, InvalidInput, RowChanged
from crm.identifiers import name_key
from crm.judging import Judge, Library, Verdict
from crm.memory import few_collections
from crm.models import ChangeRecord, Contact, Fact, Firm, FormerName, Import, ImportRow, Region, User
from crm.placing import Gazetteer
from crm.rows import ParsedRow, parse_row
from crm.services.firms import require_writer
from crm.services.history import change_records
from crm.services.jobs import Progress, handles, start_job
from crm.signals import firm_moved
from crm.tables import Line, read_lines

CHUNK = 1000
MAX_BYTES = 60 * 2**20
FIRM_FIELDS = [
    "name",
    "name_key",
    "region",
    "region_path",
    "registered_on",
    "firm_type",
    "legal_representative",
    "capital_amount",
    "capital_currency",
    "industry",
    "business_scope",
    "address",
    "version",
    "updated_at",
]
Sink = Callable[[list[Verdict]], None]


def upload(file: BinaryIO, *, name: str, region: Region, actor: User | None) -> Import:
    """Keep an uploaded file and start its check. Raises InvalidInput when it is empty or too large."""
    require_writer(actor, region.path)
    batch = keep_file(file, name=name, region=region, actor=actor)
    with transaction.atomic():
        batch.job = start_job(
            "import.check", title=_("预检 {name}").format(name=name), actor=actor, params={"import": batch.pk}
        )
        batch.state = ImportState.CHECKING
        batch.save(update_fields=["job", "state"])
    return batch


def keep_file(file: BinaryIO, *, name: str, region: Region, actor: User | None) -> Import:
    """Store the file under its digest, privately."""
    digest = hashlib.sha256()
    size = 0
    while block := file.read(1 << 20):
        digest.update(block)
        size += len(block)
    file.seek(0)
    if not size:
        raise InvalidInput(_("文件是空的；请重新选择文件"))
    if size > MAX_BYTES:
        raise InvalidInput(_("文件超过 {limit} MB；请拆分后上传").format(limit=MAX_BYTES >> 20))
    batch = Import(name=name[:200], digest=digest.hexdigest(), region=region, region_path=region.path, actor=actor)
    batch.file.save(f"{batch.digest[:16]}-{name[-80:]}", File(file), save=False)
    batch.save()
    return batch


@transaction.atomic
def confirm(batch: Import, *, actor: User | None) -> None:
    """Apply a checked import in the background; every row is judged again against what then holds."""
    require_writer(actor, batch.region_path)
    checked = Import.objects.filter(pk=batch.pk, state=ImportState.CHECKED)
    if not checked.update(state=ImportState.APPLYING, rows_seen=0):
        raise RowChanged(_("该导入已在进行或已完成，请刷新查看"))
    job = start_job(
        "import.apply", title=_("导入 {name}").format(name=batch.name), actor=actor, params={"import": batch.pk}
    )
    Import.objects.filter(pk=batch.pk).update(job=job)


@transaction.atomic
def decide(batch: Import, *, line: int, decision: str, actor: User | None) -> None:
    """Say what to do with a pending row: take it in as another firm, or leave it out."""
    require_writer(actor, batch.region_path)
    if decision not in {"create", "skip", ""}:
        raise InvalidInput(_("请选择“作为新企业导入”或“不导入”"))
    rows = ImportRow.objects.filter(batch=batch, line=line, outcome=RowOutcome.PENDING)
    if batch.state != ImportState.CHECKED or not rows.update(decision=decision):
        raise RowChanged(_("该行已不在待定状态，请刷新查看"))


def apply_now(batch: Import, *, sink: Sink | None = None) -> dict[str, int]:
    """Apply a kept file at once, in this process: what the command does. Raises UnreadableFile."""
    Import.objects.filter(pk=batch.pk).update(state=ImportState.APPLYING)
    return _carry_out(batch, apply=True, over=ImportState.DONE, sink=sink)


@handles("import.check")
def _check(progress: Progress) -> dict[str, int]:
    return _run(progress, apply=False, over=ImportState.CHECKED)


@handles("import.apply")
def _apply(progress: Progress) -> dict[str, int]:
    return _run(progress, apply=True, over=ImportState.DONE)


def _run(progress: Progress, *, apply: bool, over: str) -> dict[str, int]:
    batch = Import.objects.select_related("region").get(pk=progress.job.params["import"])
    beat = partial(_beat, progress)
    return _carry_out(batch, apply=apply, over=over, beat=beat)


def _beat(progress: Progress, done: int, refused: int) -> None:
    progress.beat(done=done, refused=refused)


def _carry_out(batch: Import, *, apply: bool, over: str, **hooks: Any) -> dict[str, int]:
    """Process the kept file and settle the import's state, whichever way it ends."""
    try:
        with batch.file.open("rb") as file:
            counts = process(batch, cast(BinaryIO, file), apply=apply, **hooks)
    except DomainError as error:
        Import.objects.filter(pk=batch.pk).update(state=ImportState.FAILED, error="\n".join(error.reasons))
        raise
    Import.objects.filter(pk=batch.pk).update(state=over, counts=counts, finished_at=timezone.now())
    return counts


@few_collections()
def process(
    batch: Import,
    file: BinaryIO,
    *,
    apply: bool,
    store: bool = True,
    beat: Callable[[int, int], None] | None = None,
    sink: Sink | None = None,
) -> dict[str, int]:
    """Judge every row and, with `apply`, carry it out. Returns the count of each outcome.

    Each chunk of 1,000 rows is one transaction that also moves `rows_seen` on, so a killed run resumes where it
    stopped. With `store=False` nothing at all is written. Raises UnreadableFile.
    """
    layout, lines = find_layout(read_lines(file, batch.name))
    gazetteer = Gazetteer.of(batch.region, Region.objects.all())
    judge = Judge(gazetteer, by_year="year" in layout.fields)
    decisions = dict(batch.rows.exclude(decision="").values_list("line", "decision")) if batch.pk else {}
    counts: Counter[str] = Counter({outcome.value: 0 for outcome in RowOutcome})
    resumed = batch.rows_seen if store else 0
    for rows in _chunks(lines, layout):
        if rows[-1].line <= resumed:
            for row in rows:
                judge.note(row)
            continue
        with transaction.atomic():
            if apply:
                _take_turn()
            library = Library.holding(rows, lock=apply)
            verdicts = [judge.judge(row, library, decision=decisions.get(row.line, "")) for row in rows]
            if apply:
                _write(verdicts, batch, library)
            if store:
                _keep_rows(batch, verdicts)
                Import.objects.filter(pk=batch.pk).update(rows_seen=rows[-1].line)
        counts.update(verdict.outcome.value for verdict in verdicts)
        if sink:
            sink(verdicts)
        if beat:
            beat(sum(counts.values()), counts[RowOutcome.REFUSED])
    return _stored_counts(batch) if store and resumed else dict(counts)


def _take_turn() -> None:
    """One import writes a chunk at a time: what the next one judges is what this one left. Others are not kept."""
    list(Region.objects.select_for_update(no_key=True).filter(parent=None).values_list("pk"))


def _stored_counts(batch: Import) -> dict[str, int]:
    counts = Counter({outcome.value: 0 for outcome in RowOutcome})
    counts.update(batch.rows.values_list("outcome", flat=True).iterator())
    return dict(counts)


def _chunks(lines: Iterable[Line], layout: Layout) -> Iterator[list[ParsedRow]]:
    this_year = timezone.localdate().year
    rows = (row for line in lines if (row := parse_row(line, layout, this_year=this_year)))
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _keep_rows(batch: Import, verdicts: list[Verdict]) -> None:
    rows = [
        ImportRow(
            batch=batch,
            line=verdict.row.line,
            raw=verdict.row.raw,
            outcome=verdict.outcome,
            reasons=verdict.reasons,
            changes=verdict.changes,
            firm=verdict.firm if verdict.firm and verdict.firm.pk else None,
        )
        for verdict in verdicts
    ]
    ImportRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["batch", "line"],
        update_fields=["raw", "outcome", "reasons", "changes", "firm"],
    )


def _write(verdicts: list[Verdict], batch: Import, library: Library) -> None:
    """Carry out what the verdicts say, a fixed number of statements a chunk."""
    wanted = [verdict for verdict in verdicts if verdict.outcome in {RowOutcome.CREATED, RowOutcome.UPDATED}]
    _write_firms(wanted)
    _write_facts(wanted, batch)
    _write_people(wanted)
    records = [record for verdict in wanted for record in _history(verdict, batch)]
    ChangeRecord.objects.bulk_create(records, batch_size=CHUNK)
    for verdict in wanted:
        if "region" in verdict.firm_changes:
            firm_moved.send(sender=Firm, firm=verdict.firm)


def _write_firms(verdicts: list[Verdict]) -> None:
    touched: dict[str, Firm] = {}
    now = timezone.now()
    for verdict in verdicts:
        firm = verdict.firm
        assert firm is not None
        for name, (_old, new) in verdict.firm_changes.items():
            setattr(firm, name, new)
        if verdict.firm_changes:
            firm.version += 1
            firm.name_key, firm.region_path = name_key(firm.name), firm.region.path
        if verdict.firm_changes or firm.pk is None:
            firm.updated_at = now
            touched[firm.credit_code] = firm
    Firm.objects.bulk_create(
        touched.values(), update_conflicts=True, unique_fields=["credit_code"], update_fields=FIRM_FIELDS
    )


def _write_facts(verdicts: list[Verdict], batch: Import) -> None:
    facts: dict[tuple[Any, ...], Fact] = {}
    words, now = _("导入 {name} 第 {line} 行"), timezone.now()
    for verdict in verdicts:
        evidence = words.format(name=batch.name, line=verdict.row.line)[:200]
        for (year, code, basis, source), (_old, value) in verdict.fact_changes.items():
            facts[(verdict.row.credit_code, year, code, basis, source)] = Fact(
                firm=verdict.firm,
                year=year,
                code=code,
                basis=basis,
                source=source,
                value=value,
                evidence=evidence,
                entered_by_id=batch.actor_id,
                entered_at=now,
            )
    Fact.objects.bulk_create(
        facts.values(),
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["firm", "year", "code", "basis", "source"],
        update_fields=["value", "evidence", "entered_by", "entered_at"],
    )


def _write_people(verdicts: list[Verdict]) -> None:
    today = timezone.localdate()
    former = [
        FormerName(firm=verdict.firm, name=verdict.former_name, name_key=name_key(verdict.former_name), until_on=today)
        for verdict in verdicts
        if verdict.former_name
    ]
    FormerName.objects.bulk_create(former, ignore_conflicts=True)
    contacts: dict[tuple[str, str], Contact] = {}
    for verdict in verdicts:
        if verdict.contact is not None and verdict.contact_changes:
            verdict.contact.firm = verdict.firm  # type: ignore[assignment]
            for name, (_old, new) in verdict.contact_changes.items():
                setattr(verdict.contact, name, new)
            contacts[(verdict.row.credit_code, verdict.contact.name)] = verdict.contact
    Contact.objects.bulk_create(
        contacts.values(), update_conflicts=True, unique_fields=["firm", "name"], update_fields=["phone", "email"]
    )


def _history(verdict: Verdict, batch: Import) -> Iterator[ChangeRecord]:
    if verdict.outcome != RowOutcome.UPDATED or verdict.firm is None:
        return
    reason = _("导入 {name} 第 {line} 行").format(name=batch.name, line=verdict.row.line)
    changes = dict(verdict.firm_changes)
    changes |= {":".join(map(str, key)): pair for key, pair in verdict.fact_changes.items()}
    changes |= {f"contact.{name}": pair for name, pair in verdict.contact_changes.items()}
    yield from change_records(verdict.firm, changes, actor=batch.actor, reason=reason)
