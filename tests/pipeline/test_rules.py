from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules import (
    ANYTHING,
    MET,
    NOT_MET,
    NOT_NEGATIVE,
    THRESHOLDS,
    UNKNOWN,
    Band,
    Ladder,
    Range,
    Tier,
    age_days,
    agreed,
    all_of,
    any_of,
    at_least,
    at_most,
    by_tier,
    clipped,
    compound_bound,
    exact,
    factor,
    fiscal_years,
    full_years,
    hull,
    in_catalogue,
    known,
    lacks_base,
    largest,
    less_than,
    lowest_rate,
    mean_rate,
    minus,
    more_than,
    negation,
    plus,
    points_in,
    ratio,
    scaled,
    size,
    smallest,
    stated,
    within_years,
    without_zero_bases,
)

ANSWERS = [MET, NOT_MET, UNKNOWN]


def test_numbers_are_exact_and_whole_ones_are_ints():
    assert exact("0.1") == Fraction(1, 10)
    assert exact(Decimal("50000000.00")) == 50_000_000
    assert type(exact("2.0")) is int
    assert [size(number) for number in (-3, 0, Fraction(1, 2))] == [3, 0, Fraction(1, 2)]


# Three answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "both", "either"),
    [
        ([], MET, NOT_MET),
        ([MET, MET], MET, MET),
        ([MET, NOT_MET], NOT_MET, MET),
        ([MET, UNKNOWN], UNKNOWN, MET),
        ([NOT_MET, UNKNOWN], NOT_MET, UNKNOWN),
        ([UNKNOWN, NOT_MET], NOT_MET, UNKNOWN),
        ([UNKNOWN, UNKNOWN], UNKNOWN, UNKNOWN),
        ([NOT_MET, NOT_MET], NOT_MET, NOT_MET),
    ],
)
def test_all_of_and_any_of_know_unknown(verdicts, both, either):
    assert all_of(verdicts) is both
    assert any_of(verdicts) is either


def test_negation_leaves_unknown_alone():
    assert [negation(answer) for answer in ANSWERS] == [NOT_MET, MET, UNKNOWN]


def test_a_claim_nobody_made_is_unknown():
    assert [stated(claim) for claim in (True, False, None)] == ANSWERS


def test_verdicts_that_differ_agree_on_nothing():
    assert agreed([MET, MET]) is MET
    assert agreed([MET, NOT_MET]) is UNKNOWN
    assert agreed([NOT_MET, UNKNOWN]) is UNKNOWN


@given(st.lists(st.sampled_from(ANSWERS), max_size=5), st.data())
def test_learning_what_was_unknown_never_overturns_a_verdict(verdicts, data):
    learnt = [data.draw(st.sampled_from([MET, NOT_MET])) if answer is UNKNOWN else answer for answer in verdicts]

    for join in (all_of, any_of):
        before, after = join(verdicts), join(learnt)
        assert before in (UNKNOWN, after)


@given(st.lists(st.sampled_from(ANSWERS), max_size=5))
def test_all_of_is_any_of_turned_round(verdicts):
    assert all_of(verdicts) is negation(any_of(negation(answer) for answer in verdicts))


# Thresholds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "under", "on", "over"),
    [
        (at_least, NOT_MET, MET, MET),
        (more_than, NOT_MET, NOT_MET, MET),
        (at_most, MET, MET, NOT_MET),
        (less_than, MET, NOT_MET, NOT_MET),
    ],
)
def test_thresholds_on_just_under_and_just_over(rule, under, on, over):
    bound, hair = exact("0.05"), exact("0.000000000000000001")

    assert [rule(known(value), bound) for value in (bound - hair, bound, bound + hair)] == [under, on, over]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Range(10, None), [MET, UNKNOWN, UNKNOWN, NOT_MET]),
        (Range(11, None), [MET, MET, NOT_MET, NOT_MET]),
        (Range(None, 10), [UNKNOWN, NOT_MET, MET, UNKNOWN]),
        (Range(None, 9), [NOT_MET, NOT_MET, MET, MET]),
        (Range(9, 11), [UNKNOWN] * 4),
        (ANYTHING, [UNKNOWN] * 4),
    ],
)
def test_thresholds_on_ranges(value, expected):
    assert [THRESHOLDS[rule](value, 10) for rule in ("at_least", "more_than", "at_most", "less_than")] == expected


# Ranges ---------------------------------------------------------------------------------------------------------------


