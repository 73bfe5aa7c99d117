"""Who to push: gain in the probability of meeting the target × urgency × closability."""

import itertools

import pytest

from pipeline.forecasting.pushing import Gain, gain_of, others, urgency

CHANCES = (0.9, 0.1, 0.5, 0.35, 0.72, 0.05)


def numbers_of(chances):
    """The distribution of how many count, by going through every outcome."""
    masses = [0.0] * (len(chances) + 1)
    for outcome in itertools.product((0, 1), repeat=len(chances)):
        weight = 1.0
        for came, chance in zip(outcome, chances, strict=True):
            weight *= chance if came else 1 - chance
        masses[sum(outcome)] += weight
    return masses


@pytest.mark.parametrize("place", range(len(CHANCES)))
def test_without_one_firm_the_numbers_are_those_of_the_others(place):
    rest = CHANCES[:place] + CHANCES[place + 1 :]

    assert others(numbers_of(CHANCES), CHANCES[place]) == pytest.approx(numbers_of(rest))


@pytest.mark.parametrize("place", range(len(CHANCES)))
@pytest.mark.parametrize("need", [0, 1, 3, 6, 7])
def test_a_gain_is_what_the_probability_of_meeting_the_target_rises_by(place, need):
    pushed = 0.95
    after = (*CHANCES[:place], pushed, *CHANCES[place + 1 :])
    rise = sum(numbers_of(after)[need:]) - sum(numbers_of(CHANCES)[need:])

    gain = gain_of(numbers_of(CHANCES), need, CHANCES[place], pushed)

    assert gain.probability == pytest.approx(rise, abs=1e-12)
    assert gain.count == pytest.approx(pushed - CHANCES[place])


def test_a_push_that_cannot_help_gains_nothing():
    assert gain_of(numbers_of(CHANCES), 3, 0.9, 0.8) == Gain(0.0, 0.0)
    assert gain_of([1.0], 1, 0.0, 0.4) == Gain(0.4, 0.4)


@pytest.mark.parametrize(
    ("workdays", "expected"), [(0, 1), (5, 1), (6, 20 / 21), (25, 0.5), (65, 0.25), (-1, 0.3), (None, 0.5)]
)
def test_urgency_is_highest_in_the_last_five_working_days(workdays, expected):
    assert urgency(workdays) == pytest.approx(expected)
