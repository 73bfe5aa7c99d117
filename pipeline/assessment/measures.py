"""What a measure amounts to for one firm: the range of everything it can still be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from pipeline.assessment.case import Case
from pipeline.policy.nodes import (
    Allowable,
    Body,
    Fact,
    Growth,
    Measure,
    Minus,
    Plus,
    Ratio,
    Registered,
    Total,
)
from pipeline.rules import (
    ANYTHING,
    Number,
    Range,
    age_days,
    clipped,
    compound_bound,
    factor,
    fiscal_years,
    full_years,
    is_undefined,
    known,
    lacks_base,
    lowest_rate,
    mean_rate,
    minus,
    plus,
    ratio,
    scaled,
    without_zero_bases,
)


def value(case: Case, measure: Measure, shift: int = 0) -> Range:
    """The measure's range, on the scale of `bound_of`: for compound growth that is the factor over all years."""
    body = measure.body
    if isinstance(body, Fact):
        return case.fact(body.code, measure.shift + shift)
    key = (id(measure), shift)  # measures live as long as their policy, and a case no longer
    found = case.values.get(key)
    if found is None:
        found = case.values[key] = VALUES[type(body)](case, body, measure.shift + shift)
    return found


def bound_of(measure: Measure, bound: Number) -> Number:
    """A threshold on the measure's own scale, so that it compares exactly and without roots."""
    body = measure.body
    if isinstance(body, Growth) and body.method == "compound":
        return compound_bound(bound, body.intervals)
    return bound


def _total(case: Case, body: Total, shift: int) -> Range:
    shifts = case.shifts(body.years, shift)
    if not shifts:
        return ANYTHING
    total = plus(value(case, body.of, shift + each) for each in shifts)
    return scaled(total, Fraction(1, len(shifts))) if body.is_mean else total


def _plus(case: Case, body: Plus, shift: int) -> Range:
    return plus(value(case, term, shift) for term in body.terms)


def _minus(case: Case, body: Minus, shift: int) -> Range:
    return minus(value(case, body.left, shift), value(case, body.right, shift))


def _ratio(case: Case, body: Ratio, shift: int) -> Range:
    return ratio(value(case, body.top, shift), value(case, body.bottom, shift), when_zero=body.when_zero)


def _allowable(case: Case, body: Allowable, shift: int) -> Range:
    """min(x, (x − capped) ÷ (1 − cap)) with x the total less the share that is not counted; never below zero."""
    total = value(case, body.total, shift)
    discounted = clipped(value(case, body.discounted, shift), 0, total.high)
    capped = clipped(value(case, body.capped, shift), 0, total.high)
    least = _allowed(body, total.low, discounted.high, capped.high)
    return Range(least, _allowed(body, total.high, discounted.low, capped.low))


def _allowed(body: Allowable, total: Number | None, discounted: Number | None, capped: Number | None) -> Number | None:
    if not discounted and not capped and discounted is not None and capped is not None:
        return total
    if total is None or discounted is None or capped is None:
        return 0 if total is not None else None
    counted = total - (1 - body.share) * discounted
    return max(0, min(counted, Fraction(counted - capped) / (1 - body.cap)))


def _growth(case: Case, body: Growth, shift: int) -> Range:
    values = growth_values(case, body, shift)
    if body.shortens:
        values = list(without_zero_bases(values))
        if not values:
            return known(0)
    if not values or lacks_base(values):
        return ANYTHING
    if body.method == "compound":
        return factor(values[0], values[-1])
    return mean_rate(values) if body.method == "mean" else lowest_rate(values)


def growth_values(case: Case, body: Growth, shift: int) -> list[Range]:
    """The values that growth is counted from, oldest first; none where the firm is too young for them."""
    return [value(case, body.of, shift + each) for each in _growth_shifts(case, body, shift)]


def _growth_shifts(case: Case, body: Growth, shift: int) -> Sequence[int]:
    if body.shortens:
        return case.shifts(body.intervals + 1, shift)
    if not case.lived_in(shift - body.intervals):
        return ()
    return (-body.intervals, 0) if body.method == "compound" else range(-body.intervals, 1)


def _registered(case: Case, body: Registered, shift: int) -> Range:
    founded = case.facts.registered_on
    if founded is None:
        return ANYTHING
    counts: dict[str, Callable[[], int]] = {
        "days": lambda: age_days(founded, case.on),
        "full_years": lambda: full_years(founded, case.on),
        "fiscal_years": lambda: fiscal_years(founded, case.year),
        "year": lambda: founded.year,
    }
    return known(counts[body.what]())


VALUES: dict[type[Any], Callable[[Case, Any, int], Range]] = {
    Total: _total,
    Plus: _plus,
    Minus: _minus,
    Ratio: _ratio,
    Allowable: _allowable,
    Growth: _growth,
    Registered: _registered,
}


# What a measure stands on ---------------------------------------------------------------------------------------------


def figures_of(case: Case, measure: Measure, shift: int = 0) -> Iterator[tuple[str, int]]:
    """The figures that a measure is made of for this firm, each as code and shift."""
    body, shift = measure.body, measure.shift + shift
    if isinstance(body, Fact):
        yield body.code, shift
    elif isinstance(body, Total):
        for each in case.shifts(body.years, shift):
            yield from figures_of(case, body.of, shift + each)
    elif isinstance(body, Growth):
        for each in _growth_shifts(case, body, shift):
            yield from figures_of(case, body.of, shift + each)
    else:
        for inner in _components(body):
            yield from figures_of(case, inner, shift)


def _components(body: Body) -> Iterator[Measure]:
    if isinstance(body, Plus):
        yield from body.terms
    elif isinstance(body, Minus):
        yield from (body.left, body.right)
    elif isinstance(body, Ratio):
        yield from (body.top, body.bottom)
    elif isinstance(body, Allowable):
        yield from (body.total, body.discounted, body.capped)


def needs_registration(measure: Measure) -> bool:
    """True when the day of registration has a say: an age, or years that a young firm does not have."""
    body = measure.body
    if isinstance(body, Registered | Growth | Total):
        return True
    return any(needs_registration(inner) for inner in _components(body))


def undefined(case: Case, measure: Measure, shift: int = 0) -> Measure | None:
    """The measure, or the one inside it, that has no value although its figures are known: an expert must judge."""
    body, shift = measure.body, measure.shift + shift
    if isinstance(body, Ratio) and body.when_zero is None and is_undefined(value(case, body.bottom, shift)):
        return measure
    if isinstance(body, Growth):
        values = growth_values(case, body, shift)
        kept = list(without_zero_bases(values)) if body.shortens else values
        return measure if (not values and not body.shortens) or lacks_base(kept) else None
    if isinstance(body, Total) and not case.shifts(body.years, shift):
        return measure
    return next((found for inner in _components(body) if (found := undefined(case, inner, shift))), None)
