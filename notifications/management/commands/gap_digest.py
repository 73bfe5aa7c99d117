"""Queue the weekly quota-gap mails."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications import mails
from notifications.digests import gap_mails, iso_week, send_period, week_day
from notifications.people import of_user


class Command(BaseCommand):
    help = "Queue the weekly quota-gap mails, one per person and ISO week. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--week", default="", help="ISO week such as 2026-W47 (default: this week)")
        parser.add_argument("--to", default="", help="only the person with this address")
        parser.add_argument("--dry-run", action="store_true", help="print what would go to whom and queue nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        period = options["week"] or iso_week(today)
        try:
            week_day(period, 1)
        except ValueError as error:
            raise CommandError(f"--week {period!r} is not an ISO week; write 2026-W47.") from error
        if options["dry_run"]:
            self._show(period, options["to"])
            return
        self.stdout.write(f"{period}: {send_period(period, today=today, to=options['to'])} new")

    def _show(self, period: str, to: str) -> None:
        for mail in gap_mails(period, to=to):
            person = of_user(mail.user)
            rendered = mails.render("gap_digest", {"mail": mail, "person": person}, language=person.language)
            self.stdout.write(f"To: {person.name} <{person.email}>\nSubject: {rendered.subject}\n\n{rendered.text}")
