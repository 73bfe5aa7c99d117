"""The jobs that are measured: items a second and peak memory. Each leaves the scratch database as it found it."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.benchmark.load import _code
from config.benchmark.measure import counted_statements, peak_memory, per_second
from crm.models import Import, Region
from crm.services.import_passes import process
from crm.services.import_reverts import revert_rows
from crm.tables import read_lines
from notifications.digests import send_period
from notifications.reminders import plan_reminders
from pipeline.models import Application
from pipeline.services.applications import move_application
from pipeline.workdays import iso_week

IMPORT_ROWS = (10_000, 100_000)
IMPORT_STAGES = {"preview": (False,), "import": (True,), "preview and import": (False, True)}
FAR = 50_000_000  # numbers of firms that no load reaches


class Undo(Exception):
    """Rolls a measured job back."""


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what happens inside."""
    with suppress(Undo), transaction.atomic():
        yield
        raise Undo


def measure(action: Callable[[], int]) -> dict[str, Any]:
    """Items a second, peak memory and SQL statements of a job."""
    with peak_memory() as peak, counted_statements() as seen:
        items, rate, cpu_rate = per_second(action)
    each = round(seen[0] * 1000 / items, 1) if items else 0.0
    rates = {"per_second": round(rate), "per_cpu_second": round(cpu_rate)}
    return rates | {"items": items, "peak_mib": round(peak.mib, 1), "statements_per_1000": each}


def measure_job(action: Callable[[], int]) -> dict[str, Any]:
    """A job measured and rolled back."""
    with undone():
        return measure(action)


def timed_job(action: Callable[[], int], *, prepare: Callable[[], object] | None = None) -> dict[str, Any]:
    """The figures of a job with the milliseconds of the whole; rolled back."""
    with undone():
        if prepare is not None:
            prepare()
        took: list[float] = []

        def run() -> int:
            start = time.perf_counter()
            items = action()
            took.append(time.perf_counter() - start)
            return items

        return measure(run) | {"ms": round(1000 * took[0], 1)}


def jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Each job by its name."""
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for rows in IMPORT_ROWS:
        for ending in ("csv", "xlsx"):
            for what, stages in IMPORT_STAGES.items():
                found[f"{what} {ending} {rows}"] = partial(_import, rows, ending, stages)
        found[f"read xlsx {rows}"] = partial(_read_alone, rows)
        found[f"wide import xlsx {rows}"] = partial(_import, rows, "xlsx", (True,), wide=True)
        found[f"take back {rows}"] = partial(_take_back, rows)
    found["weekly mail"] = lambda: measure_job(_gap_mails)
    found["plan reminders"] = lambda: measure_job(lambda: plan_reminders(today=_workday()))
    found["stage change"] = lambda: measure_job(_moves)
    return found


def _workday() -> date:
    from pipeline.selectors.calendar import work_calendar

    return work_calendar().on_or_after(timezone.localdate())


def _gap_mails() -> int:
    """The gap mail of this week for everybody posted to a region, made and queued."""
    today = timezone.localdate()
    return send_period(iso_week(today), today=today)


def _import(rows: int, ending: str, stages: tuple[bool, ...], *, wide: bool = False) -> dict[str, Any]:
    """An import as people do it: one row in a hundred is false, one comes twice, ten are known and change.

    `stages` says what is measured: the preview (False), the import (True), or both one after the other. `wide` has
    thirty columns instead of fourteen, figures of two years among them.
    """
    city = Region.objects.get(code="450800")
    with tempfile.TemporaryDirectory() as folder, undone():
        path = _files(Path(folder), rows, ending, city, wide=wide)

        def run() -> int:
            for apply in stages:
                counts = _process(path, city, apply=apply)
            assert counts == _expected(rows), counts
            return rows

        return measure(run)


def _files(folder: Path, rows: int, ending: str, city: Region, *, wide: bool = False) -> Path:
    """The file to import; what it changes is in the library already."""
    known, path = folder / "known.csv", folder / f"firms.{ending}"
    _write_csv(known, (_row(number, street="平南县旧街1号") for number in range(0, rows, 10)))
    _process(known, city, apply=True)
    more = WIDE if wide else {}
    lines = ([*_row(number), *more.values()] for number in range(rows))
    (_write_csv if ending == "csv" else _write_xlsx)(path, lines, [*HEADS, *more])
    return path


def _take_back(rows: int) -> dict[str, Any]:
    """The same import taken back, row by row."""
    city = Region.objects.get(code="450800")
    with tempfile.TemporaryDirectory() as folder, undone():
        path = _files(Path(folder), rows, "xlsx", city)
        _process(path, city, apply=True)
        batch = Import.objects.get(name=path.name, digest="")

        def run() -> int:
            counts = revert_rows(batch, actor=None)
            assert counts == {"done": 98 * (rows // 100), "refused": 0}, counts
            return rows

        return measure(run)


def _process(path: Path, city: Region, *, apply: bool) -> dict[str, int]:
    batch, _new = Import.objects.get_or_create(name=path.name, digest="", region=city, region_path=city.path)
    batch.rows_seen = 0
    with path.open("rb") as file:
        batch.counts = process(batch, file, apply=apply)
    batch.save(update_fields=["counts"])
    return batch.counts


def _expected(rows: int) -> dict[str, int]:
    hundreds = rows // 100
    return {"created": 88 * hundreds, "updated": 10 * hundreds, "unchanged": 0, "pending": 0, "refused": 2 * hundreds}


def _read_alone(rows: int) -> dict[str, Any]:
    """The limit of an xlsx import: the reader with nothing behind it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "firms.xlsx"
        _write_xlsx(path, (_row(number) for number in range(rows)))

        def read() -> int:
            with path.open("rb") as file:
                return sum(1 for _line in read_lines(file, path.name)) - 1

        return measure(read)


HEADS = ["企业名称", "统一社会信用代码", "注册日期", "企业类型", "法人代表", "注册资金", "经营范围", "所在省份", "地区"]
HEADS += ["注册地址", "联系人", "联系电话", "邮箱", "行业代码"]

WIDE = {
    "2023年销售收入(万元)": "120.5",
    "2024年销售收入(万元)": "150",
    "2023年研发费用(万元)": "6",
    "2024年研发费用(万元)": "9.25",
} | {f"备注{number}": "与上年相同" for number in range(12)}


def _row(number: int, street: str = "平南县平南镇乌江街５１８号") -> list[str]:
    code = _code(FAR + (number - 1 if number % 100 == 98 else number), "450821")
    if number % 100 == 99:
        code = code[:-1] + "I"
    name = f"基准{number}号企业有限公司"
    head = [name, code, "2015-03-01", "有限责任公司", "", "500(万元人民币)", "电子产品制造与销售", "广西", "贵港"]
    return [*head, street, f"联系人{number}", "0775-4200000", f"p{number}@bench.example", "C3983"]


def _write_csv(path: Path, rows: Iterable[list[str]], heads: list[str] = HEADS) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerow(heads)
        csv.writer(file).writerows(rows)


def _write_xlsx(path: Path, rows: Iterable[list[str]], heads: list[str] = HEADS) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for line, cells in enumerate(chain([heads], rows)):
        sheet.write_row(line, 0, cells)
    book.close()


def _moves(number: int = 300) -> int:
    """Stage changes through the one door, with events, deadlines and messages."""
    rows = Application.objects.filter(programme="high_tech", stage="library").select_related("firm", "round")
    return len([move_application(row, "diagnose", actor=None) for row in rows[:number]])
