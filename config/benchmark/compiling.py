"""What the nightly compilation costs, whole and step by step; and what it costs when little has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from config.benchmark.jobs import timed_job
from crm.models import Region
from pipeline.models import Application, CourseBlock, Forecast, StageEvent
from pipeline.selectors.climb_page import climb_parts
from pipeline.selectors.conversion import cohort_parts
from pipeline.selectors.funnel import funnels
from pipeline.selectors.stays import usual_stays
from pipeline.services.courses import keep_courses
from pipeline.services.forecasts import compile_forecasts
from pipeline.services.metrics import compile_metrics

MOVES = 1000


def compiling_jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Each job by its name; every one is rolled back. Items are what came out: regions, blocks, forecasts."""
    return {
        "compile": partial(timed_job, compile_metrics),
        "keep courses": partial(timed_job, _keep),
        "keep courses 1000 moves": partial(timed_job, _keep, prepare=_move),
        "keep courses anew": partial(timed_job, keep_courses, prepare=CourseBlock.objects.all().delete),
        "compile funnels": partial(timed_job, lambda: len(funnels(_today().year))),
        "compile stays": partial(timed_job, lambda: len(usual_stays(_today()))),
        "compile cohorts": partial(timed_job, lambda: len(cohort_parts(_today().year, _today(), _paths()))),
        "compile rungs": partial(timed_job, lambda: len(climb_parts(_today(), _paths()))),
        "compile forecasts": partial(timed_job, lambda: compile_forecasts(as_of=_today())),
        "compile forecasts first": partial(timed_job, _first_night, prepare=Forecast.objects.all().delete),
    }


def _today() -> date:
    return timezone.localdate()


def _paths() -> list[str]:
    return list(Region.objects.values_list("path", flat=True))


def _keep() -> int:
    """At least one, so that a night on which nothing changed has a time."""
    return max(keep_courses(), 1)


def _first_night() -> int:
    """Those of earlier years, too."""
    compile_forecasts(as_of=_today())
    return Forecast.objects.count()


def _move() -> None:
    """A thousand applications, as far from each other as they can be, move where they are."""
    last = Application.objects.aggregate(last=Max("pk"))["last"]
    rows = Application.objects.filter(pk__in=range(1, last, max(last // MOVES, 1)))
    StageEvent.objects.bulk_create(
        StageEvent(
            application=row,
            version=row.version + 1,
            transition="bench",
            from_stage=row.stage,
            to_stage=row.stage,
            acted_as="system",
            at=timezone.now(),
        )
        for row in rows
    )
    rows.update(version=F("version") + 1)
