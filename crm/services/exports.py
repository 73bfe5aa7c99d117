"""Tables that leave the library: asked for with a reason, made in the background, kept some days, then logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import File
from django.db import transaction
from django.http import FileResponse, Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.access import may_export
from crm.choices import ExportColumns, ExportFormat, ExportKind
from crm.errors import InvalidInput, NotAllowed
from crm.files import keep_made_file
from crm.models import Export, Job, Region, User
from crm.services.downloads import hand_out_of_region
from crm.services.jobs import Progress, handles, start_job
from crm.sheets import WRITERS, Cell
from crm.signals import export_ready

KEPT = timedelta(days=7)
MOST = 200_000
BATCH = 1000  # rows read at a time: one round of statements each


@dataclass(frozen=True)
class Table:
    """What a kind of export consists of: the heads of its columns, and the rows of some keys that the owner may see."""

    heads: list[str]
    rows: Callable[[Sequence[int]], list[list[Cell]]]


Source = Callable[[Export], Table]
SOURCES: dict[str, Source] = {}


def exports(kind: str) -> Callable[[Source], Source]:
    """Register what makes the table of a kind; the rooms above know what their rows are."""

    def register(source: Source) -> Source:
        SOURCES[kind] = source
        return source

    return register


@transaction.atomic
def start_export(
    kind: str,
    keys: Sequence[int],
    *,
    region: Region,
    actor: User,
    reason: str,
    format: str = ExportFormat.XLSX,
    columns: str = ExportColumns.LIST,
    year: int = 0,
) -> Job:
    """Ask for a table of these rows. Raises NotAllowed, and InvalidInput with every reason."""
    if not may_export(actor, region.path):
        raise NotAllowed(_("当前身份不能导出；请联系本辖区的经办人员或管理员"))
    if reasons := _problems(keys, reason):
        raise InvalidInput(*reasons)
    keys = list(dict.fromkeys(keys))
    title = _("导出{what}（{count} 行）").format(what=ExportKind(kind).label, count=len(keys))
    job = start_job("export", title=title, actor=actor, params={}, total=len(keys))
    Export.objects.create(
        kind=kind,
        owner=actor,
        region=region,
        region_path=region.path,
        reason=" ".join(reason.split())[:200],
        format=format,
        columns=columns,
        year=year,
        selection=keys,
        job=job,
    )
    return job


def _problems(keys: Sequence[int], reason: str) -> list[str]:
    reasons = []
    if not keys:
        reasons.append(_("没有选择要导出的内容；请先勾选，或选择全部结果"))
    if len(keys) > MOST:
        reasons.append(_("一次最多导出 {most} 行，已选 {chosen} 行；请先筛选").format(most=MOST, chosen=len(keys)))
    if not reason.strip():
        reasons.append(_("请填写导出事由，事由与导出一并留存备查"))
    return reasons


@handles("export")
def make_export(progress: Progress) -> dict:
    """Write the file with what its owner may see at this moment. A run that was cut off begins anew."""
    export = Export.objects.select_related("owner").get(job=progress.job)
    with translation.override(export.owner.language), TemporaryDirectory() as folder:
        path = Path(folder) / f"{_file_stem(export)}.{export.format}"
        table = SOURCES[export.kind](export)
        rows = WRITERS[export.format](path, str(export.get_kind_display()), table.heads, _rows(progress, export, table))
        _settle(progress, export, path, rows)
    return {"export": export.pk, "rows": export.rows, "missing": export.missing}


def _file_stem(export: Export) -> str:
    return f"{export.get_kind_display()}-{timezone.localtime(export.asked_at):%Y%m%d-%H%M}"


def _rows(progress: Progress, export: Export, table: Table) -> Iterator[list[Cell]]:
    written, keys = 0, export.selection
    for start in range(0, len(keys), BATCH):
        rows = table.rows(keys[start : start + BATCH])
        yield from rows
        written += len(rows)
        progress.beat(done=written, refused=min(start + BATCH, len(keys)) - written)


def _settle(progress: Progress, export: Export, path: Path, rows: int) -> None:
    """Put the file into private storage, and tell its owner; a run that was taken for dead leaves nothing."""
    export.rows, export.missing, export.ready_at = rows, len(export.selection) - rows, timezone.now()
    export.expires_at = export.ready_at + KEPT
    with path.open("rb") as file:
        keep_made_file(export.file, File(file, name=path.name))
    try:
        with transaction.atomic():
            progress.beat()
            export.save(update_fields=["rows", "missing", "ready_at", "expires_at", "file"])
            export_ready.send(sender=Export, export=export)
    except BaseException:
        export.file.delete(save=False)
        raise


def hand_out_export(export: Export, *, actor: User) -> FileResponse:
    """The file, to who asked for it and may still export there. Raises Http404 when it is gone or not theirs."""
    if export.owner_id != actor.pk or not export.is_kept or not may_export(actor, export.region_path):
        raise Http404
    return hand_out_of_region(export, export.file, region=export.region, actor=actor)


def clear_exports() -> int:
    """Delete the files whose days are over; the rows stay and say who exported what, when and why. Returns how many."""
    over = Export.objects.filter(expires_at__lte=timezone.now()).exclude(file="").only("pk", "file")
    removed = 0
    for export in over.order_by("pk"):
        export.file.delete(save=False)
        removed += Export.objects.filter(pk=export.pk).exclude(file="").update(file="", selection=[])
    return removed
