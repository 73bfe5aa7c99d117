"""The answer: how many will count, between which numbers, and how probably the target is met."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
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

    `here` are the numbers of the places that belong to the region asked for; None is all of them. `overrides` are
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
class Chances:
    """The open applications in order, column by column: a big city has hundreds of thousands of them."""

    keys: ndarray
    counts: ndarray
    lost: ndarray
    overrides: Mapping[int, float]

    def __len__(self) -> int:
        return len(self.keys)

    def chosen(self, places: ndarray) -> Chances:
        """Some of them, by their places."""
        return Chances(self.keys[places], self.counts[places], self.lost[places], self.overrides)

    def __iter__(self) -> Iterator[Chance]:
        for key, counts, lost in zip(*(column.tolist() for column in (self.keys, self.counts, self.lost)), strict=True):
            yield Chance(key, counts, lost, self.overrides.get(key))


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
    chances: Chances | None
    newcomers: float | None
    spread: Spread | None
    judged: Spread | None
    fresh: tuple[float, ...] = ()
    moved: Mapping[int, ndarray] = field(default_factory=dict)
    starts: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Learned:
    """What a history says on a day, whichever region of it is asked for.

    `begun` and `arrivals` count by place, one row for each earlier year: those opened by this day of it, and those
    opened later who still counted in it. `started` is the row of this year.
    """

    past: list[YearSpan]
    rates: Rates
    shock: shocks.Shock
    moved: Mapping[int, Rates]
    standing: Standing
    begun: list[ndarray]
    arrivals: list[ndarray]
    started: ndarray
    starts: tuple[tuple[int, float], ...]


def learn(history: History, question: Question) -> Learned:
    """The part of a forecast that all regions of one history share."""
    past = [span for span in question.past if _seen(history, span)]
    now, day, stages = question.now, question.day, question.stages
    rates = fit(history, now, past, day, stages)
    return Learned(
        past=past,
        rates=rates,
        shock=shocks.learn(residues(history, rates, now, past, day)),
        moved={weeks: fit(history, now, past, day, stages, delay=weeks * WEEK) for weeks in MOVES},
        standing=history.standing(day, now.last),
        begun=[history.started(span.first, span.aligned(day, now)) for span in past],
        arrivals=[history.newcomers(span.aligned(day, now), span.last) for span in past],
        started=history.started(now.first, day),
        starts=newcomers.starts(history, past, now, day),
    )


def forecast(history: History, question: Question, learned: Learned | None = None) -> Outlook:
    """The outlook; the same question on the same history gives the same numbers."""
    known = int((history.opened < question.now.first).sum())
    learned = learned or learn(history, question)
    if known < FEWEST or len(learned.past) < YEARS:
        return Outlook(known, NONE, None, None, None, None)
    here = question.here
    standing = _here(learned.standing, history, here)
    shares = learned.rates.of(standing)
    lively = newcomers.liveliness(_sum(learned.started, here), [_sum(begun, here) for begun in learned.begun])
    arrivals = [_sum(row, here) for row in learned.arrivals]
    worlds = _Worlds(question, standing, shares[:, COUNTED], learned.shock, arrivals, learned.past, lively)
    keys = history.keys[standing.cases]
    chances = Chances(keys, _open(shares[:, COUNTED]), _open(shares[:, LOST]), question.overrides)
    given = _given(keys, question.overrides)
    spread = worlds.spread(None)
    return Outlook(
        history=known,
        confidence=SOLID if known >= ENOUGH and len(learned.past) >= ENOUGH_YEARS else THIN,
        chances=chances,
        newcomers=round(sum(arrivals) / len(arrivals) * lively, 2),
        spread=spread,
        judged=spread if given is None else worlds.spread(given),
        fresh=tuple(learned.rates.shares[:, 0, COUNTED].round(4).tolist()),
        moved={weeks: of.of(standing)[:, COUNTED].round(4) for weeks, of in learned.moved.items()},
        starts=learned.starts,
    )


def _given(keys: ndarray, overrides: Mapping[int, float]) -> ndarray | None:
    """The probabilities that people set, in the order of the keys; None where they set none of these."""
    import numpy as np

    named = np.flatnonzero(np.isin(keys, np.array(list(overrides), dtype=np.int64)))
    if not len(named):
        return None
    found = np.full(len(keys), np.nan)
    found[named] = [overrides[key] for key in keys[named].tolist()]
    return found


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

    def spread(self, given: ndarray | None) -> Spread:
        """`given` are probabilities that people set, NaN for those of whom nobody said any; None where nobody did."""
        import numpy as np

        rng = np.random.default_rng(self._seed())
        named = np.unique(self.standing.rounds)
        extra = EDITION if self.question.new_edition else 0.0
        shifts = self.shock.draw(rng, WORLDS, len(named) + 1, extra)  # the last one is of those still to come
        weights = [MEMORY ** (self.question.now.year - span.year - 1) for span in self.past]
        tilt = self.lively * np.exp(0.5 * shifts[:, -1])
        coming = newcomers.draw(rng, self.arrivals, weights, WORLDS, tilt)
        given = np.full(len(self.counts), np.nan) if given is None else given
        later = _counted(rng, self.standing, self.counts, given, named, shifts)
        return _summary(self.question.done, coming + later, self.question.target)

    def _seed(self) -> int:
        rounded = self.counts.round(6).tobytes() + self.standing.rounds.astype("int64").tobytes()
        return zlib.crc32(rounded, self.question.day + 1000 * len(self.arrivals))


def _counted(
    rng: Generator, standing: Standing, counts: ndarray, given: ndarray, named: ndarray, shifts: ndarray
) -> ndarray:
    """How many of those open count in each world: equal ones are drawn together."""
    import numpy as np

    free = np.isnan(given)
    alike, number = _alike(counts[free], np.searchsorted(named, standing.rounds[free]))
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


def _alike(counts: ndarray, places: ndarray) -> tuple[ndarray, ndarray]:
    """The different pairs of probability and round in order, and how many have each."""
    import numpy as np

    chances, which = np.unique(counts, return_inverse=True)
    rounds = int(places.max(initial=0)) + 1
    number = np.bincount(which * rounds + places, minlength=len(chances) * rounds)
    there = np.flatnonzero(number)
    return np.column_stack((chances[there // rounds], there % rounds)), number[there]


def _open(shares: ndarray) -> ndarray:
    """Shares that are neither 0 nor 1: of an open application nothing is certain."""
    return shares.round(4).clip(0.0001, 0.9999)


def _seen(history: History, span: YearSpan) -> bool:
    """True when our history reaches back into this year."""
    return bool(((history.opened >= span.first) & (history.opened <= span.last)).any())


def _here(standing: Standing, history: History, here: ndarray | None) -> Standing:
    import numpy as np

    if here is None:
        return standing
    own = np.isin(history.places[standing.cases], here)
    parts: list[Any] = [standing.cases, standing.stages, standing.ages, standing.rounds, standing.outcomes]
    return Standing(*(part[own] for part in parts))


def _sum(by_place: ndarray, here: ndarray | None) -> int:
    """So many at some places, or everywhere."""
    return int(by_place.sum() if here is None else by_place[here[here < len(by_place)]].sum())
