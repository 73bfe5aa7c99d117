"""The refused rows of a job as a table that can be worked through in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.http import FileResponse
from django.utils.translation import gettext as _

from crm.files import CONTENT_TYPES
from crm.models import Job, User
from crm.selectors.jobs import every_outcome
from crm.services.downloads import note_table
from crm.sheets import Cell, write_xlsx


def hand_out_refused(job: Job, *, actor: User) -> FileResponse:
    """One line for each refused row: what it is, and every reason."""
    name = _("未能办理-{job}.xlsx").format(job=job.pk)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "refused.xlsx"
        write_xlsx(path, _("未能办理"), [_("编号或代码"), _("企业"), _("原因")], _refused(job))
        content = BytesIO(path.read_bytes())
    note_table(job, name, about=job.title, actor=actor)
    response = FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"])
    response["Cache-Control"] = "private, no-store"
    return response


def _refused(job: Job) -> Iterator[list[Cell]]:
    for row in every_outcome(job, "refused"):
        yield [row["reference"] or str(row["id"]), row["firm"], "；".join(row["reasons"])]
