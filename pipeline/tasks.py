"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from pipeline.services import (
    bulk,  # noqa: F401  jobs by import
    clocks,
    list_confirm,  # noqa: F401
    lists,  # noqa: F401
    materials,
    metrics,
    reveals,
    screening,
    uploads,
)


@shared_task
def compile_metrics() -> None:
    metrics.compile_metrics()


@shared_task
def turn_the_day() -> None:
    clocks.turn_the_day()


@shared_task
def reveal_due() -> None:
    reveals.reveal_due()


@shared_task
def screen_cities() -> None:
    screening.screen_cities()


@shared_task
def clear_uploads() -> None:
    uploads.clear_uploads()


@shared_task
def scan_waiting() -> None:
    materials.scan_waiting()
