"""The compiled numbers: pages and mails read the newest snapshot of a region and say of which day it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from crm.models import Region
from pipeline.models import Snapshot
from pipeline.selectors.funnel import Funnel, read_funnel
from pipeline.selectors.targets import QuotaRow, from_dict


@dataclass(frozen=True)
class Compiled:
    """What a snapshot says of one region: its own targets, those of the regions right below, its funnels."""

    region: Region
    as_of: date
    taken_at: datetime
    year: int
    rows: tuple[QuotaRow, ...]
    children: tuple[QuotaRow, ...]
    funnels: dict[str, Funnel]
    apart: dict[str, int] = field(default_factory=dict)  # what `selectors.apart` tells of the region


def latest_snapshot(region: Region, *, year: int | None = None, as_of: date | None = None) -> Compiled | None:
    """The newest snapshot of a region, perhaps of a year or up to a day. One query; None when none was taken."""
    found = Snapshot.objects.filter(region=region)
    if year:
        found = found.filter(data__year=year)
    if as_of:
        found = found.filter(as_of__lte=as_of)
    snapshot = found.order_by("-as_of").first()
    return read(snapshot, region) if snapshot else None


def read(snapshot: Snapshot, region: Region) -> Compiled:
    data = snapshot.data
    return Compiled(
        region=region,
        as_of=snapshot.as_of,
        taken_at=snapshot.taken_at,
        year=data["year"],
        rows=tuple(from_dict(row) for row in data["rows"]),
        children=tuple(from_dict(row) for row in data["children"]),
        funnels={name: read_funnel(funnel) for name, funnel in data["funnels"].items()},
        apart=data.get("apart", {}),
    )
