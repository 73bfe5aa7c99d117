"""Import a CSV or XLSX of firms or facts."""

import csv
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.choices import RegionKind, RowOutcome
from crm.errors import DomainError
from crm.judging import Verdict
from crm.models import Import, Region
from crm.services import imports
from crm.tables import guarded

HELP = """Import a CSV or XLSX of firms or facts, row by row.

A row that cannot be used is refused with its line number and reason; the others are taken in. The last line printed
is JSON with the counts. Exit status 0 even when rows are refused, 1 when the file cannot be read.
Safe to run again."""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="csv (UTF-8 or GB18030), xlsx, xls or ods")
        parser.add_argument("--region", default="", help="code of the region the file is for (default: the city)")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument(
            "--report", default="", help="write refused and pending rows with their reasons to this csv"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        region = self._region(options["region"])
        troubles: list[Verdict] = []
        try:
            with path.open("rb") as file:
                counts = self._import(file, path.name, region, troubles, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}; check the path.") from error
        except DomainError as error:
            raise CommandError(f"{path}: {'；'.join(error.reasons)}") from error
        if options["report"]:
            _write_report(Path(options["report"]), troubles)
        self.stdout.write(json.dumps(counts))

    def _import(self, file, name: str, region: Region, troubles: list[Verdict], *, dry_run: bool) -> dict[str, int]:
        def sink(verdicts: list[Verdict]) -> None:
            for verdict in verdicts:
                if verdict.outcome in {RowOutcome.REFUSED, RowOutcome.PENDING}:
                    troubles.append(verdict)
                    reasons = "；".join(verdict.reasons)
                    self.stdout.write(f"line {verdict.row.line} {verdict.outcome.value}: {reasons}")

        if dry_run:
            batch = Import(name=name, region=region, region_path=region.path)
            return imports.process(batch, file, apply=False, store=False, sink=sink)
        batch = imports.keep_file(file, name=name, region=region, actor=None)
        return imports.apply_now(batch, sink=sink)

    def _region(self, code: str) -> Region:
        wanted = Region.objects.filter(code=code) if code else Region.objects.filter(kind=RegionKind.CITY)
        region = wanted.first()
        if region is None:
            raise CommandError(f"There is no region {code!r}; `--region 450800` names one of the tree.")
        return region


def _write_report(path: Path, troubles: list[Verdict]) -> None:
    """The refused and pending rows as they stood, with line, outcome and reasons in front."""
    headings = list(dict.fromkeys(heading for verdict in troubles for heading in verdict.row.raw))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["行号", "结果", "原因", *headings])
        for verdict in troubles:
            cells = [verdict.row.raw.get(heading, "") for heading in headings]
            writer.writerow([verdict.row.line, verdict.outcome.label, "；".join(verdict.reasons), *map(guarded, cells)])
