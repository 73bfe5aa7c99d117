"""What if: the stored distribution with some firms settled, more newcomers, and how many are needed."""

import pytest

from pipeline.forecasting.whatif import Numbers, changed, joined, starts_needed
from tests.pipeline.test_pushing import CHANCES, numbers_of


def of(chances, first=3.0):
    return Numbers(first, tuple(numbers_of(chances)))


def test_settled_firms_change_the_numbers_as_counting_anew_would():
    imagined = changed(of(CHANCES), [(0.9, 1.0), (0.1, 0.0), (0.35, 0.6)])

    assert imagined.masses == pytest.approx(numbers_of((1.0, 0.0, 0.5, 0.6, 0.72, 0.05)))


def test_certain_firms_can_be_imagined_otherwise():
    imagined = changed(of((1.0, 0.0, 0.5)), [(1.0, 0.3), (0.0, 0.4)])

    assert imagined.masses == pytest.approx(numbers_of((0.3, 0.4, 0.5)))


def test_nothing_imagined_changes_nothing():
    assert changed(of(CHANCES), [(0.5, 0.5)]) == of(CHANCES)


def test_newcomers_join_as_independent_firms():
    assert joined(of((0.5, 0.2)), 2, 0.3).masses == pytest.approx(numbers_of((0.5, 0.2, 0.3, 0.3)))


@pytest.mark.parametrize(("target", "expected"), [(2, 1.0), (3, 1.0), (4, 0.6), (5, 0.1), (6, 0.0), (3.5, 0.6)])
def test_the_probability_of_a_target_is_that_of_reaching_it(target, expected):
    assert of((0.5, 0.2)).reaches(target) == pytest.approx(expected)


def test_expected_and_points_are_those_of_the_numbers():
    numbers = of((0.5, 0.2))

    assert numbers.expected == pytest.approx(3.7)
    assert [numbers.point(share) for share in (0.1, 0.4, 0.41, 0.9, 0.91)] == [3, 3, 4, 4, 5]


@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("share", [0.05, 0.4, 1.0])
def test_the_starts_needed_are_just_enough(wanted, share):
    numbers, target = of((0.5, 0.2, 0.3)), 6

    needed = starts_needed(numbers, target, share, wanted=wanted)

    assert joined(numbers, needed, share).reaches(target) >= wanted
    assert joined(numbers, needed - 1, share).reaches(target) < wanted


def test_what_is_met_already_needs_nobody_and_what_is_too_late_has_no_number():
    assert starts_needed(of((0.9,)), 3, 0.5, wanted=0.8) == 0
    assert starts_needed(of((0.9,)), 9, 0.0, wanted=0.8) is None
    assert starts_needed(of((0.9,)), 2000, 0.5, wanted=0.8) is None


def test_where_hardly_anybody_who_begins_still_counts_it_is_too_late():
    assert starts_needed(of((0.9,)), 3, 0.05, wanted=0.95) is not None
    assert starts_needed(of((0.9,)), 5, 0.049, wanted=0.8) is None
