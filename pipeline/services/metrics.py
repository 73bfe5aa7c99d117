"""Compiles the numbers of every region into snapshots: nightly, by hand, and the progress alone after every change.

The same day twice gives one snapshot. What a snapshot says of a past day can be worked out again from the cells.
"""

from __future__ import annotations

import logging
from calendar import monthrange
from dataclasses import astuple
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from crm.models import Region
from crm.services.jobs import Progress, beat_heart, handles
from pipeline.models import Indicator, Snapshot
from pipeline.selectors.apart import standing_apart
from pipeline.selectors.climb_page import climb_parts
from pipeline.selectors.conversion import cohort_parts
from pipeline.selectors.counts import Period, compiled_counts
from pipeline.selectors.funnel import funnels
from pipeline.selectors.progress import progress_rows
from pipeline.selectors.stays import usual_stays
from pipeline.selectors.targets import QuotaRow
from pipeline.services.courses import keep_courses
from pipeline.services.forecasts import compile_forecasts
from pipeline.services.tallies import fold_counts, rebuild_counts, verify_counts

logger = logging.getLogger(__name__)

DAILY_DAYS = 35  # so long every day's snapshot is kept; older ones of Mondays and of the last day of a month
MONDAY = 0


def compile_metrics(*, as_of: date | None = None) -> int:
    """Counts, stage-to-stage conversion and quota completion of every region. Returns the number of snapshots.

    The cells are held against a full count first. An earlier day is compiled as it was known then.
    """
    today = timezone.localdate()
    as_of = as_of or today
    known_on = as_of if as_of < today else None
    fold_counts()
    _set_right(as_of)
    keep_courses()
    snapshots = _snapshots(as_of, known_on)
    with transaction.atomic():
        Snapshot.objects.bulk_create(
            snapshots,
            update_conflicts=True,
            unique_fields=["region", "as_of"],
            update_fields=["taken_at", "data", "region_path"],
        )
    indicators = Indicator.objects.filter(active=True)
    counted = compiled_counts(indicators, Period(as_of.year, as_of), known_on=known_on)
    compile_forecasts(as_of=as_of, counted=counted)
    thin_snapshots(today=today)
    beat_heart("compile_metrics", f"{len(snapshots)} snapshots of {as_of}")
    return len(snapshots)


def _snapshots(as_of: date, known_on: date | None) -> list[Snapshot]:
    """Everything that pages read of a day, by region. Not saved."""
    regions, year = list(Region.objects.all()), as_of.year
    paths = [region.path for region in regions]
    rows = progress_rows(year, as_of, known_on=known_on)
    flow, apart, usual = funnels(year, as_of), standing_apart(year, as_of), usual_stays(as_of)
    cohorts, climbs = cohort_parts(year, as_of, paths), climb_parts(as_of, paths)
    snapshots = []
    for region in regions:
        own = {
            "year": year,
            **_progress(region, regions, rows),
            "funnels": {programme: funnel.as_dict() for programme, funnel in flow.get(region.path, {}).items()},
            "apart": apart.get(region.path, {}),
            "cohorts": cohorts[region.path],
            "ladder": climbs[region.path],
        }
        if region.parent_id is None:  # of the whole tree: a county alone has too few stays
            own["usual"] = {name: {stage: astuple(one) for stage, one in of.items()} for name, of in usual.items()}
        taken = {"taken_at": timezone.now(), "data": own}
        snapshots.append(Snapshot(region=region, region_path=region.path, as_of=as_of, **taken))
    return snapshots


def _set_right(as_of: date) -> None:
    """Cells that do not say what the rows say, as after rows were loaded in bulk, are built again."""
    if differing := verify_counts(as_of=as_of):
        logger.warning("%s numbers differ from a full count and are built again: %s", len(differing), differing[:5])
        rebuild_counts()


def count_changes(*, today: date | None = None) -> int:
    """Fold what changed, and let today's snapshots say it. Returns how many changes there were."""
    today = today or timezone.localdate()
    number = fold_counts(today=today)
    if number:
        refresh_progress(today)
    return number


def refresh_progress(today: date) -> int:
    """The progress in today's snapshots, as the cells have it now; before the first of the day there is none."""
    snapshots = list(Snapshot.objects.filter(as_of=today).select_related("region"))
    if not snapshots:
        return 0
    rows, regions = progress_rows(today.year, today), [snapshot.region for snapshot in snapshots]
    for snapshot in snapshots:
        snapshot.data |= _progress(snapshot.region, regions, rows)
        snapshot.taken_at = timezone.now()
    return Snapshot.objects.bulk_update(snapshots, ["data", "taken_at"])


def thin_snapshots(*, today: date) -> int:
    """Of snapshots older than DAILY_DAYS keep each week's and each month's. Returns how many days went."""
    old = Snapshot.objects.filter(as_of__lt=today - timedelta(days=DAILY_DAYS)).order_by()
    days = [day for day in old.values_list("as_of", flat=True).distinct() if not _is_kept(day)]
    Snapshot.objects.filter(as_of__in=days).delete()
    return len(days)


def _is_kept(day: date) -> bool:
    return day.weekday() == MONDAY or day.day == monthrange(day.year, day.month)[1]


def _progress(region: Region, regions: list[Region], rows: list[QuotaRow]) -> dict[str, list]:
    below = {other.code for other in regions if other.parent_id == region.pk}
    return {
        "rows": [row.as_dict() for row in rows if row.region == region.code],
        "children": [row.as_dict() for row in rows if row.region in below],
    }


@handles("metrics.compile")
def _compile(progress: Progress) -> dict[str, int]:
    progress.beat(total=1)
    snapshots = compile_metrics()
    progress.beat(done=1)
    return {"snapshots": snapshots}
