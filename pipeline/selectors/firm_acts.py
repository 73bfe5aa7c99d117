"""What a bulk act would meet: how many firms, which of them one may not write, and whom it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from crm.access import WRITERS, city_of, may_write, ways_up
from crm.models import Firm, Region, Tag, User
from pipeline.models import Application, Shortlist
from pipeline.workflows import PROGRAMMES

NAMED = 50
CHUNK = 5000  # keys of one statement: SQLite takes no more than 32,766


@dataclass(frozen=True)
class Preview:
    """What was chosen, as it is now: how many firms are there, how many are no longer to be seen or written."""

    chosen: int
    found: int
    readonly: int
    running: int  # open applications, which follow their firm's officer
    firms: list[Firm]

    @property
    def missing(self) -> int:
        return self.chosen - self.found


def preview(keys: Sequence[int], user: User) -> Preview:
    """Three queries for each 5,000 firms, and one for the first fifty names."""
    found = readonly = running = 0
    visible = Firm.objects.visible_to(user)
    for start in range(0, len(keys), CHUNK):
        some = visible.filter(pk__in=keys[start : start + CHUNK])
        paths = some.order_by().values_list("region_path").annotate(Count("pk"))
        for path, number in paths:
            found += number
            readonly += 0 if may_write(user, path) else number
        running += Application.objects.open().filter(firm__in=some.order_by().values("pk")).count()
    firms = visible.filter(pk__in=keys[:NAMED]).select_related("region", "officer")
    return Preview(len(keys), found, readonly, running, sorted(firms, key=lambda firm: list(keys).index(firm.pk)))


def officers_near(region: Region) -> list[User]:
    """Who may be given firms of this region or of a part of it, at most a hundred. One query."""
    writers = User.objects.filter(is_active=True, posts__role__in=WRITERS)
    near = writers.filter(posts__region__path__in=ways_up(region.path)) | writers.filter(
        posts__region__path__under=region.path
    )
    return list(near.distinct().order_by("name", "pk")[:100])


def tags_for(user: User, region: Region, *, standing: bool = True) -> list[Tag]:
    """The tags that firms of the region can have. One query."""
    tags = Tag.objects.visible_to(user).filter(region_path__under=city_of(region.path))
    return list((tags.standing() if standing else tags).order_by("name", "region_path")[:100])


def shortlists_for(user: User, region: Region) -> list[Shortlist]:
    """The newest lists of the region that one may add to. One query."""
    rows = Shortlist.objects.visible_to(user).filter(region_path__under=city_of(region.path)).select_related("region")
    return [row for row in rows.order_by("-pk")[:100] if may_write(user, row.region_path)]


def programme_choices() -> list[tuple[str, str]]:
    return [(code, str(table.label)) for code, table in PROGRAMMES.items()]


def mails_on_opening(programme: str) -> bool:
    """True where the stage in which applications begin is told to their firm."""
    table = PROGRAMMES[programme]
    return table.stage(table.initial).mails_firm
