"""The report of the running, shaped for its page and for the watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Min, Q

from crm.choices import RunOutcome
from crm.models import PeriodicRun
from crm.periodic import PeriodicJob, periodic_jobs


@dataclass(frozen=True)
class JobRow:
    """One job of the schedule: its last run, its next one, and since when it is overdue (None when it is not)."""

    job: PeriodicJob
    last: PeriodicRun | None
    next_at: datetime
    late_since: datetime | None

    @property
    def is_running(self) -> bool:
        return self.last is not None and self.last.finished_at is None

    @property
    def has_failed(self) -> bool:
        return self.last is not None and self.last.outcome == RunOutcome.FAILED


def grace(job: PeriodicJob) -> timedelta:
    """How long after its time a job counts as late: five minutes for those of every minute."""
    return timedelta(minutes=5 if job.is_frequent else settings.ALARM_LATE_MINUTES)


def job_rows(*, now: datetime) -> list[JobRow]:
    """Every job of the schedule with its last run. Two queries."""
    jobs = periodic_jobs()
    newest = PeriodicRun.objects.values("name").annotate(newest=Max("pk")).values("newest")
    last = {run.name: run for run in PeriodicRun.objects.filter(pk__in=newest).select_related("by")}
    due = _due_since(jobs, now=now)
    return [
        JobRow(job, last.get(name), job.next_run(now), due[name] if due[name] + grace(job) < now else None)
        for name, job in jobs.items()
    ]


def _due_since(jobs: dict[str, PeriodicJob], *, now: datetime) -> dict[str, datetime]:
    """When each job should have run after it last went well; it counts as going well while it runs. One query.

    What has never run is measured from the first run that anything left.
    """
    alive = Q(outcome=RunOutcome.OK)
    for name, job in jobs.items():
        alive |= Q(name=name, outcome=RunOutcome.RUNNING, started_at__gte=now - job.lost_after)
    found = PeriodicRun.objects.values("name").annotate(first=Min("started_at"), good=Max("started_at", filter=alive))
    rows = {row["name"]: row for row in found.order_by()}
    begun = min((row["first"] for row in rows.values()), default=now)
    good = {name: rows[name]["good"] if name in rows else None for name in jobs}
    return {name: job.next_run(good[name] or begun) for name, job in jobs.items()}
