"""Keep the English catalogue whole."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import strings


class Command(BaseCommand):
    help = "Collect every sentence into locale/en and compile it; --check only looks. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, exit 1 when a sentence lacks English")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            strings.update()
        lacking = strings.missing()
        for string in lacking:
            self.stdout.write(f"{string.place}: {string.text}")
        if lacking and options["check"]:
            raise CommandError(f"{len(lacking)} sentences lack English; run manage.py strings and translate them.")
        self.stdout.write(f"{len(lacking)} sentences lack English")
