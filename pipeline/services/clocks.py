"""What the passing of a day does by itself: titles that ran out, deadlines that a date has settled."""

from __future__ import annotations

import logging
from datetime import date

from django.db.models import Q
from django.utils import timezone

from crm.services.jobs import beat_heart
from pipeline.choices import DeadlineKind, Phase
from pipeline.errors import PipelineError
from pipeline.models import Application, Deadline
from pipeline.services import deadlines
from pipeline.services.applications import move_application
from pipeline.services.ladders import follow_all

logger = logging.getLogger(__name__)

# These dates settle themselves: once past, there is nothing left to do about them.
SETTLED_BY_DATE = [
    DeadlineKind.NUMBER_EXPIRY,
    DeadlineKind.CERTIFICATE_EXPIRY,
    DeadlineKind.LIBRARY_EXPIRY,
    DeadlineKind.ROUND_CLOSE,
]

# Duties that end with the title they belong to.
OF_A_TITLE = [DeadlineKind.ANNUAL_REPORT, DeadlineKind.MAJOR_CHANGE]


def turn_the_day(*, today: date | None = None) -> int:
    """Expire the titles whose last valid day has passed. Returns how many applications moved; again, none."""
    today = today or timezone.localdate()
    moved = sum(_expire(application) for application in _run_out(today))
    deadlines.close(Deadline.objects.filter(kind__in=SETTLED_BY_DATE, due_on__lt=today))
    deadlines.close(Deadline.objects.filter(kind__in=OF_A_TITLE, recognition__valid_until__lt=today))
    deadlines.recompute_deadlines(Q(provisional=True))  # a new release may know the year's notice
    follow_all(today)
    beat_heart("turn_the_day", f"{today}: {moved} expired")
    return moved


def _run_out(today: date):
    """Applications that rest as recognised although the last title they were granted is no longer valid."""
    resting = Application.objects.filter(phase=Phase.RECOGNISED, recognitions__valid_until__lt=today)
    still = Application.objects.filter(recognitions__valid_until__gte=today)
    return resting.exclude(pk__in=still.values("pk")).distinct().iterator(chunk_size=500)


def _expire(application: Application) -> bool:
    if not any(step.code == "expire" for step in application.workflow.moves_from(application.stage)):
        return False  # being checked or changed: a person decides
    try:
        move_application(application, "expire", actor=None)
    except PipelineError as error:
        logger.warning("application %s not expired: %s", application.pk, error)
        return False
    return True
