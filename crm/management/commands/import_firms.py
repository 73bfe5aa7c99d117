"""Import a CSV or XLSX of firms or facts."""

import csv
import json
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.choices import RegionKind, RowOutcome
from crm.errors import DomainError
from crm.judging import Verdict
from crm.models import Import, ImportMapping, Region
from crm.services import imports
from crm.services.import_passes import process
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
        parser.add_argument("--mapping", default="", help="name of a mapping of columns that was saved on the page")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument(
            "--report", default="", help="write refused and pending rows with their reasons to this csv"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        batch = Import(name=path.name, mapping=self._mapping(options["mapping"]))
        batch.region = self._region(options["region"])
        batch.region_path = batch.region.path
        troubles: list[Verdict] = []
        try:
            with path.open("rb") as file:
                batch, counts = self._import(file, batch, troubles, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}; check the path.") from error
        except DomainError as error:
            raise CommandError(f"{path}: {'；'.join(error.reasons)}") from error
        if options["report"]:
            _write_report(Path(options["report"]), troubles, batch.layout["headings"])
        self.stdout.write(json.dumps(counts))

    def _import(
        self, file: BinaryIO, batch: Import, troubles: list[Verdict], *, dry_run: bool
    ) -> tuple[Import, dict[str, int]]:
        def sink(verdicts: list[Verdict]) -> None:
            for verdict in verdicts:
                if verdict.outcome in {RowOutcome.REFUSED, RowOutcome.PENDING}:
                    troubles.append(verdict)
                    reasons = "；".join(verdict.reasons)
                    self.stdout.write(f"line {verdict.row.line} {verdict.outcome.value}: {reasons}")

        if dry_run:
            return batch, process(batch, file, apply=False, store=False, sink=sink)
        batch = imports.keep_file(file, name=batch.name, region=batch.region, actor=None, mapping=batch.mapping)
        return batch, imports.apply_now(batch, sink=sink)

    def _mapping(self, name: str) -> ImportMapping | None:
        if not name:
            return None
        found = ImportMapping.objects.filter(name=name).first()
        if found is None:
            known = ", ".join(ImportMapping.objects.values_list("name", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no mapping {name!r}; saved ones: {known}. Save one on the page /imports/.")
        return found

    def _region(self, code: str) -> Region:
        wanted = Region.objects.filter(code=code) if code else Region.objects.filter(kind=RegionKind.CITY)
        region = wanted.first()
        if region is None:
            raise CommandError(f"There is no region {code!r}; `--region 450800` names one of the tree.")
        return region


def _write_report(path: Path, troubles: list[Verdict], headings: list[str]) -> None:
    """The refused and pending rows as they stood, with line, outcome and reasons in front."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["行号", "结果", "原因", *headings])
        for verdict in troubles:
            cells = (guarded(str(cell)) for cell in verdict.row.raw)
            writer.writerow([verdict.row.line, verdict.outcome.label, "；".join(verdict.reasons), *cells])
