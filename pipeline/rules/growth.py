"""Growth over years, compared without roots: each function gives a factor or a rate that a threshold fits exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from pipeline.rules.ranges import ANYTHING, Number, Range, is_undefined, known, minus, plus, ratio, scaled, smallest

ONE = known(1)


def factor(first: Range, last: Range) -> Range:
    """last ÷ first. Compare it with `compound_bound`: (1 + g)ⁿ needs no n-th root."""
    return ANYTHING if first.low is None or first.low < 0 else ratio(last, first)


def compound_bound(rate: Number, intervals: int) -> Number:
    """What the factor over `intervals` years must be for a yearly growth of `rate`."""
    return (1 + rate) ** intervals


def mean_rate(values: Sequence[Range]) -> Range:
    """The arithmetic mean of the yearly ratios, less one: ½ × (b/a + c/b) − 1 for three values."""
    factors = [factor(first, last) for first, last in pairwise(values)]
    return minus(scaled(plus(factors), Fraction(1, len(factors))), ONE)


def lowest_rate(values: Sequence[Range]) -> Range:
    """The growth of the worst year: above zero when every year grew."""
    return minus(smallest([factor(first, last) for first, last in pairwise(values)]), ONE)


def without_zero_bases(values: Sequence[Range]) -> Sequence[Range]:
    """The values that growth is counted from (国科火发〔2016〕195号 三（七）).

    A first value of zero is left out; a later base of zero leaves nothing to count, and so does a single value.
    """
    if any(base == (0, 0) for base in values[1:-1]):
        return ()
    kept = values[1:] if values and values[0] == (0, 0) else values
    return kept if len(kept) > 1 else ()


def lacks_base(values: Sequence[Range]) -> bool:
    """True when a base is known to be zero or negative, so that no ratio means anything."""
    return any(is_undefined(base) for base in values[:-1])
