"""Parts of the compiled snapshots: what a page shows without counting anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from crm.access import ways_up
from crm.models import Region
from pipeline.models import Snapshot


@dataclass(frozen=True)
class Taken:
    """One part of a region's snapshot."""

    as_of: date
    taken_at: datetime
    part: Any


def taken(region: Region, part: str, *, today: date, as_of: date | None) -> Taken | None:
    """The newest where today is asked for; of an earlier day one that was taken when that day was over.

    `part` is the way through the document, such as `cohorts__high_tech`. None where no snapshot of that year has it.
    One query.
    """
    rows = Snapshot.objects.filter(region=region, as_of=as_of) if as_of else Snapshot.objects.filter(region=region)
    found = rows.order_by("-as_of").values_list("as_of", "taken_at", f"data__{part}").first()
    if found is None:
        return None
    day, taken_at, own = found
    whole = not as_of or as_of == today or timezone.localdate(taken_at) > as_of
    if own is None or day.year != (as_of or today).year or not whole:
        return None
    return Taken(day, taken_at, own)


def below_each(paths: Iterable[str]) -> dict[str, list[str]]:
    """{path: those of the paths that lie right below it}"""
    found: dict[str, list[str]] = {path: [] for path in paths}
    for path in found:
        for parent in ways_up(path)[1:2]:
            if parent in found:
                found[parent].append(path)
    return found
