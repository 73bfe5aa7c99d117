"""Runs of the jobs that beat starts: each leaves a row, whoever started it and however it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.choices import RunOutcome
from crm.errors import DomainError, NotAllowed
from crm.models import PeriodicRun, User
from crm.patience import patiently
from crm.periodic import PeriodicJob, periodic_jobs

logger = logging.getLogger(__name__)

KEPT_DAYS = 90
FAILURES_KEPT_DAYS = 7  # of jobs of every minute: a day of them fails 1,440 times
ASKED_FOR = timedelta(minutes=10)  # a run that was asked for and has not begun by then was lost by the broker
UNFINISHED = [RunOutcome.ASKED, RunOutcome.RUNNING]


class RunRefused(DomainError):
    """The job cannot be started by hand now."""

    code = "run_refused"


def recorded(function: Callable[[], Any]) -> Callable[..., None]:
    """For a task that beat starts: its run is a row with what it came to. What fails is written down and raised on.

    `asked` is the row of somebody who started it by hand.
    """
    name = f"{function.__module__}.{function.__name__}"

    @wraps(function)
    def run(asked: int | None = None) -> None:
        row = patiently(lambda: _begin(name, asked))
        try:
            result = function()
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
            patiently(lambda: _finish(row, RunOutcome.FAILED, error=text[:2000]))
            raise
        patiently(lambda: _finish(row, RunOutcome.OK, result=_in_short(result)))

    run.is_recorded = True  # type: ignore[attr-defined]
    return run


def _in_short(result: Any) -> str:
    """What a run returned, for its row: rows it made are only counted."""
    if result is None:
        return ""
    return str(len(result) if isinstance(result, list) else result)[:200]


def _begin(name: str, asked: int | None) -> int:
    now = timezone.now()
    if asked is not None:
        waiting = PeriodicRun.objects.filter(pk=asked, name=name, outcome=RunOutcome.ASKED)
        if waiting.update(outcome=RunOutcome.RUNNING, started_at=now):
            return asked
    return PeriodicRun.objects.create(name=name, started_at=now).pk


def _finish(row: int, outcome: str, **fields: str) -> None:
    """Settle a run; of a job of every few minutes the good runs before it go."""
    PeriodicRun.objects.filter(pk=row).update(outcome=outcome, finished_at=timezone.now(), **fields)
    name = PeriodicRun.objects.filter(pk=row).values_list("name", flat=True).first()
    job = periodic_jobs().get(name or "")
    if outcome == RunOutcome.OK and job and job.is_frequent:
        PeriodicRun.objects.filter(name=name, outcome=RunOutcome.OK, pk__lt=row).delete()


def settle_lost_runs() -> int:
    """Call failed what lost its worker or its broker. Returns how many."""
    now = timezone.now()
    lost = Q(outcome=RunOutcome.ASKED, started_at__lt=now - ASKED_FOR)
    for name, job in periodic_jobs().items():
        lost |= Q(name=name, outcome=RunOutcome.RUNNING, started_at__lt=now - job.lost_after)
    error = "the worker or the broker was lost"
    return PeriodicRun.objects.filter(lost).update(outcome=RunOutcome.FAILED, finished_at=now, error=error)


def ask_run(job: PeriodicJob, *, actor: User) -> PeriodicRun:
    """Start a job now, through the broker. Refused while it runs, and said so when the broker is away."""
    if not scope_of(actor).has_role(*MANAGERS):
        raise NotAllowed(_("后台任务由科长或管理员启动"))
    settle_lost_runs()
    if PeriodicRun.objects.filter(name=job.task, outcome__in=UNFINISHED).exists():
        raise RunRefused(_("“{job}”正在运行，请等它结束").format(job=job.title))
    try:
        with transaction.atomic():
            row = PeriodicRun.objects.create(
                name=job.task, started_at=timezone.now(), outcome=RunOutcome.ASKED, by=actor
            )
    except IntegrityError:
        raise RunRefused(_("“{job}”刚被他人启动，请等它结束").format(job=job.title)) from None
    _send(job, row)
    return row


def _send(job: PeriodicJob, row: PeriodicRun) -> None:
    """Outside a transaction: the worker may be quicker than we are."""
    try:
        current_app.send_task(job.task, kwargs={"asked": row.pk})
    except Exception as error:
        logger.warning("%s not started by hand, the broker is away: %s", job.task, error)
        row.delete()
        raise RunRefused(_("队列没有应答，任务未启动；请稍后再试，或请管理员检查队列服务")) from error


def thin_runs() -> str:
    """Forget runs that are older than they are kept. Returns how many, in words."""
    now = timezone.now()
    frequent = [name for name, job in periodic_jobs().items() if job.is_frequent]
    old = Q(started_at__lt=now - timedelta(days=KEPT_DAYS))
    old |= Q(name__in=frequent, started_at__lt=now - timedelta(days=FAILURES_KEPT_DAYS), outcome=RunOutcome.FAILED)
    return f"{PeriodicRun.objects.filter(old).delete()[0]} forgotten"
