"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from crm.services import chunks, jobs


@shared_task
def run_job(job_id: int) -> None:
    chunks.run(job_id)


@shared_task
def sweep_jobs() -> None:
    jobs.sweep_jobs()


@shared_task
def beat_heart() -> None:
    jobs.beat_heart("queue")
