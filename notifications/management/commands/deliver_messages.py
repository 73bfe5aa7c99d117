"""Send the messages that are due."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.outbox import deliver_messages


class Command(BaseCommand):
    help = "Send the messages that are due: what beat runs each minute. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(deliver_messages()))
