"""What became of applications like these: shares of each outcome, shrunk from the specific to the general.

A landmark is a day of an earlier year that lies between the rounds as today does. Who was open then, and what became of
them by that year's cut-off, is known without censoring: the share of an outcome is the cumulative incidence that an
Aalen–Johansen estimate started at the landmark would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.forecasting.history import AGES, COUNTED, WEEK, YEAR, History, Standing, YearSpan

if TYPE_CHECKING:
    from numpy import ndarray

KERNEL = ((0, 0.4), (-3 * WEEK, 0.2), (3 * WEEK, 0.2), (-6 * WEEK, 0.1), (6 * WEEK, 0.1))
MEMORY = 0.9  # a year further back weighs this much of the one after it
ROAMING = 4 * WEEK  # days between the landmarks of a history that does not look at the season
ROAMING_WEIGHT = 3.0  # cases that the whole programme is worth within a stage, whatever the season
STAGE_WEIGHT = 2.0  # cases that a stage at any season is worth within the same stage at this one
AGE_WEIGHT = 6.0  # cases that a stage is worth within one of its classes of age


@dataclass(frozen=True)
class Rates:
    """Shares of (open, counted, lost) by stage and class of age."""

    shares: ndarray

    def of(self, standing: Standing) -> ndarray:
        """The shares of everybody open, one row each."""
        return self.shares[standing.stages, standing.ages]


@dataclass(frozen=True)
class Residue:
    """Rounds of earlier years: how many of those open counted, how many were expected, with which variance."""

    counted: ndarray
    expected: ndarray
    variance: ndarray


def fit(history: History, now: YearSpan, past: Iterable[YearSpan], day: int, stages: int, *, delay: int = 0) -> Rates:
    """The rates on a day of this year, from the same position in earlier years.

    With a `delay` of so many working days everything comes that much later, so the cut-off that much sooner.

    A stage in which hardly anybody stood then leans on what became of those who stood in it at any season, within as
    many days as are left now.
    """
    import numpy as np

    past = list(past)
    tally = np.zeros((stages, len(AGES) + 1, 3))
    for weight, standing in _landmarks(history, now, past, day, delay):
        np.add.at(tally, (standing.stages, standing.ages, standing.outcomes), weight)
    by_stage = _shrunk(tally.sum(1), _any_season(history, now, past, day, stages, delay), STAGE_WEIGHT)
    return Rates(_shrunk(tally, by_stage[:, None, :], AGE_WEIGHT))


def _any_season(history: History, now: YearSpan, past: list[YearSpan], day: int, stages: int, delay: int) -> ndarray:
    """Shares by stage within as many days as are left, whatever the season. Nothing after `day` is looked at."""
    import numpy as np

    left, tally = max(now.last - delay - day, 0), np.zeros((stages, 3))
    for first in (span.first for span in past):
        for at in range(first, min(first + YEAR, day - left), ROAMING):
            standing = history.standing(at, at + left)
            np.add.at(tally, (standing.stages, standing.outcomes), ROAMING / YEAR)
    overall = _shrunk(tally.sum(0), np.full(3, 1 / 3), 1.0)
    return _shrunk(tally, overall, ROAMING_WEIGHT)


def residues(history: History, rates: Rates, now: YearSpan, past: Iterable[YearSpan], day: int) -> Residue:
    """What the rates miss by round and year: the material from which the shared shock is estimated."""
    import numpy as np

    rows = []
    for span in past:
        standing = history.standing(span.aligned(day, now), span.last)
        chance = rates.of(standing)[:, COUNTED]
        for round in np.unique(standing.rounds):
            own = standing.rounds == round
            p = chance[own]
            rows.append(((standing.outcomes[own] == COUNTED).sum(), p.sum(), (p * (1 - p)).sum()))
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return Residue(table[:, 0], table[:, 1], table[:, 2])


def _landmarks(
    history: History, now: YearSpan, past: Iterable[YearSpan], day: int, delay: int
) -> Iterator[tuple[float, Standing]]:
    """Each earlier year's landmarks: how much it weighs and who stood there. Nothing after `day` is looked at."""
    for span in past:
        at = span.aligned(day, now)
        used = [(shift, weight) for shift, weight in KERNEL if span.first <= at + shift < span.last or shift == 0]
        whole = sum(weight for _shift, weight in used)
        for shift, weight in used:
            until = min(max(span.last - delay, at + shift), day)
            standing = history.standing(at + shift, until)
            yield weight / whole * MEMORY ** (now.year - span.year - 1), standing


def _shrunk(tally: ndarray, parent: ndarray, weight: float) -> ndarray:
    """The mean of a Dirichlet whose prior is worth `weight` cases of the parent."""
    return (tally + weight * parent) / (tally.sum(-1, keepdims=True) + weight)
