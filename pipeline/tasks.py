"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from crm.services.runs import recorded
from pipeline.services import (
    bulk,  # noqa: F401  jobs by import
    clocks,
    handovers,  # noqa: F401
    hygiene,
    list_confirm,  # noqa: F401
    lists,  # noqa: F401
    materials,
    metrics,
    reveals,
    screening,
    uploads,
)


@shared_task
@recorded
def compile_metrics() -> object:
    return metrics.compile_metrics()


@shared_task
@recorded
def count_changes() -> object:
    return metrics.count_changes()


@shared_task
@recorded
def turn_the_day() -> object:
    return clocks.turn_the_day()


@shared_task
@recorded
def reveal_due() -> object:
    return reveals.reveal_due()


@shared_task
@recorded
def screen_cities() -> object:
    return screening.screen_cities()


@shared_task
@recorded
def clear_uploads() -> object:
    return uploads.clear_uploads()


@shared_task
@recorded
def scan_waiting() -> object:
    return materials.scan_waiting()


@shared_task
@recorded
def look_at_firms() -> object:
    return hygiene.look_at_all()
