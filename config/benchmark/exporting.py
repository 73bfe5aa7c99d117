"""An export of every firm, beside its limit: the same workbook with nothing to read, judge or guard."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from config.benchmark.jobs import measure, undone
from crm.models import Export, Firm, Region, User
from crm.services import chunks
from crm.services.exports import start_export

HEADS = [
    "企业名称",
    "统一社会信用代码",
    "区划",
    "经办人员",
    "一",
    "二",
    "三",
    "标签",
    "登记状态",
    "成立日期",
    "更新日期",
]
Result = dict[str, Any]


def exporting_jobs() -> dict[str, Callable[[], Result]]:
    """Each by its name. The limit reads the same rows by one statement and writes them plainly."""
    return {
        "export": lambda: _export("xlsx"),
        "export csv": lambda: _export("csv"),
        "export full": lambda: _export("xlsx", columns="full"),
        "export limit": _limit,
    }


def _export(ending: str, columns: str = "list") -> Result:
    """Every firm of the city, as an administrator's job; the file and its row are taken away again."""
    with undone():
        admin = User.objects.create_superuser("bench-export", "bench@example.cn", "")
        city = Region.objects.get(code="450800")
        keys = list(Firm.objects.visible_to(admin).order_by("-updated_at", "-pk").values_list("pk", flat=True))
        options: Any = {"format": ending, "columns": columns, "year": timezone.localdate().year - 1}
        job = start_export("firms", keys, region=city, actor=admin, reason="benchmark", **options)
        keys.clear()
        result = measure(lambda: _run(job.pk))
        Export.objects.get(job=job).file.delete(save=False)
        return result


def _run(job_id: int) -> int:
    chunks.run(job_id)
    return Export.objects.get(job=job_id).rows


def _limit() -> Result:
    """What any export of such rows costs: one read, eleven cells each, a plain workbook in constant memory."""
    import xlsxwriter

    fields = ("name", "credit_code", "region__name", "officer__name", "firm_type", "industry", "address")
    rows = Firm.objects.order_by("-updated_at", "-pk").values_list(*fields, "status", "status")

    def run() -> int:
        written = 0
        with tempfile.TemporaryDirectory() as folder:
            book = xlsxwriter.Workbook(str(Path(folder) / "limit.xlsx"), {"constant_memory": True})
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADS)
            for written, row in enumerate(rows.iterator(chunk_size=1000), start=1):
                sheet.write_row(written, 0, [*row, "2015-03-01", "2026-01-01"])
            book.close()
        return written

    return measure(run)
