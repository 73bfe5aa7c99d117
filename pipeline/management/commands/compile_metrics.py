"""Compile counts, conversion and quota completion into snapshots."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipeline.services.metrics import compile_metrics


class Command(BaseCommand):
    help = "Compile counts, conversion and quota completion of every region into snapshots. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", default="", help="compile as of this day, such as 2026-06-30")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            as_of = date.fromisoformat(options["as_of"]) if options["as_of"] else None
        except ValueError as error:
            raise CommandError(f"--as-of {options['as_of']!r} is not a day; write 2026-06-30.") from error
        self.stdout.write(f"{compile_metrics(as_of=as_of)} snapshots")
