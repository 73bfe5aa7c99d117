"""What small numbers allow to be said."""

import random

import pytest

from pipeline.intervals import Lengths, wilson


@pytest.mark.parametrize(
    ("hits", "number", "low", "high"),
    [
        (12, 18, 0.473, 0.817),
        (0, 10, 0.0, 0.213),
        (10, 10, 0.787, 1.0),
        (1, 1, 0.2699, 1.0),
        (500, 1000, 0.474, 0.526),
    ],
)
def test_the_wilson_interval(hits, number, low, high):
    found = wilson(hits, number)

    assert (round(found[0], 3), round(found[1], 3)) == (round(low, 3), round(high, 3))


def test_of_nobody_nothing_is_said():
    assert wilson(0, 0) is None


def lengths(ended=(), going_on=()):
    found = Lengths()
    for days in ended:
        found.add(days, 1, ended=True)
    for days in going_on:
        found.add(days, 1, ended=False)
    return found


def test_without_open_stays_the_quantile_is_the_ordinary_one():
    found = lengths(range(1, 11))

    assert [found.quantile(share) for share in (0.1, 0.5, 0.9, 1.0)] == [1, 5, 9, 10]


def test_open_stays_push_the_median_up_and_may_leave_it_unknown():
    assert lengths([2, 2, 3]).quantile(0.5) == 2
    assert lengths([2, 2, 3], going_on=[5, 5]).quantile(0.5) == 3
    assert lengths([2, 2], going_on=[5, 5, 5]).quantile(0.5) is None
    assert lengths(going_on=[1]).quantile(0.5) is None


def test_open_stays_shorter_than_all_that_ended_change_nothing():
    assert lengths([4, 6, 8], going_on=[0, 1]).quantile(0.5) == 6


def test_the_median_of_a_censored_sample_is_near_the_true_one():
    rng = random.Random(7)
    found = Lengths()
    for _nth in range(4000):
        true, seen = rng.randint(1, 99), rng.randint(1, 150)
        found.add(min(true, seen), 1, ended=true <= seen)

    assert abs(found.quantile(0.5) - 50) <= 3
