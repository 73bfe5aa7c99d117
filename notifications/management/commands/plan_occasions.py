"""Queue what is to be told today of dates that are no firm's deadline."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications.mornings import gather
from notifications.occasions import plan_occasions
from pipeline.selectors.calendar import work_calendar


class Command(BaseCommand):
    help = "Queue the day's occasions: windows that open, yearly dates, month ends, follow-ups. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", default="", help="plan as if today were this day, such as 2026-11-23")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            today = date.fromisoformat(options["today"]) if options["today"] else timezone.localdate()
        except ValueError as error:
            raise CommandError(f"--today {options['today']!r} is not a day; write 2026-11-23.") from error
        new = plan_occasions(today=today)
        gather(today, work_calendar())
        self.stdout.write(f"{new} new")
