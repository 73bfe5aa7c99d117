"""Hold the compiled counts against a full count."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipeline.services.tallies import fold_counts, verify_counts


class Command(BaseCommand):
    help = "Hold the compiled counts against a full count of a day; exits 1 where they differ. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", default="", help="the day to count, such as 2026-06-30; today when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            as_of = date.fromisoformat(options["as_of"]) if options["as_of"] else None
        except ValueError as error:
            raise CommandError(f"--as-of {options['as_of']!r} is not a day; write 2026-06-30.") from error
        fold_counts()
        if differing := verify_counts(as_of=as_of):
            raise CommandError("\n".join([*differing, "Run rebuild_counts to set them right."]))
        self.stdout.write("the compiled counts are right")
