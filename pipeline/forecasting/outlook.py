"""The answer: how many will count, between which numbers, and how probably the target is met."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.forecasting import newcomers, shocks
from pipeline.forecasting.history import COUNTED, LOST, WEEK, History, Standing, YearSpan
from pipeline.forecasting.rates import MEMORY, Rates, fit, residues

if TYPE_CHECKING:
    from numpy import ndarray
    from numpy.random import Generator

NONE, THIN, SOLID = "none", "thin", "solid"
FEWEST = 15  # of fewer earlier cases nothing is forecast
ENOUGH = 40  # of fewer the forecast is marked as thin
YEARS = 2  # earlier years that are needed
ENOUGH_YEARS = 3  # of fewer the forecast is marked as thin
WORLDS = 4000
MOVES = (-8, -4, 4, 8)  # weeks by which a round may be imagined to move
EDITION = 0.5  # logits by which the first year of a new edition may be off


@dataclass(frozen=True)
class Question:
    """What is asked: as of a working day of a year, having `done` so many, with `target` to reach.

    `here` are the places in the history that belong to the region asked for; None is all of them. `overrides` are
    probabilities that people set, by key of the case.
    """

    day: int
    now: YearSpan
    past: tuple[YearSpan, ...]
    stages: int
    done: float = 0
    target: float | None = None
    here: ndarray | None = None
    overrides: Mapping[int, float] = field(default_factory=dict)
    new_edition: bool = False


@dataclass(frozen=True)
class Chance:
    """One open application: the probabilities that it counts by the cut-off and that it is lost before."""

    key: int
    counts: float
    lost: float
    override: float | None = None


@dataclass(frozen=True)
class Spread:
    """A distribution of the final number: mean, the 10 % and 90 % points, how probably the target is met."""

    expected: float
    low: float
    high: float
    probability: float | None
    first: float  # the number that `masses[0]` belongs to; the others follow in steps of one
    masses: tuple[float, ...]


@dataclass(frozen=True)
class Outlook:
    """`spread` is the model's own, `judged` has the probabilities that people set; None with too little history.

    `fresh` is for each stage the probability that one who has just reached it counts by the cut-off. `moved` says of
    each of the `chances`, in their order, what it would be if its round came so many weeks later (earlier where
    negative). `starts` are numbers of working days ahead, each with the share of those begun by then
    that still count.
    """

    history: int
    confidence: str
    chances: tuple[Chance, ...]
    newcomers: float | None
    spread: Spread | None
    judged: Spread | None
    fresh: tuple[float, ...] = ()
    moved: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    starts: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Learned:
    """What a history says on a day, whichever region of it is asked for."""

    past: list[YearSpan]
    rates: Rates
    shock: shocks.Shock
    moved: Mapping[int, Rates]


def learn(history: History, question: Question) -> Learned:
    """The part of a forecast that all regions of one history share."""
    past = [span for span in question.past if _seen(history, span)]
    now, day, stages = question.now, question.day, question.stages
    rates = fit(history, now, past, day, stages)
    moved = {weeks: fit(history, now, past, day, stages, delay=weeks * WEEK) for weeks in MOVES}
    return Learned(past, rates, shocks.learn(residues(history, rates, now, past, day)), moved)


def forecast(history: History, question: Question, learned: Learned | None = None) -> Outlook:
    """The outlook; the same question on the same history gives the same numbers."""
    learned = learned or learn(history, question)
    past, shock = learned.past, learned.shock
    standing = _here(history.standing(question.day, question.now.last), question.here)
    arrivals = [_newcomers(history, span, question) for span in past]
    known = int((history.opened < question.now.first).sum())
    if known < FEWEST or len(past) < YEARS:
        return Outlook(known, NONE, (), None, None, None)
    shares = learned.rates.of(standing)
    worlds = _Worlds(question, standing, shares[:, COUNTED], shock, arrivals, past, _lively(history, past, question))
    keys = [int(history.keys[case]) for case in standing.cases]
    own = [question.overrides.get(key) for key in keys]
    chances = tuple(
        Chance(key, _open(row[COUNTED]), _open(row[LOST]), given)
        for key, row, given in zip(keys, shares, own, strict=True)
    )
    confidence = SOLID if known >= ENOUGH and len(past) >= ENOUGH_YEARS else THIN
    usual = sum(arrivals) / len(arrivals) * worlds.lively
    spread = worlds.spread([None] * len(own))
    judged = worlds.spread(own) if any(given is not None for given in own) else spread
    fresh = tuple(learned.rates.shares[:, 0, COUNTED].round(4).tolist())
    moved = {weeks: tuple(of.of(standing)[:, COUNTED].round(4).tolist()) for weeks, of in learned.moved.items()}
    starts = newcomers.starts(history, past, question.now, question.day)
    return Outlook(known, confidence, chances, round(usual, 2), spread, judged, fresh, moved, starts)


@dataclass(frozen=True)
class _Worlds:
    """Many possible ends of the year, each with its own shocks."""

    question: Question
    standing: Standing
    counts: ndarray
    shock: shocks.Shock
    arrivals: list[int]
    past: list[YearSpan]
    lively: float

    def spread(self, overrides: list[float | None]) -> Spread:
        import numpy as np

        rng = np.random.default_rng(self._seed())
        named = np.unique(self.standing.rounds)
        extra = EDITION if self.question.new_edition else 0.0
        shifts = self.shock.draw(rng, WORLDS, len(named) + 1, extra)  # the last one is of those still to come
        weights = [MEMORY ** (self.question.now.year - span.year - 1) for span in self.past]
        tilt = self.lively * np.exp(0.5 * shifts[:, -1])
        coming = newcomers.draw(rng, self.arrivals, weights, WORLDS, tilt)
        given = np.array([np.nan if one is None else one for one in overrides], dtype=float)
        later = _counted(rng, self.standing, self.counts, given, named, shifts)
        return _summary(self.question.done, coming + later, self.question.target)

    def _seed(self) -> int:
        rounded = self.counts.round(6).tobytes() + self.standing.rounds.tobytes()
        return zlib.crc32(rounded, self.question.day + 1000 * len(self.arrivals))


def _counted(
    rng: Generator, standing: Standing, counts: ndarray, given: ndarray, named: ndarray, shifts: ndarray
) -> ndarray:
    """How many of those open count in each world: equal ones are drawn together."""
    import numpy as np

    free = np.isnan(given)
    places = np.searchsorted(named, standing.rounds)
    alike, number = np.unique(np.column_stack((counts[free], places[free])), axis=0, return_counts=True)
    logits = np.log(alike[:, 0] / (1 - alike[:, 0]))
    chance = 1 / (1 + np.exp(-(logits[None, :] + shifts[:, alike[:, 1].astype(int)])))
    total = rng.binomial(number[None, :], chance).sum(1)
    return total + rng.binomial(1, given[~free][None, :], size=(len(shifts), int((~free).sum()))).sum(1)


def _summary(done: float, more: ndarray, target: float | None) -> Spread:
    import numpy as np

    totals = done + more
    first = float(totals.min())
    masses = np.bincount((totals - first).astype(int)) / len(totals)
    low, high = (float(np.quantile(totals, share, method="inverted_cdf")) for share in (0.1, 0.9))
    met = None if target is None else _met(done, totals, target)
    mean = round(float(totals.mean()), 2)
    return Spread(mean, low, high, met, first, tuple(masses.round(5).tolist()))


def _met(done: float, totals: ndarray, target: float) -> float:
    """The probability of the target: only what is done already is certain, however many worlds agree."""
    if done >= target:
        return 1.0
    return round(float(((totals >= target).sum() + 0.5) / (len(totals) + 1)), 4)


def _open(share: float) -> float:
    """A share that is neither 0 nor 1: of an open application nothing is certain."""
    return min(max(round(float(share), 4), 0.0001), 0.9999)


def _seen(history: History, span: YearSpan) -> bool:
    """True when our history reaches back into this year."""
    return bool(((history.opened >= span.first) & (history.opened <= span.last)).any())


def _here(standing: Standing, here: ndarray | None) -> Standing:
    import numpy as np

    if here is None:
        return standing
    own = np.isin(standing.cases, here)
    parts: list[Any] = [standing.cases, standing.stages, standing.ages, standing.rounds, standing.outcomes]
    return Standing(*(part[own] for part in parts))


def _newcomers(history: History, span: YearSpan, question: Question) -> int:
    return history.newcomers(span.aligned(question.day, question.now), span.last, question.here)


def _lively(history: History, past: list[YearSpan], question: Question) -> float:
    now, day, here = question.now, question.day, question.here
    before = [history.starts(span.first, span.aligned(day, now), here) for span in past]
    return newcomers.liveliness(history.starts(now.first, day, here), before)
