"""Queue the reminders due today."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.reminders import plan_reminders


class Command(BaseCommand):
    help = "Queue the reminders due today: what beat runs each morning at 08:00. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", default="", help="plan as if today were this day, such as 2026-11-23")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            today = date.fromisoformat(options["today"]) if options["today"] else None
        except ValueError as error:
            raise CommandError(f"--today {options['today']!r} is not a day; write 2026-11-23.") from error
        self.stdout.write(f"{plan_reminders(today=today)} new")
