"""Compiles the numbers of every region into snapshots: nightly, or by hand. The same day twice gives one snapshot."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date

from django.db import transaction
from django.utils import timezone

from crm.models import Region
from crm.services.jobs import Progress, beat_heart, handles
from pipeline.models import Indicator, Quota, Snapshot
from pipeline.selectors.counts import Period, counts
from pipeline.selectors.funnel import Funnel, funnels
from pipeline.selectors.stays import usual_stays
from pipeline.selectors.targets import QuotaRow, quota_rows


def compile_metrics(*, as_of: date | None = None) -> int:
    """Counts, stage-to-stage conversion and quota completion of every region. Returns the number of snapshots."""
    as_of = as_of or timezone.localdate()
    year = as_of.year
    indicators = Indicator.objects.filter(active=True)
    counted = counts(indicators, Period(year, as_of))
    order = {indicator.code: place for place, indicator in enumerate(indicators)}
    quotas = Quota.objects.current().filter(year=year, indicator__active=True).select_related("indicator", "region")
    rows = quota_rows(quotas, counted, year=year, as_of=as_of)
    rows.sort(key=lambda row: order[row.indicator])
    flow = funnels(year)
    regions, usual = list(Region.objects.all()), usual_stays(as_of)
    snapshots = [_snapshot(region, regions, rows, flow.get(region.path, {}), as_of) for region in regions]
    for snapshot in snapshots:
        if snapshot.region.parent_id is None:  # of the whole tree: a county alone has too few stays
            snapshot.data["usual"] = {
                name: {stage: astuple(one) for stage, one in of.items()} for name, of in usual.items()
            }
    with transaction.atomic():
        Snapshot.objects.bulk_create(
            snapshots,
            update_conflicts=True,
            unique_fields=["region", "as_of"],
            update_fields=["taken_at", "data", "region_path"],
        )
    beat_heart("compile_metrics", f"{len(snapshots)} snapshots of {as_of}")
    return len(snapshots)


def _snapshot(
    region: Region, regions: list[Region], rows: list[QuotaRow], flow: dict[str, Funnel], as_of: date
) -> Snapshot:
    below = {other.code for other in regions if other.parent_id == region.pk}
    data = {
        "year": as_of.year,
        "rows": [row.as_dict() for row in rows if row.region == region.code],
        "children": [row.as_dict() for row in rows if row.region in below],
        "funnels": {programme: funnel.as_dict() for programme, funnel in flow.items()},
    }
    return Snapshot(region=region, region_path=region.path, as_of=as_of, taken_at=timezone.now(), data=data)


@handles("metrics.compile")
def _compile(progress: Progress) -> dict[str, int]:
    progress.beat(total=1)
    snapshots = compile_metrics()
    progress.beat(done=1)
    return {"snapshots": snapshots}
