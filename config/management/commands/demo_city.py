"""Make a plausible city to try the product with, or remove it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError
from django.utils import timezone

from config.demo import city, marks
from config.demo.people import LOGINS, PASSWORD, demo_exists
from notifications.digests import send_period
from notifications.reminders import plan_reminders
from pipeline.selectors.calendar import work_calendar
from pipeline.services.metrics import compile_metrics
from pipeline.services.tallies import rebuild_counts
from pipeline.workdays import iso_week


class Command(BaseCommand):
    help = (
        "Make a plausible city with invented firms, dated relative to today; --clear removes only it. "
        "Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--firms", type=int, default=city.FIRMS, help="how many firms (default 320)")
        parser.add_argument("--years", type=int, default=3, help="how many past years (default 3)")
        parser.add_argument("--seed", type=int, default=8, help="the same seed makes the same city (default 8)")
        parser.add_argument("--clear", action="store_true", help="remove the demonstration city and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self.stdout.write(f"{marks.clear()} rows removed")
            return
        if demo_exists():
            self.stdout.write("the demonstration city is there already; --clear removes it")
            return
        if not 10 <= options["firms"] <= 20_000 or not 1 <= options["years"] <= 8:
            raise CommandError("--firms must be 10 to 20000 and --years 1 to 8.")
        today = timezone.localdate()
        try:
            made = city.build(firms=options["firms"], years=options["years"], seed=options["seed"], today=today)
        except IntegrityError as error:
            raise CommandError(f"Rows of the demonstration exist already ({error}); run demo_city --clear.") from error
        rebuild_counts()
        compile_metrics(as_of=today)
        plan_reminders(today=work_calendar().on_or_after(today))
        send_period(iso_week(today), today=today)
        if options["verbosity"]:
            self.stdout.write(", ".join(f"{number} {what}" for what, number in made.items()))
            for username, who in LOGINS:
                self.stdout.write(f"log in as {username} / {PASSWORD}  ({who})")
