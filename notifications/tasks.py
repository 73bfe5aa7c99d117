"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from crm.services.runs import recorded
from notifications import (
    digests,
    drafts,  # noqa: F401  jobs by import
    letters,  # noqa: F401  jobs by import
    outbox,
    planning,
)


@shared_task
@recorded
def plan_reminders() -> object:
    return planning.plan_morning()


@shared_task
@recorded
def deliver_messages() -> object:
    return outbox.deliver_messages()


@shared_task
@recorded
def send_gap_digests() -> object:
    return digests.send_gap_digests()
