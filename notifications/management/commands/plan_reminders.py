"""Queue the reminders due today."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications.reminders import plan_reminders


class Command(BaseCommand):
    help = (
        "Queue the reminders due today: what beat runs each morning at 08:00. With --until every morning up to that "
        "day, one after the other. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", default="", help="plan as if today were this day, such as 2026-11-23")
        parser.add_argument("--until", default="", help="and every morning after it up to this day")

    def handle(self, *args: Any, **options: Any) -> None:
        today = _day("--today", options["today"]) or timezone.localdate()
        until = _day("--until", options["until"])
        if until is None:
            self.stdout.write(f"{plan_reminders(today=today)} new")
            return
        if until < today:
            raise CommandError(f"--until {until} is before {today}; the mornings are planned in their order.")
        while today <= until:
            self.stdout.write(f"{today}: {plan_reminders(today=today)} new")
            today += timedelta(days=1)


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError(f"{option} {text!r} is not a day; write 2026-11-23.") from error