def test_sums_and_differences_of_ranges():
    assert plus([Range(1, 2), known(3), NOT_NEGATIVE]) == Range(4, None)
    assert plus([]) == known(0)
    assert minus(Range(5, 9), Range(1, 2)) == Range(3, 8)
    assert minus(known(5), NOT_NEGATIVE) == Range(None, 5)
    assert scaled(Range(2, None), Fraction(1, 2)) == Range(1, None)


def test_hull_largest_smallest_and_clipping():
    ranges = [Range(1, 5), Range(3, None)]

    assert hull(ranges) == Range(1, None)
    assert largest(ranges) == Range(3, None)
    assert smallest(ranges) == Range(1, 5)
    assert clipped(Range(-1, 40), 0, 30) == Range(0, 30)
    assert clipped(ANYTHING, 0, 30) == Range(0, 30)
    assert clipped(Range(31, 35), 0, 30) == Range(30, 30)


@pytest.mark.parametrize(
    ("top", "bottom", "expected"),
    [
        (known(1), known(3), known(Fraction(1, 3))),
        (known(0), known(3), known(0)),
        (known(6), Range(2, 3), Range(2, 3)),
        (known(6), NOT_NEGATIVE, Range(0, None)),
        (known(-6), Range(2, 3), Range(-3, -2)),
        (known(-6), NOT_NEGATIVE, Range(None, 0)),
        (NOT_NEGATIVE, known(2), Range(0, None)),
        (Range(-2, 4), known(2), Range(-1, 2)),
        (known(6), Range(None, 3), Range(2, None)),
        (known(6), known(0), ANYTHING),
        (known(6), known(-1), ANYTHING),
        (known(6), Range(None, -1), ANYTHING),
    ],
)
def test_ratios_of_ranges(top, bottom, expected):
    assert ratio(top, bottom) == expected


def test_a_bottom_of_zero_can_have_a_value_of_its_own():
    assert ratio(known(6), known(0), when_zero=0) == known(0)
    assert ratio(known(6), Range(0, 3), when_zero=0) == Range(0, None)
    assert ratio(known(6), known(-3), when_zero=0) == ANYTHING


# Bands and tiers ------------------------------------------------------------------------------------------------------

BANDS = (Band(30, known(20)), Band(20, known(12)), Band(0, Range(1, 2), lower_included=False))


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (known(31), known(20)),
        (known(30), known(20)),
        (known(Fraction(2999, 100)), known(12)),
        (known(20), known(12)),
        (known(Fraction(1, 10**9)), Range(1, 2)),
        (known(0), known(0)),
        (known(-5), known(0)),
        (Range(20, 29), known(12)),
        (Range(20, 30), Range(12, 20)),
        (Range(0, 20), Range(0, 12)),
        (Range(1, None), Range(1, 20)),
        (ANYTHING, Range(0, 20)),
    ],
)
def test_bands_begin_at_their_lower_end(value, points):
    assert points_in(value, BANDS, known(0)) == points


LADDER = Ladder((Tier(15, 2000), Tier(10, 10_000), Tier(5)), start=200)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (known(199), [None]),
        (known(200), [15]),
        (known(2000), [15]),
        (known(2001), [10]),
        (known(10_000), [10]),
        (known(10_001), [5]),
        (Range(2000, 2001), [15, 10]),
        (Range(0, 200), [None, 15]),
        (NOT_NEGATIVE, [None, 15, 10, 5]),
        (Range(None, 100), [None]),
    ],
)
def test_a_boundary_belongs_to_the_lower_tier(value, bounds):
    assert [tier and tier.bound for tier in LADDER.possible(value)] == bounds


def test_tiers_may_leave_their_upper_end_to_the_next():
    ladder = Ladder((Tier(5, 100, upper_included=False), Tier(2, 400)))

    assert [ladder.possible(known(value))[0] for value in (99, 100, 400)] == [
        Tier(5, 100, False),
        Tier(2, 400),
        Tier(2, 400),
    ]
    assert ladder.possible(known(401)) == [None]
    assert ladder.possible(Range(400, 401)) == [Tier(2, 400), None]


def test_a_ladder_may_begin_above_its_start():
    ladder = Ladder((Tier(5),), start=100, start_included=False)

    assert [ladder.possible(known(value)) for value in (100, 101)] == [[None], [Tier(5)]]


