"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from pipeline.services import bulk, clocks, metrics  # noqa: F401  bulk: so that the worker knows its jobs


@shared_task
def compile_metrics() -> None:
    metrics.compile_metrics()


@shared_task
def turn_the_day() -> None:
    clocks.turn_the_day()
