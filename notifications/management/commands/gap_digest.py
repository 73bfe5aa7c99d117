"""Queue the weekly quota-gap mails."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from notifications import mails
from notifications.digests import ensure_snapshot, gap_mails, send_period, week_day
from notifications.people import of_user
from pipeline.workdays import iso_week


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
            monday = week_day(period, 1)
        except ValueError as error:
            raise CommandError(f"--week {period!r} is not an ISO week; write 2026-W47.") from error
        if monday > today:
            raise CommandError(f"--week {period} has not begun; its numbers are not known yet.")
        period = iso_week(monday)  # 2026-W5 is 2026-W05, and one ledger row
        if options["dry_run"]:
            with transaction.atomic():
                ensure_snapshot(today)
                self._show(period, today, options["to"])
                transaction.set_rollback(True)
            return
        self.stdout.write(f"{period}: {send_period(period, today=today, to=options['to'])} new")

    def _show(self, period: str, today: date, to: str) -> None:
        for mail in gap_mails(period, today=today, to=to):
            person = of_user(mail.reader.user)
            rendered = mails.render("gap_digest", {"mail": mail, "person": person}, language=person.language)
            address = f"<{person.email}>" if person.email else "(no mail address: stays in the site)"
            self.stdout.write(f"To: {person.name} {address}\nSubject: {rendered.subject}\n\n{rendered.text}")
