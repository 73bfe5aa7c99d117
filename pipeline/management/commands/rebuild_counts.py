"""Count everything again and set right what the compiled counts say."""

from typing import Any

from django.core.management.base import BaseCommand

from pipeline.services.tallies import fold_counts, rebuild_counts


class Command(BaseCommand):
    help = (
        "Count every firm and entry again and set right what the compiled counts say, as after rows were loaded in "
        "bulk. Writers wait meanwhile on SQLite. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        fold_counts()
        self.stdout.write(f"{rebuild_counts()} cells set right")
