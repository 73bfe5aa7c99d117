"""How long applications usually rest in a stage: from the moves of the last three years, in calendar days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter

from django.utils import timezone

from pipeline.models import Snapshot, StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.calendar import midnight

YEARS = 3
FEWEST = 5  # of fewer finished stays nothing usual is said

Stays = dict[str, dict[str, "Usual"]]


@dataclass(frozen=True)
class Usual:
    """Half of the stays ended within `median` days, nine of ten within `most`; `number` is how many there were."""

    median: int
    most: int
    number: int


def usual_stays(as_of: date) -> Stays:
    """{programme: {stage: usual}} of the stays that both began and ended within three years. Two statements, the
    moves streamed.

    Moves that were taken back do not count. Memory follows the different lengths, not the number of moves.
    """
    since = midnight(as_of - timedelta(days=365 * YEARS))
    until = midnight(as_of + timedelta(days=1))
    lengths: dict[tuple[str, str], Counter[int]] = {}
    for programme, stage, days in _stays(since, until):
        lengths.setdefault((programme, stage), Counter())[days] += 1
    found: Stays = {}
    for (programme, stage), counted in lengths.items():
        if counted.total() >= FEWEST:
            usual = Usual(quantile(counted, 0.5), quantile(counted, 0.9), counted.total())
            found.setdefault(programme, {})[stage] = usual
    return found


def quantile(counted: Counter[int], share: float) -> int:
    """The smallest length that at least this share of the stays did not exceed."""
    wanted, seen = counted.total() * share, 0
    for days in sorted(counted):
        seen += counted[days]
        if seen >= wanted:
            return days
    raise ValueError("no stays")


def _stays(since: datetime, until: datetime) -> Iterator[tuple[str, str, int]]:
    """(programme, stage, days) of each stay. Read as plain values: a big city has ten million moves."""
    events = StageEvent.objects.filter(at__gte=since, at__lt=until)
    taken_back = {
        (application, version)
        for application, details in events.filter(transition=UNDO).values_list("application_id", "details")
        for version in details["undoes"]
    }
    columns = ("application_id", "version", "application__programme", "to_stage", "at")
    in_order = events.exclude(transition=UNDO).order_by("application", "version").values_list(*columns)
    zone = timezone.get_default_timezone()
    for _application, moves in groupby(in_order.iterator(chunk_size=5000), key=itemgetter(0)):
        standing = [
            (programme, stage, at.astimezone(zone).toordinal())
            for application, version, programme, stage, at in moves
            if not taken_back or (application, version) not in taken_back
        ]
        for (programme, stage, came), (_programme, _stage, went) in pairwise(standing):
            yield programme, stage, went - came


def compiled_stays(programme: str) -> dict[str, Usual]:
    """{stage: usual} as the newest snapshot of the whole tree has it. One query."""
    whole = Snapshot.objects.filter(region__parent=None).order_by("-as_of")
    usual = whole.values_list(f"data__usual__{programme}", flat=True).first() or {}
    return {stage: Usual(*figures) for stage, figures in usual.items()}


def every_compiled_stay() -> Stays:
    """The same for all programmes at once. One query."""
    whole = Snapshot.objects.filter(region__parent=None).order_by("-as_of")
    usual = whole.values_list("data__usual", flat=True).first() or {}
    return {name: {stage: Usual(*figures) for stage, figures in stages.items()} for name, stages in usual.items()}
