"""Whether the forecast is honest: on cities whose end is known, against two simple ways of guessing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from config.benchmark.cities import STAGES, CityYear, city_year
from config.benchmark.jobs import measure
from pipeline.forecasting import NONE, Outlook, Question, forecast
from pipeline.forecasting.history import COUNTED

SEED = 20_000
CITY_YEARS = 1000


@dataclass(frozen=True)
class Trial:
    """One city-year: where the truth fell in the forecast, and the squared errors of each way of guessing."""

    pit: float
    met: bool
    probability: float
    target_errors: tuple[float, float, float]  # the forecast, stage average, last year's share
    single_errors: tuple[float, float, float]
    singles: int
    guesses: tuple[tuple[float, bool], ...]


def question(city: CityYear) -> Question:
    """The question that a city asks on its day."""
    return Question(day=city.day, now=city.now, past=city.past, stages=STAGES, done=city.done, target=city.target)


def trial(seed: int) -> Trial | None:
    """One city-year; None where the forecast says that it has too little history."""
    city = city_year(seed)
    outlook = forecast(city.history, question(city))
    if outlook.confidence == NONE or outlook.spread is None or outlook.chances is None:
        return None
    standing = city.history.standing(city.day, city.now.last)
    truth = (standing.outcomes == COUNTED).astype(float)
    ours = outlook.chances.counts
    average, averaged = stage_average(city)
    share, shared = last_year(city)
    met = city.final >= city.target
    singles = tuple(float(((guess - truth) ** 2).sum()) for guess in (ours, average, share))
    probabilities = (outlook.spread.probability or 0.0, averaged, shared)
    return Trial(
        pit=_pit(outlook, city.final, np.random.default_rng(seed + 1)),
        met=met,
        probability=probabilities[0],
        target_errors=tuple((one - met) ** 2 for one in probabilities),  # type: ignore[arg-type]
        single_errors=singles,  # type: ignore[arg-type]
        singles=len(truth),
        guesses=tuple(zip(ours.tolist(), (truth == 1).tolist(), strict=True)),
    )


def _pit(outlook: Outlook, final: int, rng: np.random.Generator) -> float:
    """Where the truth falls in the forecast, 0–1, spread evenly over its own step."""
    spread = outlook.spread
    assert spread is not None
    place = int(final - spread.first)
    below = sum(spread.masses[: max(place, 0)])
    at = spread.masses[place] if 0 <= place < len(spread.masses) else 0.0
    return float(below + rng.random() * at)


def stage_average(city: CityYear) -> tuple[np.ndarray, float]:
    """The way of CRMs: everybody in a stage gets the share of those who ever reached it and counted in the end."""
    history, before = city.history, city.now.first
    of_case = np.repeat(np.arange(len(history)), np.diff(history.begins))
    reached = [set(of_case[(history.stay_stage == stage) & (history.stay_from < before)]) for stage in range(STAGES)]
    counted = set(np.flatnonzero(history.counted < before))
    shares = np.array([(len(cases & counted) + 0.5) / (len(cases) + 1) for cases in reached])
    guess = shares[history.standing(city.day, city.now.last).stages]
    coming = [history.newcomers(span.first + city.day - city.now.first, span.last).sum() for span in city.past]
    return guess, _reaches(city, guess, float(np.mean(coming)))


def last_year(city: CityYear) -> tuple[np.ndarray, float]:
    """The way of most offices: as last year on this day, everybody open gets the share of their stage then."""
    span = city.past[-1]
    then = city.history.standing(span.first + city.day - city.now.first, span.last)
    hits = np.bincount(then.stages, weights=then.outcomes == COUNTED, minlength=STAGES)
    number = np.bincount(then.stages, minlength=STAGES)
    overall = (hits.sum() + 0.5) / (number.sum() + 1)
    shares = np.where(number > 0, hits / np.maximum(number, 1), overall)
    guess = shares[city.history.standing(city.day, city.now.last).stages]
    coming = city.history.newcomers(span.first + city.day - city.now.first, span.last).sum()
    return guess, _reaches(city, guess, float(coming))


def _reaches(city: CityYear, guess: np.ndarray, coming: float) -> float:
    """The probability of the target where each firm is a coin of its own: the usual bell curve."""
    mean = city.done + float(guess.sum()) + coming
    spread = math.sqrt(float((guess * (1 - guess)).sum()) + coming + 0.25)
    return float(norm.sf((city.target - 0.5 - mean) / spread))


def validate(number: int, *, seed: int = SEED) -> dict[str, Any]:
    """The figures of docs/forecast.md over so many city-years."""
    trials = [one for one in (trial(seed + place) for place in range(number)) if one is not None]
    pits = np.array([one.pit for one in trials])
    singles = sum(one.singles for one in trials)
    return {
        "city_years": number,
        "forecast": len(trials),
        "applications": singles,
        "coverage_80": round(float(((pits > 0.1) & (pits < 0.9)).mean()), 4),
        "pit_deciles": [int(count) for count in np.histogram(pits, bins=10, range=(0, 1))[0]],
        "targets_met": round(float(np.mean([one.met for one in trials])), 4),
        "brier_target": _named(np.mean([one.target_errors for one in trials], axis=0)),
        "brier_single": _named(np.sum([one.single_errors for one in trials], axis=0) / singles),
        "reliability_target": reliability([(one.probability, one.met) for one in trials]),
        "reliability_single": reliability([pair for one in trials for pair in one.guesses]),
    }


def forecast_job(number: int = CITY_YEARS) -> dict[str, Any]:
    """The validation as a job: city-years a second, and what it found."""
    found: dict[str, Any] = {}

    def run() -> int:
        found.update(validate(number))
        return number

    return measure(run) | {"findings": found}


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """In ten classes of stated probability: the mean stated, the share that came true, how many."""
    said, came = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    places = np.minimum((said * 10).astype(int), 9)
    classes = [places == place for place in range(10)]
    return [
        (round(float(said[c].mean()), 4), round(float(came[c].mean()), 4), int(c.sum())) for c in classes if c.any()
    ]


def _named(errors: np.ndarray) -> dict[str, float]:
    return dict(zip(("forecast", "stage average", "last year"), (round(float(one), 4) for one in errors), strict=True))
