"""Shortlists as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from crm.models import Job
from pipeline.models import Shortlist, ShortlistOpening

OPENED = Count("pk", filter=Q(application__isnull=False))
REFUSED = Count("pk", filter=Q(application=None))


def opening_key(shortlist: Shortlist) -> str:
    """What opening a list is about: no two of the same run at one time."""
    return f"shortlist:{shortlist.pk}"


def latest_opening(shortlist: Shortlist) -> Job | None:
    return Job.objects.filter(key=opening_key(shortlist)).order_by("-pk").first()


@dataclass(frozen=True)
class ListedShortlist:
    """A shortlist with the number of its firms, of applications opened and of refusals."""

    shortlist: Shortlist
    size: int
    opened: int
    refused: int


def listed(shortlists: Sequence[Shortlist]) -> list[ListedShortlist]:
    """The lists of a page with their numbers. Two queries."""
    firms = Shortlist.firms.through.objects.filter(shortlist__in=shortlists)
    sizes = dict(firms.values_list("shortlist").annotate(Count("pk")))
    openings = ShortlistOpening.objects.filter(shortlist__in=shortlists).order_by().values_list("shortlist")
    came = {row[0]: row[1:] for row in openings.annotate(opened=OPENED, refused=REFUSED)}
    return [ListedShortlist(row, sizes.get(row.pk, 0), *came.get(row.pk, (0, 0))) for row in shortlists]


def openings_of(shortlist: Shortlist, firms: list[int]) -> dict[int, ShortlistOpening]:
    """What came of these firms, by firm. One query."""
    rows = ShortlistOpening.objects.filter(shortlist=shortlist, firm__in=firms).select_related("application")
    return {row.firm_id: row for row in rows}


def counts_of(shortlist: Shortlist) -> dict[str, int]:
    """How many applications this list has opened, how many were refused. One query."""
    return ShortlistOpening.objects.filter(shortlist=shortlist).aggregate(opened=OPENED, refused=REFUSED)
