"""Cities with a known truth, to test the forecast on. Seeded; nothing here is shaped like the forecast's own model.

Firms differ in quality and speed, waits are log-normal, filings pile up before the last days of the rounds, panels are
strict or mild with heavy tails, notices come late for whole rounds, papers are sent back, cities grow and shrink.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.forecasting import FAR, Case, History, YearSpan

DAYS = 250  # working days of a year
LIBRARY, PREPARING, SUBMITTED, EXPERT, NOTICE = range(5)
STAGES = 5
CLOSINGS = (75, 120, 170)  # of the rounds, in working days from the year's beginning


@dataclass(frozen=True)
class City:
    """The ways of one city: what it does not know of itself."""

    volume: float
    growth: float
    lenience: float
    strictness: float  # how far rounds differ, in logits
    pace: float
    lateness: float
    rounds: int


@dataclass(frozen=True)
class Round:
    """One round: when it closes, what its panel adds to every firm's chances, when its results come."""

    closes: int
    mood: float
    reviewed: float
    announced: float


@dataclass(frozen=True)
class CityYear:
    """What the forecast gets, and what it has to find: `final` is the number at the cut-off."""

    history: History
    now: YearSpan
    past: tuple[YearSpan, ...]
    day: int
    done: int
    final: int
    target: int


def city_year(seed: int, *, years: int | None = None, volume: float | None = None) -> CityYear:
    """One city with three to seven earlier years, asked on some day between March and November."""
    rng = np.random.default_rng(seed)
    city = _city(rng, volume)
    span = years or int(rng.integers(3, 8))
    calendar = [_rounds(rng, city, year) for year in range(span + 2)]
    cases = [case for year in range(span + 1) for case in _year(rng, city, year, span, calendar)]
    history = History.of(case._replace(key=place) for place, case in enumerate(cases))
    spans = [_span(year, calendar[year]) for year in range(span + 1)]
    now, past = spans[-1], tuple(spans[:-1])
    day = now.first + int(rng.integers(45, 225))
    done = _counted(history, now.first, day)
    final = _counted(history, now.first, now.last)
    before = _counted(history, past[-1].first, past[-1].last)
    target = max(1, round(before * rng.uniform(0.75, 1.25)))
    return CityYear(history, now, past, day, done, final, target)


def _city(rng: Generator, volume: float | None) -> City:
    return City(
        volume=volume or float(rng.lognormal(np.log(70), 0.5)),
        growth=float(rng.normal(0.03, 0.06)),
        lenience=float(rng.normal(0.9, 0.6)),
        strictness=float(rng.gamma(3.0, 0.13)),
        pace=float(rng.lognormal(0, 0.2)),
        lateness=float(rng.uniform(0.05, 0.2)),
        rounds=int(rng.integers(2, 4)),
    )


def _rounds(rng: Generator, city: City, year: int) -> list[Round]:
    """The rounds of a year: their days wander, their panels differ with heavy tails."""
    found = []
    for closing in CLOSINGS[-city.rounds :]:
        closes = year * DAYS + int(closing + np.clip(rng.normal(0, 7), -18, 18))
        mood = city.strictness * float(rng.standard_t(5))
        reviewed = float(rng.lognormal(np.log(30), city.lateness))
        found.append(Round(closes, mood, reviewed, float(rng.lognormal(np.log(22), city.lateness))))
    return found


def _span(year: int, rounds: list[Round]) -> YearSpan:
    return YearSpan(year, year * DAYS, (year + 1) * DAYS - 1, tuple(one.closes for one in rounds))


def _year(rng: Generator, city: City, year: int, last: int, calendar: list[list[Round]]) -> Iterator[Case]:
    """The firms that start in a year: more of them in spring, more or fewer than the city's trend by a whole amount."""
    mean = city.volume * (1 + city.growth) ** (year - last) * rng.gamma(12, 1 / 12)
    for _firm in range(rng.poisson(mean)):
        opened = year * DAYS + int(DAYS * (rng.beta(2, 4) if rng.random() < 0.8 else rng.random()))
        yield _firm_of(rng, city, min(opened, (year + 1) * DAYS - 1), calendar)


def _firm_of(rng: Generator, city: City, opened: int, calendar: list[list[Round]]) -> Case:
    good = rng.random() < 0.7
    quality = city.lenience + (rng.normal(0.8, 0.7) if good else rng.normal(-1.0, 0.8))
    speed = city.pace * rng.lognormal(0, 0.35) * (0.85 if good else 1.25)
    starts = opened + speed * rng.lognormal(np.log(18), 0.7)
    gives_up = opened + rng.lognormal(np.log(160 if good else 80), 0.9)
    stays = [(LIBRARY, opened)]
    if gives_up <= starts:
        return Case(0, opened, tuple(stays), lost=int(gives_up))
    stays.append((PREPARING, int(starts)))
    ready = starts + speed * rng.lognormal(np.log(35), 0.6)
    return _filing(rng, city, Case(0, opened, tuple(stays)), ready, gives_up, quality, calendar)


def _filing(
    rng: Generator, city: City, case: Case, ready: float, gives_up: float, quality: float, calendar: list[list[Round]]
) -> Case:
    """Who is ready files shortly before the round closes, or waits for the next one, of this year or the year after."""
    number, round = next(
        ((place + 1, one) for rounds in calendar for place, one in enumerate(rounds) if one.closes >= ready), (0, None)
    )
    if round is None or gives_up < round.closes - 10:
        return case._replace(lost=int(gives_up) if round is not None or gives_up < FAR else FAR)
    files = max(ready, round.closes - rng.exponential(8))
    stays, at = [*case.stays, (SUBMITTED, int(files))], round.closes + rng.lognormal(np.log(6), 0.5)
    if rng.random() < 0.2:  # sent back once
        stays, at = [*stays, (PREPARING, int(at)), (SUBMITTED, int(at + 6))], at + rng.lognormal(np.log(12), 0.4)
    stays.append((EXPERT, int(at)))
    decided = at + round.reviewed + rng.lognormal(np.log(5), 0.6)
    case = case._replace(stays=tuple(stays), round=number)
    if rng.random() > 1 / (1 + np.exp(-(quality + round.mood))):
        return case._replace(lost=int(decided))
    granted = decided + round.announced + rng.lognormal(np.log(6), 0.5)
    return case._replace(stays=(*stays, (NOTICE, int(decided))), counted=int(granted))


def _counted(history: History, first: int, until: int) -> int:
    return int(((history.counted >= first) & (history.counted <= until)).sum())
