"""Write the half-year or yearly report as a Word document."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm.choices import RegionKind
from crm.errors import DomainError
from crm.models import Region
from pipeline.services.reports import make_report


class Command(BaseCommand):
    help = (
        "Write the work report of a period as a Word document: what was done, what is difficult, what is planned,"
        " every number with its source. It is also kept and listed at /reports/. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="since", required=True, help="first day, such as 2026-01-01")
        parser.add_argument("--to", dest="until", required=True, help="last day, such as 2026-06-30")
        parser.add_argument("--out", required=True, help="where to write the file, such as report.docx")
        parser.add_argument("--region", default="", help="code of the region (default: the city)")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = _day("--from", options["since"]), _day("--to", options["until"])
        out = Path(options["out"])
        if not out.parent.is_dir():
            raise CommandError(f"--out {out}: there is no folder {out.parent}; make it first.")
        try:
            report = make_report(_region(options["region"]), since, until, actor=None, today=timezone.localdate())
            with report.file.open("rb") as made:
                out.write_bytes(made.read())
        except DomainError as error:
            raise CommandError("\n".join(error.reasons)) from error
        except OSError as error:
            raise CommandError(f"--out {out} cannot be written: {error.strerror}; choose another place.") from error
        self.stdout.write(f"{out}: {report.title}, as of {report.as_of}")


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{name} {text!r} is not a day; write 2026-06-30.") from error


def _region(code: str) -> Region:
    wanted = Region.objects.filter(code=code) if code else Region.objects.filter(kind=RegionKind.CITY)
    region = wanted.order_by("path").first()
    if region is None:
        raise CommandError(f"No region has the code {code or 'of a city'}; `--region` takes a code such as 450800.")
    return region
