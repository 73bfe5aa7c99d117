"""The forecast as numbers, on cities whose end is known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from config.benchmark.cities import STAGES, city_year
from config.benchmark.forecasting import question, validate
from pipeline.forecasting import NONE, SOLID, THIN, Case, History, Question, YearSpan, forecast

NOW = YearSpan(2026, 500, 749, (620,))
PAST = (YearSpan(2024, 0, 249, (120,)), YearSpan(2025, 250, 499, (370,)))


def like(number: int, *, year: int, counted: int) -> list[Case]:
    """Applications of a year that were opened on its 40th day; the first `counted` of them counted on the 200th."""
    first = year * 250
    return [
        Case(
            key=1000 * year + place,
            opened=first + 40,
            stays=((0, first + 40),),
            counted=first + 200 if place < counted else 10**9,
            lost=10**9 if place < counted else first + 180,
        )
        for place in range(number)
    ]


def asked(**changes) -> Question:
    return replace(Question(day=600, now=NOW, past=PAST, stages=STAGES, done=3, target=20), **changes)


def test_on_simulated_cities_the_interval_holds_and_both_simple_ways_are_beaten():
    found = validate(100)

    assert 0.72 <= found["coverage_80"] <= 0.88
    for kind in ("brier_target", "brier_single"):
        errors = found[kind]
        assert errors["forecast"] < min(errors["stage average"], errors["last year"])


def test_five_firms_of_history_are_called_too_few():
    history = History.of([*like(2, year=0, counted=1), *like(3, year=1, counted=2), *like(9, year=2, counted=0)])

    outlook = forecast(history, asked())

    assert (outlook.history, outlook.confidence, outlook.spread, outlook.judged) == (5, NONE, None, None)
    assert outlook.chances is None


def test_one_earlier_year_is_too_little_history():
    history = History.of([*like(50, year=1, counted=30), *like(20, year=2, counted=0)])

    assert forecast(history, asked()).confidence == NONE


def test_the_same_question_gives_the_same_numbers():
    city = city_year(7)

    first, second = (forecast(city.history, question(city)) for _time in range(2))

    assert (first.spread, first.newcomers, first.fresh) == (second.spread, second.newcomers, second.fresh)
    assert list(first.chances) == list(second.chances)


def test_shares_of_earlier_years_become_the_expected_number():
    history = History.of([*like(50, year=0, counted=30), *like(50, year=1, counted=30), *like(20, year=2, counted=0)])

    outlook = forecast(history, asked())

    assert (outlook.confidence, outlook.history, len(outlook.chances)) == (THIN, 100, 20)
    assert list(outlook.chances)[0].counts == pytest.approx(0.6, abs=0.02)
    assert list(outlook.chances)[0].lost == pytest.approx(0.4, abs=0.02)
    assert outlook.spread.expected == pytest.approx(15, abs=1)
    assert outlook.spread.low < outlook.spread.expected < outlook.spread.high


def test_three_years_and_forty_cases_are_enough():
    past = (YearSpan(2023, -250, -1, (-130,)), *PAST)
    cases = [case for year in (-1, 0, 1) for case in like(14, year=year, counted=8)]
    enough, fewer = History.of(cases), History.of(cases[3:])

    found = [forecast(history, asked(past=past)) for history in (enough, fewer)]

    assert [(outlook.history, outlook.confidence) for outlook in found] == [(42, SOLID), (39, THIN)]


def test_what_people_judge_stands_beside_the_forecast_and_does_not_change_it():
    history = History.of([*like(50, year=0, counted=30), *like(50, year=1, counted=30), *like(20, year=2, counted=0)])
    plain = forecast(history, asked())

    outlook = forecast(history, asked(overrides={2000: 1.0, 2001: 0.0, 2002: 1.0, 2003: 1.0}))

    assert outlook.spread == plain.spread
    assert outlook.judged.expected == pytest.approx(plain.spread.expected + 0.6, abs=0.2)
    assert [chance.override for chance in list(outlook.chances)[:5]] == [1.0, 0.0, 1.0, 1.0, None]


def test_a_new_edition_widens_the_forecast():
    history = History.of([*like(50, year=0, counted=30), *like(50, year=1, counted=30), *like(20, year=2, counted=0)])

    old, new = (forecast(history, asked(new_edition=said)).spread for said in (False, True))

    assert new.high - new.low > old.high - old.low


def test_a_higher_target_is_never_more_probable():
    city = city_year(11)

    found = [
        forecast(city.history, replace(question(city), target=goal)).spread.probability for goal in range(0, 200, 20)
    ]

    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0


def test_a_region_counts_its_own_firms_on_the_rates_of_all():
    cases = [*like(50, year=0, counted=30), *like(50, year=1, counted=30), *like(20, year=2, counted=0)]
    history = History.of(case._replace(place=place % 2) for place, case in enumerate(cases))

    outlook = forecast(history, asked(here=np.array([0]), done=0))

    assert [chance.key for chance in outlook.chances] == list(range(2000, 2020, 2))
    assert list(outlook.chances)[0].counts == pytest.approx(0.6, abs=0.02)


def test_days_are_aligned_between_the_rounds():
    assert PAST[0].aligned(620, NOW) == 120
    assert replace(PAST[0], rounds=(100,)).aligned(620, NOW) == 100
    assert PAST[0].aligned(749, NOW) == 249


def test_reading_stored_forecasts_does_not_load_numpy():
    code = "import sys, pipeline.forecasting; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
