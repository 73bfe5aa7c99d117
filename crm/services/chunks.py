"""Background work cut into parts: several workers share a job, and a killed one loses no more than one part."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from crm.choices import JobState
from crm.errors import DomainError
from crm.models import Job, JobChunk, User
from crm.services import jobs
from crm.services.jobs import LOST_AFTER, MAX_ATTEMPTS, start_job, unfinished

logger = logging.getLogger(__name__)

HINTS = 8  # tasks sent out when a job starts; each goes on from part to part until none is free
TASK_SECONDS = (
    600  # a task that has worked for so long makes room and hints at the rest: the broker redelivers long ones
)
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


@dataclass
class Outcome:
    """What one part came to: items done, items refused, and what the job adds up at its end."""

    done: int = 0
    refused: int = 0
    result: dict[str, Any] = field(default_factory=dict)


Writing = Callable[[], Outcome]
Worker = Callable[[Job, dict[str, Any]], Writing]
Finish = Callable[[Job, list[dict[str, Any]]], dict[str, Any]]
WORKERS: dict[str, tuple[Worker, Finish]] = {}


def works(kind: str, *, finish: Finish) -> Callable[[Worker], Worker]:
    """Register the function that does a part of such jobs, and the one that adds the parts' results up.

    The worker reads and reckons, and returns a function that writes. That function runs in the transaction that
    settles the part, so a part is either wholly done or not at all, also when its worker is killed.
    """

    def register(worker: Worker) -> Worker:
        WORKERS[kind] = worker, finish
        return worker

    return register


def start_in_parts(kind: str, *, key: str = "", **given: Any) -> Job:
    """Queue a job with its parts; with a key, the unfinished job of that key is given back instead of a double."""
    if key and (running := unfinished(key)) is not None:
        return running
    try:
        return _start(kind, key=key, **given)
    except IntegrityError:
        if key and (running := unfinished(key)) is not None:  # somebody else was first
            return running
        raise


@transaction.atomic
def _start(
    kind: str,
    *,
    title: str,
    actor: User | None,
    params: dict[str, Any],
    parts: Sequence[dict[str, Any]],
    total: int,
    here: bool = False,
    key: str = "",
) -> Job:
    """`here` where the caller works on the job itself (`work_on`)."""
    hints = 0 if here else min(HINTS, len(parts)) or 1
    job = start_job(kind, title=title, actor=actor, params=params, total=total, hints=hints, key=key)
    chunks = [JobChunk(job=job, number=number, params=part) for number, part in enumerate(parts)]
    JobChunk.objects.bulk_create(chunks, batch_size=1000)
    return job


def run(job_id: int) -> None:
    """What the queue calls for any job: one that is cut into parts is worked on, another is run whole."""
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if kind in WORKERS:
        work_on(job_id, seconds=TASK_SECONDS)
    else:
        jobs.run(job_id)


def work_on(job_id: int, *, seconds: float = float("inf")) -> int:
    """Do parts of a job until none is free, then settle the job. Returns how many parts were done here.

    Any number of processes may work on one job. Harmless to call twice.
    """
    done, until = 0, monotonic() + seconds
    while (chunk := _claim(job_id)) is not None:
        _do(chunk)
        done += 1
        if monotonic() > until:
            jobs.hint(job_id)
            return done
    _settle(job_id)
    return done


def _claim(job_id: int) -> JobChunk | None:
    """The next free part, now ours; none when the job is over or every part is taken."""
    now = timezone.now()
    Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING, started_at=now, alive_at=now, attempts=F("attempts") + 1
    )
    lost = Q(state=JobState.RUNNING, alive_at__lt=now - LOST_AFTER, attempts__lt=MAX_ATTEMPTS)
    free = JobChunk.objects.filter(Q(state=JobState.QUEUED) | lost, job=job_id, job__state=JobState.RUNNING)
    while (chunk := free.order_by("number").first()) is not None:
        mine = JobChunk.objects.filter(pk=chunk.pk, state=chunk.state, attempts=chunk.attempts)
        if mine.update(state=JobState.RUNNING, alive_at=now, attempts=F("attempts") + 1):
            chunk.attempts += 1
            return chunk
    return None


def _do(chunk: JobChunk) -> None:
    job = chunk.job
    worker, _finish = WORKERS[job.kind]
    try:
        write = worker(job, chunk.params)
        with transaction.atomic():
            outcome = write()
            if not _close(chunk, JobState.DONE, done=outcome.done, refused=outcome.refused, result=outcome.result):
                raise TakenOver  # rolls this run's writing back: another worker does the part again
            Job.objects.filter(pk=job.pk).update(
                done=F("done") + outcome.done, refused=F("refused") + outcome.refused, alive_at=timezone.now()
            )
    except TakenOver:
        logger.warning("job %s part %s was taken over", job.pk, chunk.number)
    except DomainError as error:
        _close(chunk, JobState.FAILED, error="\n".join(error.reasons))
    except Exception as error:
        logger.exception("job %s part %s failed", job.pk, chunk.number)
        _close(chunk, JobState.FAILED, error=jobs.broken(job.pk, error))


class TakenOver(Exception):
    """This run of a part was taken for dead, or its job was cancelled."""


def _close(chunk: JobChunk, state: str, **values: Any) -> int:
    mine = JobChunk.objects.filter(pk=chunk.pk, state=JobState.RUNNING, attempts=chunk.attempts)
    return mine.filter(job__state=JobState.RUNNING).update(state=state, **values)


def _settle(job_id: int) -> None:
    """Close the job when its last part is; whoever comes first does it."""
    running = Job.objects.filter(pk=job_id, state=JobState.RUNNING)
    chunks = JobChunk.objects.filter(job=job_id)
    chunks.filter(state=JobState.RUNNING, attempts__gte=MAX_ATTEMPTS, alive_at__lt=timezone.now() - LOST_AFTER).update(
        state=JobState.FAILED, error=jobs.lost_words()
    )
    job = running.first()
    if job is None or chunks.filter(state__in=UNFINISHED).exists():
        return
    finish = WORKERS[job.kind][1]
    result = finish(job, list(chunks.filter(state=JobState.DONE).values_list("result", flat=True)))
    errors = list(chunks.filter(state=JobState.FAILED).values_list("error", flat=True).distinct()[:5])
    state = JobState.FAILED if errors else JobState.DONE
    running.update(state=state, result=result, error="\n".join(errors), finished_at=timezone.now())
