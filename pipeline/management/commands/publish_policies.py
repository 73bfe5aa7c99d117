"""Publish policy files that are not in the database yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.errors import DomainError
from pipeline.services.policies import publish, unpublished


class Command(BaseCommand):
    help = "Publish policy files that are not in the database yet; an edition is published once. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="say what would be published and exit 1 if anything")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            waiting = unpublished()
            if not options["check"]:
                publish(waiting, actor=None)
        except DomainError as error:
            raise CommandError("\n".join(error.reasons)) from error
        for policy in waiting:
            self.stdout.write(f"{policy.programme} {policy.edition} {policy.source}")
        if waiting and options["check"]:
            raise CommandError(f"{len(waiting)} editions are not published yet; run publish_policies.")
