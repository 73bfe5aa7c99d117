"""Takes a file of firms or facts in: upload, check row by row, decide, apply, in the background and safe to resume."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import DECISIONS, ImportState, JobState, Undone
from crm.errors import DomainError, InvalidInput, RowChanged
from crm.headings import Meaning
from crm.models import Import, ImportMapping, ImportRow, Job, Region, User
from crm.services.firms import require_writer
from crm.services.import_files import keep_refused
from crm.services.import_mappings import layout_said
from crm.services.import_passes import Sink, process, stored_counts
from crm.services.import_reverts import revert_rows
from crm.services.jobs import Cancelled, Progress, handles, on_cancel, start_job

MAX_BYTES = 60 * 2**20
MOST_ROWS = 100_000
OVER = (JobState.FAILED, JobState.CANCELLED)


def upload(file: BinaryIO, *, name: str, region: Region, actor: User | None) -> Import:
    """Keep an uploaded file and start its check. Raises InvalidInput when it is empty or too large."""
    require_writer(actor, region.path)
    batch = keep_file(file, name=name, region=region, actor=actor)
    _start(batch, "import.check", _("预检 {name}"), ImportState.CHECKING, Q(state=ImportState.UPLOADED), actor)
    return batch


def keep_file(
    file: BinaryIO, *, name: str, region: Region, actor: User | None, mapping: ImportMapping | None = None
) -> Import:
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
    batch = Import(name=name[:200], region=region, region_path=region.path, actor=actor, mapping=mapping)
    batch.digest = digest.hexdigest()
    batch.file.save(f"{batch.digest[:16]}-{name[-80:]}", File(file), save=False)
    batch.save()
    return batch


@transaction.atomic
def say_columns(
    batch: Import,
    *,
    sheet: str,
    header_line: int,
    height: int,
    meanings: Mapping[int, Meaning],
    mapping: ImportMapping | None = None,
    actor: User | None,
) -> None:
    """Check the file anew with what a person said of its columns. Raises InvalidInput with every reason."""
    require_writer(actor, batch.region_path)
    layout = layout_said(batch, header_line=header_line, height=height, meanings=meanings)
    _check_anew(batch, actor, sheet=sheet, layout=layout.as_dict(), mapping=mapping, looked=batch.looked)


@transaction.atomic
def look_again(batch: Import, *, sheet: str, actor: User | None) -> None:
    """Check another sheet of the file, with the columns as they are known by themselves."""
    require_writer(actor, batch.region_path)
    if sheet and sheet not in batch.looked.get("sheets", ()):
        raise InvalidInput(_("工作簿里没有可见的工作表“{sheet}”").format(sheet=sheet))
    _check_anew(batch, actor, sheet=sheet, layout={}, mapping=None, looked=batch.looked)


def _check_anew(batch: Import, actor: User | None, **said: Any) -> None:
    settled = Q(state__in=[ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED])
    settled |= Q(state=ImportState.CHECKING, job__state__in=OVER)
    _start(
        batch,
        "import.check",
        _("预检 {name}"),
        ImportState.CHECKING,
        Q(confirmed_at=None) & settled,
        actor,
        rows_seen=0,
        counts={},
        choices={},
        error="",
        refused="",
        **said,
    )
    batch.rows.all().delete()


@transaction.atomic
def confirm(batch: Import, *, actor: User | None) -> None:
    """Apply a checked import in the background; every row is judged again against what then holds."""
    require_writer(actor, batch.region_path)
    wanted = Q(state=ImportState.CHECKED)
    given = {"rows_seen": 0, "confirmed_at": timezone.now()}
    _start(batch, "import.apply", _("导入 {name}"), ImportState.APPLYING, wanted, actor, **given)


@transaction.atomic
def go_on(batch: Import, *, actor: User | None) -> None:
    """Go on with an import that was cancelled or failed half-way, where it stopped."""
    require_writer(actor, batch.region_path)
    stopped = Q(state__in=[ImportState.CANCELLED, ImportState.FAILED])
    stopped |= Q(state=ImportState.APPLYING, job__state__in=OVER)
    wanted = Q(confirmed_at__isnull=False) & stopped & ~Q(rows__undone=Undone.DONE)
    _start(batch, "import.apply", _("导入 {name}"), ImportState.APPLYING, wanted, actor, error="")


@transaction.atomic
def revert(batch: Import, *, actor: User | None) -> None:
    """Take an import back in the background, row by row; rows that could not be taken back before are tried again."""
    require_writer(actor, batch.region_path)
    over = [ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED, ImportState.REVERTED]
    held = Q(state__in=[ImportState.APPLYING, ImportState.REVERTING], job__state__in=OVER)
    wanted = Q(confirmed_at__isnull=False) & (Q(state__in=over) | held)
    _start(batch, "import.revert", _("撤销导入 {name}"), ImportState.REVERTING, wanted, actor, error="")
    batch.rows.filter(undone=Undone.REFUSED).update(undone=Undone.NO, undo_reasons=[])


@transaction.atomic
def _start(batch: Import, kind: str, title: str, state: str, wanted: Q, actor: User | None, **given: Any) -> None:
    """Move the import on where it still stands as wanted, and queue the job. Raises RowChanged."""
    stands = Import.objects.filter(wanted, pk=batch.pk).values_list("state", flat=True).first()
    if stands is None or not Import.objects.filter(pk=batch.pk, state=stands).update(state=state, **given):
        raise RowChanged(_("该导入已在进行或已完成，请刷新查看"))
    job = start_job(kind, title=title.format(name=batch.name)[:120], actor=actor, params={"import": batch.pk})
    Import.objects.filter(pk=batch.pk).update(job=job)
    for name, value in {"state": state, "job": job, **given}.items():
        setattr(batch, name, value)


@transaction.atomic
def decide(batch: Import, *, line: int, decision: str, actor: User | None) -> None:
    """Say what to do with one row."""
    require_writer(actor, batch.region_path)
    row = ImportRow.objects.filter(batch=batch, line=line).first()
    _require_decision(row.outcome if row else "", decision)
    still = Import.objects.filter(pk=batch.pk, state=ImportState.CHECKED).select_for_update()
    if row is None or not still or not ImportRow.objects.filter(pk=row.pk).update(decision=decision):
        raise RowChanged(_("该行已不在待定状态，请刷新查看"))


@transaction.atomic
def decide_all(batch: Import, *, outcome: str, decision: str, actor: User | None) -> None:
    """Say what to do with all rows of an outcome; what was decided of single rows of it is forgotten."""
    require_writer(actor, batch.region_path)
    _require_decision(outcome, decision)
    held = Import.objects.select_for_update().get(pk=batch.pk)
    if held.state != ImportState.CHECKED:
        raise RowChanged(_("该导入已在进行或已完成，请刷新查看"))
    batch.choices = {**held.choices, outcome: decision}
    Import.objects.filter(pk=batch.pk).update(choices=batch.choices)
    batch.rows.filter(outcome=outcome).exclude(decision="").update(decision="")


def _require_decision(outcome: str, decision: str) -> None:
    possible = DECISIONS.get(outcome, ())
    if not possible:
        raise InvalidInput(_("这一类行不需要决定"))
    if decision and decision not in possible:
        names = "、".join(str(each.label) for each in possible)
        raise InvalidInput(_("请在这些决定中选择：{names}").format(names=names))


def apply_now(batch: Import, *, sink: Sink | None = None) -> dict[str, int]:
    """Apply a kept file at once, in this process: what the command does. Raises UnreadableFile."""
    Import.objects.filter(pk=batch.pk).update(state=ImportState.APPLYING, confirmed_at=timezone.now())
    return _carry_out(batch, apply=True, over=ImportState.DONE, sink=sink)


@handles("import.check")
def _check(progress: Progress) -> dict[str, int]:
    return _run(progress, apply=False, over=ImportState.CHECKED, most=MOST_ROWS)


@handles("import.apply")
def _apply(progress: Progress) -> dict[str, int]:
    return _run(progress, apply=True, over=ImportState.DONE)


@handles("import.revert")
def _revert(progress: Progress) -> dict[str, int]:
    batch = Import.objects.select_related("region").get(pk=progress.job.params["import"])
    undone = revert_rows(batch, actor=progress.job.actor, beat=partial(_beat, progress, 0))
    Import.objects.filter(pk=batch.pk).update(state=ImportState.REVERTED, undone=undone)
    return undone


@on_cancel("import.check")
@on_cancel("import.apply")
def _stopped(job: Job) -> None:
    """What is done stays; the import says that it was cancelled, with what it came to so far."""
    running = Import.objects.filter(job=job, state__in=[ImportState.CHECKING, ImportState.APPLYING])
    if running.update(state=ImportState.CANCELLED):
        batch = Import.objects.get(job=job)
        Import.objects.filter(pk=batch.pk).update(counts=stored_counts(batch) if batch.confirmed_at else {})


@on_cancel("import.revert")
def _revert_stopped(job: Job) -> None:
    Import.objects.filter(job=job, state=ImportState.REVERTING).update(state=ImportState.DONE)


def _run(progress: Progress, **given: Any) -> dict[str, int]:
    batch = Import.objects.select_related("region").get(pk=progress.job.params["import"])

    def beat(done: int, refused: int) -> None:
        height = batch.looked.get("height", 0) - batch.layout.get("header_line", 0)
        _beat(progress, height, done, refused)

    return _carry_out(batch, beat=beat, **given)


def _beat(progress: Progress, total: int, done: int, refused: int) -> None:
    progress.beat(done=done, refused=refused, **({"total": max(total, done)} if total else {}))


def _carry_out(batch: Import, *, apply: bool, over: str, **hooks: Any) -> dict[str, int]:
    """Process the kept file and settle the import's state, whichever way it ends."""
    try:
        with batch.file.open("rb") as file:
            counts = process(batch, cast(BinaryIO, file), apply=apply, **hooks)
        keep_refused(batch)
    except Cancelled:
        raise
    except Exception as error:
        known = error.reasons if isinstance(error, DomainError) else [_("导入中断；已写入的部分保留，可以继续或撤销")]
        Import.objects.filter(pk=batch.pk).update(state=ImportState.FAILED, error="\n".join(known))
        raise
    settled = {"state": over, "counts": counts, "skipped": batch.skipped, "refused": batch.refused}
    going_on = Import.objects.filter(pk=batch.pk).exclude(state=ImportState.CANCELLED)
    if not going_on.update(**settled, finished_at=timezone.now()):
        raise Cancelled
    return counts