@pytest.mark.parametrize(
    ("value", "tiers", "verdict"),
    [
        (known(12), [Tier(15), Tier(10)], UNKNOWN),
        (known(15), [Tier(15), Tier(10)], MET),
        (known(9), [Tier(15), Tier(10)], NOT_MET),
        (known(99), [None], NOT_MET),
        (known(99), [None, Tier(15)], UNKNOWN),
        (known(99), [Tier(None)], UNKNOWN),
    ],
)
def test_a_verdict_holds_when_every_possible_tier_gives_it(value, tiers, verdict):
    assert by_tier(at_least, value, tiers) is verdict


# Growth ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "rate", "intervals", "verdict"),
    [
        (1000, 1500, "0.15", 2, MET),
        (1000, Decimal("1322.50"), "0.15", 2, MET),
        (1000, Decimal("1322.4999"), "0.15", 2, NOT_MET),
        (1000, 1728, "0.20", 3, MET),
        (1000, 1727, "0.20", 3, NOT_MET),
        (10**15 + 1, 10**15 + 1, "0", 3, MET),
    ],
)
def test_compound_growth_is_compared_without_roots(first, last, rate, intervals, verdict):
    grown = factor(known(exact(first)), known(exact(last)))

    assert at_least(grown, compound_bound(exact(rate), intervals)) is verdict


def test_growth_from_nothing_or_from_debt_has_no_value():
    assert factor(known(0), known(5)) == ANYTHING
    assert factor(known(-1), known(5)) == ANYTHING
    assert factor(Range(-1, 4), known(5)) == ANYTHING
    assert factor(NOT_NEGATIVE, known(5)) == Range(0, None)


def test_mean_of_yearly_ratios():
    assert mean_rate([known(1000), known(1300), known(1800)]) == known(Fraction(89, 260))
    assert mean_rate([known(2000), known(2500), known(3600)]) == known(exact("0.345"))


def test_the_worst_year_decides_positive_every_year():
    assert lowest_rate([known(100), known(150), known(120)]) == known(exact("-0.2"))
    assert lowest_rate([known(100), known(100)]) == known(0)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([0, 2, 3], [2, 3]),
        ([1, 0, 3], []),
        ([0, 0, 3], []),
        ([2, 3], [2, 3]),
        ([0, 3], []),
        ([3], []),
        ([], []),
        ([1, 2, 0], [1, 2, 0]),
    ],
)
def test_zero_bases_are_left_out_as_195号_says(values, kept):
    assert list(without_zero_bases([known(value) for value in values])) == [known(value) for value in kept]


def test_a_base_that_is_zero_or_negative_is_noticed():
    assert lacks_base([known(-1), known(5)])
    assert lacks_base([known(0), known(5)])
    assert not lacks_base([known(1), known(-5)])
    assert not lacks_base([ANYTHING, known(5)])


# Dates and lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "on", "years"),
    [
        (date(2020, 7, 1), date(2026, 6, 30), 5),
        (date(2020, 7, 1), date(2026, 7, 1), 6),
        (date(2020, 2, 29), date(2021, 2, 28), 0),
        (date(2020, 2, 29), date(2021, 3, 1), 1),
        (date(2026, 7, 2), date(2026, 7, 1), -1),
    ],
)
def test_full_years_are_completed_on_the_anniversary(start, on, years):
    assert full_years(start, on) == years


def test_age_in_days():
    assert age_days(date(2025, 7, 1), date(2026, 7, 1)) == 365
    assert age_days(date(2023, 7, 1), date(2024, 6, 30)) == 365


@pytest.mark.parametrize(
    ("start", "years"),
    [(date(2023, 1, 1), 3), (date(2023, 1, 2), 2), (date(2025, 12, 31), 0), (date(2027, 5, 1), 0)],
)
def test_fiscal_years_are_counted_whole(start, years):
    assert fiscal_years(start, 2025) == years


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2021, 7, 1), True),
        (date(2021, 6, 30), False),
        (date(2026, 7, 1), True),
        (date(2026, 7, 2), False),
    ],
)
def test_a_term_of_years_includes_its_anniversary(day, inside):
    assert within_years(day, date(2026, 7, 1), 5) is inside


@pytest.mark.parametrize(
    ("industry", "inside"), [("F5123", True), ("C16", True), ("C1620", True), ("C3612", False), ("R", None)]
)
def test_a_catalogue_holds_what_lies_below_its_codes(industry, inside):
    assert in_catalogue(industry, ["F", "C16", "R90"]) is inside
