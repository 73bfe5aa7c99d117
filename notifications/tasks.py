"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from notifications import digests, outbox, reminders


@shared_task
def plan_reminders() -> None:
    reminders.plan_reminders()


@shared_task
def deliver_messages() -> None:
    outbox.deliver_messages()


@shared_task
def send_gap_digests() -> None:
    digests.send_gap_digests()
