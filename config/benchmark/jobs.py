"""The jobs that are measured: items a second and peak memory. Each leaves the scratch database as it found it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.benchmark.load import _code
from config.benchmark.measure import peak_memory, per_second
from crm.models import Import, Region
from crm.services import imports
from notifications.models import Message
from notifications.outbox import deliver_messages, enqueue
from notifications.reminders import plan_reminders
from pipeline.models import Application
from pipeline.services.applications import move_application
from pipeline.services.metrics import compile_metrics

IMPORT_ROWS = (10_000, 100_000)
FAR = 50_000_000  # numbers of firms that no load reaches


class Undo(Exception):
    """Rolls a measured job back."""


def measure_job(action: Callable[[], int]) -> dict[str, Any]:
    """Items a second and peak memory of a job, rolled back at the end."""
    result: dict[str, Any] = {}
    try:
        with transaction.atomic():
            with peak_memory() as peak:
                rate, items = per_second(action)
            result = {"per_second": round(rate), "items": items, "peak_mib": round(peak.mib, 1)}
            raise Undo
    except Undo:
        return result


def jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Each job by its name."""
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for rows in IMPORT_ROWS:
        found[f"import csv {rows}"] = lambda rows=rows: _import(rows, "csv")  # type: ignore[misc]
        found[f"import xlsx {rows}"] = lambda rows=rows: _import(rows, "xlsx")  # type: ignore[misc]
    found["compile"] = lambda: measure_job(lambda: compile_metrics())
    found["plan reminders"] = lambda: measure_job(lambda: plan_reminders(today=_workday()))
    found["deliver"] = lambda: measure_job(_deliver)
    found["stage change"] = lambda: measure_job(_moves)
    return found


def _workday() -> date:
    from pipeline.selectors.calendar import work_calendar

    return work_calendar().on_or_after(timezone.localdate())


def _import(rows: int, ending: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"firms.{ending}"
        (_write_csv if ending == "csv" else _write_xlsx)(path, rows)
        city = Region.objects.get(code="450800")

        def run() -> int:
            batch = Import.objects.create(name=path.name, digest=str(rows), region=city, region_path=city.path)
            with path.open("rb") as file:
                counts = imports.process(batch, file, apply=True)
            assert counts["created"] == rows - rows // 100, counts
            return rows

        return measure_job(run)


HEADS = ["企业名称", "统一社会信用代码", "注册日期", "企业类型", "法人代表", "注册资金", "经营范围", "所在省份", "地区"]
HEADS += ["注册地址", "联系人", "联系电话", "邮箱", "行业代码"]


def _row(number: int) -> list[str]:
    code = _code(FAR + number, "450821")
    if number % 100 == 99:
        code = code[:-1] + "I"  # one row in a hundred is refused
    name = f"基准{number}号企业有限公司"
    head = [name, code, "2015-03-01", "有限责任公司", "", "500(万元人民币)", "电子产品制造与销售", "广西", "贵港"]
    return [*head, "平南县平南镇乌江街５１８号", f"联系人{number}", "0775-4200000", f"p{number}@bench.example", "C3983"]


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows(_row(number) for number in range(rows))


def _write_xlsx(path: Path, rows: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for line, cells in enumerate([HEADS, *(_row(number) for number in range(rows))]):
        sheet.write_row(line, 0, cells)
    book.close()


def _deliver(number: int = 2000) -> int:
    Message.objects.filter(state="queued").update(state="in_app")
    for index in range(number):
        enqueue(key=f"bench:{index}", kind="reminder", to=f"p{index}@bench.example", subject="题", body="文")
    return deliver_messages().sent


def _moves(number: int = 300) -> int:
    """Stage changes through the one door, with events, deadlines and messages."""
    rows = Application.objects.filter(programme="high_tech", stage="library").select_related("firm", "round")
    return len([move_application(row, "diagnose", actor=None) for row in rows[:number]])
