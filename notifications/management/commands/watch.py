"""Look whether everything that runs by the clock has run."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from notifications.incident_words import sentence
from notifications.watch import watch


class Command(BaseCommand):
    help = (
        "Look from outside the queue whether it moves and every job has run, and tell the administrators once when "
        "not. `up` does so each minute; elsewhere let cron do it. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = watch()
        except DatabaseError as error:
            self.stderr.write(f"The database does not answer, so nothing can be said: {error}".strip())
            return
        for incident in done.opened:
            self.stdout.write(f"opened: {incident.kind} {incident.about} {sentence(incident)}")
        for incident in done.closed:
            self.stdout.write(f"closed: {incident.kind} {incident.about}")
        self.stdout.write(f"{len(done.opened)} opened, {len(done.closed)} closed, {done.told} mails")
