"""Judge one set of facts."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.errors import DomainError
from pipeline.assessment import read_json
from pipeline.selectors.preview import preview


class Command(BaseCommand):
    help = (
        "Judge the facts object on standard input and print the assessment as JSON; nothing is stored. "
        "Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--programme", required=True, help="tech_sme, high_tech or gazelle")
        parser.add_argument("--edition", help="code of the edition; default: the newest in force for the region")
        parser.add_argument("--region", help="region code; default: the bureau's own city")
        parser.add_argument("--on", help="day of the assessment, as 2026-07-01; default: today")

    def handle(self, *args: Any, **options: Any) -> None:
        question = {name: options[name] for name in ("programme", "edition", "region", "on")}
        try:
            facts = read_json(getattr(sys.stdin, "buffer", sys.stdin).read())
            found = preview(question | {"facts": facts})
        except DomainError as error:
            raise CommandError("\n".join(error.reasons)) from error
        self.stdout.write(json.dumps(found.as_dict(), ensure_ascii=False, separators=(",", ":")))
