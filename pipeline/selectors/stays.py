"""How long applications usually rest in a stage: from the moves of the last three years, in calendar days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

from pipeline.models import Snapshot
from pipeline.selectors.courses import courses, stage_numbers
from pipeline.workflows import PROGRAMMES

if TYPE_CHECKING:
    from numpy import ndarray

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
    """{programme: {stage: usual}} of the stays that both began and ended within three years.

    Moves that were taken back do not count. Two statements a programme, and some for what changed since it was kept.
    """
    since = as_of - timedelta(days=365 * YEARS)
    found: Stays = {}
    for programme in PROGRAMMES:
        for stage, lengths in _lengths(programme, since, as_of):
            if len(lengths) >= FEWEST:
                usual = Usual(quantile(lengths, 0.5), quantile(lengths, 0.9), len(lengths))
                found.setdefault(programme, {})[stage] = usual
    return found


def quantile(lengths: Sequence[int] | ndarray, share: float) -> int:
    """Of lengths in order the smallest that at least this share of the stays did not exceed."""
    return int(lengths[max(ceil(len(lengths) * share), 1) - 1])


def _lengths(programme: str, since: date, until: date) -> Iterator[tuple[str, ndarray]]:
    """(stage, the days of each stay in it, in order)."""
    import numpy as np

    known = courses(programme)
    within = (known.days >= since.toordinal()) & (known.days <= until.toordinal())
    of = np.repeat(np.arange(len(known)), known.moves)[within]
    days, stages = known.days[within], known.stages[within]
    follows = of[1:] == of[:-1]
    lengths, stages = np.diff(days)[follows], stages[:-1][follows]
    for number, code in enumerate(stage_numbers(programme)):
        yield code, np.sort(lengths[(stages == number) | (stages == -1 - number)])


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
