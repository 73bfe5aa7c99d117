"""Judge every active firm of a region and store the assessments."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm.choices import JobState, RegionKind
from crm.errors import DomainError
from crm.models import Job, Region
from crm.processes import work_together
from pipeline.choices import Bucket
from pipeline.services.policies import publish, unpublished
from pipeline.services.screening import start_screening
from pipeline.workflows import PROGRAMMES

HELP = """Judge every active firm of a region by a programme's edition and store the assessments.

Only firms whose facts or edition changed are judged again. Shipped policies that are not published yet are published
first. A screening of the same region and edition that runs already is worked on instead of a second one.
Safe to run again."""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(*args, **kwargs)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--programme", required=True, choices=list(PROGRAMMES))
        parser.add_argument("--region", default="", help="code of the region (default: the city)")
        parser.add_argument("--edition", default="", help="code of the edition (default: the one in force)")
        parser.add_argument("--on", default=None, type=_day, help="day of the judgement, YYYY-MM-DD (default: today)")
        parser.add_argument("--processes", default=1, type=int, help="how many processes share the work")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            publish(unpublished(), actor=None)
            job = start_screening(
                _region(options["region"]),
                options["programme"],
                actor=None,
                edition=options["edition"],
                on=options["on"],
                here=True,
            )
        except DomainError as error:
            raise CommandError("\n".join(error.reasons)) from error
        work_together(job.pk, max(1, options["processes"]))
        job.refresh_from_db()
        self._report(job)

    def _report(self, job: Job) -> None:
        if job.state != JobState.DONE:
            raise CommandError(f"{job.title}: {job.get_state_display()} {job.error}; run it again.")
        result = job.result
        for bucket in Bucket:  # PostgreSQL keeps no order of keys
            self.stdout.write(f"{bucket.value:<12}{result['buckets'][bucket.value]:>9}")
        spent = (job.finished_at or timezone.now()) - (job.started_at or job.created_at)
        rate = round(job.done / max(spent.total_seconds(), 0.001))
        self.stdout.write(
            f"{job.done} firms, {result['judged']} judged, {result['unchanged']} unchanged, {rate} firms/s"
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write YYYY-MM-DD") from None


def _region(code: str) -> Region:
    if code:
        found = Region.objects.filter(code=code).first()
    else:
        found = Region.objects.filter(kind=RegionKind.CITY).order_by("path").first()
    if found is None:
        raise CommandError(f"No region has the code {code or 'of a city'}; `--region` takes a code such as 450800.")
    return found
