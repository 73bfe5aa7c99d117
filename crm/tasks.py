"""What the queue runs for this room; one line each, no logic."""

from celery import shared_task

from crm.services import chunks, duplicates, exports, jobs, runs
from crm.services.runs import recorded


@shared_task
def run_job(job_id: int) -> None:
    chunks.run(job_id)


@shared_task
@recorded
def sweep_jobs() -> object:
    return jobs.sweep_jobs()


@shared_task
@recorded
def find_duplicates() -> object:
    return duplicates.find_duplicates()


@shared_task
@recorded
def beat_heart() -> None:
    jobs.beat_heart("queue")


@shared_task
@recorded
def clear_exports() -> object:
    return exports.clear_exports()


@shared_task
@recorded
def thin_runs() -> object:
    return runs.thin_runs()
