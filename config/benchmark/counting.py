"""How long counts take: all of them from all rows, from the cells, and the fold of a thousand changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone

from config.benchmark.jobs import timed_job
from crm.models import Firm
from pipeline.models import Indicator, Recognition
from pipeline.selectors.counts import Period, compiled_counts, counts
from pipeline.selectors.progress import progress_rows
from pipeline.services.tallies import firms_changed, fold_counts, rebuild_counts

CHANGES = 1000


def counting_jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Each job by its name; every one is rolled back."""
    return {
        "full count": partial(timed_job, _full),
        "compiled count": partial(timed_job, _compiled),
        "progress": partial(timed_job, _progress),
        "fold 1000 changes": partial(timed_job, fold_counts, prepare=_change),
        "rebuild counts": partial(timed_job, _rebuild),
    }


def _change() -> None:
    """A thousand firms lose a title today, noted as the services do."""
    ids = list(Recognition.objects.order_by("firm_id").values_list("firm_id", flat=True).distinct()[:CHANGES])
    Recognition.objects.filter(firm__in=ids).update(ended_on=timezone.localdate())
    firms_changed(ids)


def _everything() -> tuple[list[Indicator], Period]:
    today = timezone.localdate()
    return list(Indicator.objects.filter(active=True)), Period(today.year, today)


def _full() -> int:
    return len(counts(*_everything()))


def _compiled() -> int:
    return len(compiled_counts(*_everything()))


def _progress() -> int:
    today = timezone.localdate()
    return len(progress_rows(today.year, today))


def _rebuild() -> int:
    rebuild_counts()
    return Firm.objects.count()
