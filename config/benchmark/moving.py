"""Thousands of moves in one job, also with workers that are killed: in the end as many events as moves."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from django.utils import timezone

from config.benchmark.jobs import measure
from config.benchmark.load import _code, require_scratch
from crm import processes
from crm.identifiers import name_key
from crm.models import Firm, Job, Region, User
from crm.services import chunks
from pipeline.models import Application, StageEvent
from pipeline.services.bulk import start_bulk_move
from pipeline.workflows import PROGRAMMES

ROWS, KILLS = 5000, 10
FAR = 70_000_000  # numbers of firms that neither a load nor the imports reach
BEFORE_A_KILL = (0.5, 2.0)  # seconds; a worker needs most of the first one to start
Result = dict[str, Any]


def moving_jobs() -> dict[str, Callable[[], Result]]:
    """Each by its name."""
    return {"bulk move": lambda: bulk_move(ROWS), "bulk move killed": lambda: bulk_move(ROWS, kills=KILLS)}


def bulk_move(rows: int, *, kills: int = 0) -> Result:
    """Move so many applications in one job whose worker is killed so often. Takes its rows away again."""
    require_scratch()
    firms = _firms(rows)
    try:
        return measure(lambda: _move(firms, kills))
    finally:
        _forget(firms)


def _firms(number: int) -> list[Firm]:
    """Firms of their own, each with an application in the pool."""
    county, table, now = Region.objects.get(code="450821"), PROGRAMMES["high_tech"], timezone.now()
    firms = Firm.objects.bulk_create(
        Firm(
            credit_code=_code(FAR + count, county.code),
            name=(name := f"批量{count}号企业有限公司"),
            name_key=name_key(name),
            region=county,
            region_path=county.path,
        )
        for count in range(number)
    )
    Application.objects.bulk_create(
        Application(
            reference=f"BM{now.year}-{firm.pk}",
            firm=firm,
            programme="high_tech",
            workflow_code=table.code,
            year=now.year,
            region=county,
            region_path=county.path,
            stage=table.initial,
            phase=table.stage(table.initial).phase,
            stage_since=now,
            opened_at=now,
        )
        for firm in firms
    )
    return firms


def _move(firms: list[Firm], kills: int) -> int:
    chosen = list(Application.objects.filter(firm__in=firms).values("id", "version"))
    job = start_bulk_move(chosen, "diagnose", actor=User.objects.get(username="officer"))
    for _kill in range(kills):
        _work_and_die(job.pk)
    patience, chunks.LOST_AFTER = chunks.LOST_AFTER, timedelta(seconds=1)
    try:
        time.sleep(1.1 if kills else 0)  # what a killed worker held is free again
        processes.work(job.pk)
    finally:
        chunks.LOST_AFTER = patience
    _require_whole(job, firms)
    return len(firms)


def _work_and_die(job_id: int) -> None:
    worker = get_context("spawn").Process(target=processes.work, args=(job_id,), daemon=True)
    worker.start()
    time.sleep(random.uniform(*BEFORE_A_KILL))
    worker.kill()
    worker.join()


def _require_whole(job: Job, firms: list[Firm]) -> None:
    """Nothing twice, nothing left out, nothing half done."""
    job.refresh_from_db()
    events = StageEvent.objects.filter(application__firm__in=firms, transition="diagnose")
    moved = Application.objects.filter(firm__in=firms, stage="diagnose", version=1)
    found = (job.state, job.done, job.refused, moved.count(), events.count())
    assert found == ("done", len(firms), 0, len(firms), len(firms)), found


def _forget(firms: list[Firm]) -> None:
    """History is append-only for everybody else; here it goes with the firms that it tells of."""
    events = StageEvent.objects.filter(application__firm__in=firms)
    events._raw_delete(events.db)
    Application.objects.filter(firm__in=firms).delete()
    Firm.objects.filter(pk__in=[firm.pk for firm in firms]).delete()
    Job.objects.filter(kind="bulk_move").delete()
