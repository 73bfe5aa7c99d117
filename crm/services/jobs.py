"""Background work: a row first, then a hint to the queue. Whoever runs it claims the row, beats, and settles it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import JobState
from crm.errors import DomainError
from crm.models import Heartbeat, Job, User

logger = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=2)  # a running job that has not beaten for this long lost its worker
MAX_ATTEMPTS = 20
Handler = Callable[["Progress"], dict]
HANDLERS: dict[str, Handler] = {}
CANCELS: dict[str, Callable[[Job], None]] = {}


class Cancelled(Exception):
    """The person who started the job asked for it to stop; what is done stays done."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this kind. It must go on where a killed run stopped."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def on_cancel(kind: str) -> Callable[[Callable[[Job], None]], Callable[[Job], None]]:
    """Register what else is settled when a job of this kind is cancelled, in the same transaction."""

    def register(settle: Callable[[Job], None]) -> Callable[[Job], None]:
        CANCELS[kind] = settle
        return settle

    return register


def start_job(
    kind: str, *, title: str, actor: User | None, params: dict[str, Any], total: int = 0, hints: int = 1, key: str = ""
) -> Job:
    """Queue a job. Hints leave after commit; if the broker is away, the sweep finds the row.

    `hints` says how many workers may share it; 0 where the caller works on it itself.
    """
    job = Job.objects.create(kind=kind, key=key, title=title, actor=actor, params=params, total=total)
    for _worker in range(hints):
        transaction.on_commit(lambda: hint(job.pk), robust=True)
    return job


def unfinished(key: str) -> Job | None:
    """The job with this key that waits or runs; there is never more than one."""
    return Job.objects.filter(key=key, state__in=[JobState.QUEUED, JobState.RUNNING]).first()


def hint(job_id: int) -> None:
    """Tell the queue that a job waits."""
    from crm.tasks import run_job  # the task module imports this one

    try:
        run_job.delay(job_id)
    except Exception as error:
        logger.warning("job %s waits for the sweep, the broker is away: %s", job_id, error)


class Progress:
    """The hand a running job holds on its row."""

    def __init__(self, job: Job, attempt: int) -> None:
        self.job = job
        self.attempt = attempt

    def mine(self):
        """The row, while this run still owns it: a run that was taken for dead writes nothing more."""
        return Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, attempts=self.attempt)

    def beat(self, *, total: int | None = None, **values: int) -> None:
        """Store how far the job is. Raises Cancelled when it was cancelled or taken over."""
        fields: dict[str, Any] = {"alive_at": timezone.now(), **values}
        if total is not None:
            fields["total"] = total
        if not self.mine().update(**fields):
            raise Cancelled


def run(job_id: int) -> bool:
    """Claim and do one job. Returns False when somebody else has it. Harmless to call twice."""
    now = timezone.now()
    lost = Q(state=JobState.RUNNING, alive_at__lt=now - LOST_AFTER)
    free = Job.objects.filter(Q(state=JobState.QUEUED) | lost, pk=job_id)
    started = free.filter(started_at=None).update(started_at=now)
    claimed = free.update(state=JobState.RUNNING, alive_at=now, attempts=F("attempts") + 1)
    if not claimed:
        return False
    job = Job.objects.get(pk=job_id)
    logger.info("job %s %s %s", job.pk, job.kind, "started" if started else "taken up again")
    _do(Progress(job, job.attempts))
    return True


def _do(progress: Progress) -> None:
    job = progress.job
    try:
        result = HANDLERS[job.kind](progress)
        outcome: dict[str, Any] = {"state": JobState.DONE, "result": result}
    except Cancelled:
        return
    except DomainError as error:
        outcome = {"state": JobState.FAILED, "error": "\n".join(error.reasons)}
    except Exception as error:
        logger.exception("job %s %s failed", job.pk, job.kind)
        outcome = {"state": JobState.FAILED, "error": broken(job.pk, error)}
    progress.mine().update(finished_at=timezone.now(), **outcome)


def broken(job_id: int, error: Exception) -> str:
    """What a person reads of an error that nobody foresaw; the log has the rest under the same number."""
    return _("程序出错，没有做完，已做完的保留；请再试一次。仍然不行时，请把任务编号 {id}（{kind}）告诉管理员").format(
        id=job_id, kind=type(error).__name__
    )


def lost_words() -> str:
    """What a person reads of a job whose worker was killed again and again."""
    return _("后台进程多次中断，没有做完，已做完的保留；请再试一次。仍然不行时，请告诉管理员")


@transaction.atomic
def cancel_job(job: Job) -> bool:
    """Stop a job that is not over. What it has done stays; it notices at its next beat."""
    unfinished = Job.objects.filter(pk=job.pk, state__in=[JobState.QUEUED, JobState.RUNNING])
    stopped = bool(unfinished.update(state=JobState.CANCELLED, finished_at=timezone.now()))
    if stopped and job.kind in CANCELS:
        CANCELS[job.kind](job)
    return stopped


def sweep_jobs() -> int:
    """Hint again at every job that is queued or lost its worker. Returns how many."""
    late = timezone.now() - LOST_AFTER
    waiting = Q(state=JobState.QUEUED, created_at__lt=timezone.now() - timedelta(seconds=30))
    lost = Q(state=JobState.RUNNING, alive_at__lt=late)
    given_up = Job.objects.filter(lost, attempts__gte=MAX_ATTEMPTS)
    given_up.update(state=JobState.FAILED, error=lost_words(), finished_at=timezone.now())
    found = list(Job.objects.filter(waiting | lost).values_list("pk", flat=True)[:100])
    for job_id in found:
        hint(job_id)
    return len(found)


def beat_heart(name: str, result: str = "") -> None:
    """Note that `name` was alive just now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now(), "result": result[:200]})
