"""Exact numbers and ranges of them: what is known of a value, from a single number to nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

Number = int | Fraction


class Range(NamedTuple):
    """Every value that is still possible, both ends included; None is an end without limit."""

    low: Number | None
    high: Number | None

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.low == self.high


ANYTHING = Range(None, None)
NOT_NEGATIVE = Range(0, None)


def exact(value: int | str | Decimal | Fraction) -> Number:
    """The number without any loss, as an int where it is whole: ints are compared fastest."""
    number = Decimal(value) if isinstance(value, str) else value
    numerator, denominator = number.as_integer_ratio()
    return numerator if denominator == 1 else Fraction(numerator, denominator)


def size(value: Number) -> Number:
    """The number without its sign."""
    return -value if value < 0 else value


def known(value: Number) -> Range:
    return Range(value, value)


def plus(terms: Iterable[Range]) -> Range:
    low: Number | None = 0
    high: Number | None = 0
    for term in terms:
        low = None if low is None or term.low is None else low + term.low
        high = None if high is None or term.high is None else high + term.high
    return Range(low, high)


def minus(left: Range, right: Range) -> Range:
    low = None if left.low is None or right.high is None else left.low - right.high
    high = None if left.high is None or right.low is None else left.high - right.low
    return Range(low, high)


def scaled(value: Range, factor: Number) -> Range:
    """The range times a factor that is not negative."""
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return Range(low, high)


def ratio(top: Range, bottom: Range, *, when_zero: Number | None = None) -> Range:
    """top ÷ bottom. A bottom of zero gives `when_zero`; without it, and for a negative bottom, nothing can be said.

    Of a bottom that is only partly known the part above zero counts, and zero where `when_zero` is given.
    """
    if is_undefined(bottom):
        return ANYTHING if when_zero is None or bottom.high != 0 else known(when_zero)
    if top.is_known and bottom.is_known:
        return known(Fraction(top.low, bottom.low))  # type: ignore[arg-type]
    least = max(bottom.low or 0, 0)
    found = Range(_low_end(top.low, least, bottom.high), _high_end(top.high, least, bottom.high))
    return found if least or when_zero is None else hull((found, known(when_zero)))


def is_undefined(bottom: Range) -> bool:
    """True when nothing can be divided by it: it is zero or less, whatever else becomes known."""
    return bottom.high is not None and bottom.high <= 0


def _low_end(top: Number | None, least: Number, most: Number | None) -> Number | None:
    if top is None:
        return None
    if top >= 0:
        return 0 if most is None else Fraction(top, most)
    return Fraction(top, least) if least else None


def _high_end(top: Number | None, least: Number, most: Number | None) -> Number | None:
    if top is None:
        return None
    if top <= 0:
        return 0 if most is None else Fraction(top, most)
    return Fraction(top, least) if least else None


def hull(ranges: Iterable[Range]) -> Range:
    """The smallest range that contains them all."""
    lows, highs = zip(*ranges, strict=True)
    return Range(None if None in lows else min(lows), None if None in highs else max(highs))


def largest(ranges: Iterable[Range]) -> Range:
    """The range of the largest of several values, whichever they are."""
    lows, highs = zip(*ranges, strict=True)
    stated = [low for low in lows if low is not None]
    return Range(max(stated) if stated else None, None if None in highs else max(highs))


def smallest(ranges: Iterable[Range]) -> Range:
    """The range of the smallest of several values."""
    lows, highs = zip(*ranges, strict=True)
    stated = [high for high in highs if high is not None]
    return Range(None if None in lows else min(lows), min(stated) if stated else None)


def clipped(value: Range, low: Number, high: Number | None = None) -> Range:
    """The range held between two ends: what lies outside counts as the end itself."""
    return Range(_held(value.low, low, high, low), _held(value.high, low, high, high))


def _held(end: Number | None, low: Number, high: Number | None, absent: Number | None) -> Number | None:
    if end is None:
        return absent
    return max(low, end if high is None else min(end, high))
