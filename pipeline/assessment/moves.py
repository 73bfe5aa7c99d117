"""Where a figure would have to stand for something to change: exact crossings, rounded to whole yuan and persons.

A measure is a straight line in any one figure (or a few pieces of one), or the quotient of two such lines; so the
value at which it reaches a threshold, a band or a tier is found by solving, not by trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor

from pipeline.assessment.case import Case
from pipeline.assessment.judging import verdict_of
from pipeline.assessment.measures import bound_of, growth_values, value
from pipeline.policy.nodes import (
    AllOf,
    Allowable,
    AnyOf,
    Bands,
    Criterion,
    Fact,
    Growth,
    Item,
    Limit,
    Measure,
    Minus,
    Not,
    Part,
    Plus,
    Points,
    Ratio,
    Total,
)
from pipeline.policy.tables import FIGURES, PERSONS
from pipeline.rules import MET, Number, factor, without_zero_bases

Mover = tuple[str, int]  # the figure that moves: code and shift
Line = tuple[Number, Number]  # slope and intercept, in the figure that moves
Target = tuple[Measure, Number]  # a measure and the value, on its own scale, at which something changes


def crossings(case: Case, measure: Measure, mover: Mover, targets: Iterable[Number]) -> Iterator[Number]:
    """The values of the figure at which the measure is exactly at a target; none where it has no say."""
    body = measure.body
    tops: list[Line]
    bottoms: list[Line]
    if isinstance(body, Ratio):
        tops, bottoms = lines(case, body.top, mover, measure.shift), lines(case, body.bottom, mover, measure.shift)
    elif isinstance(body, Growth):
        tops, bottoms = _growth_lines(case, body, mover, measure.shift)
    else:
        tops, bottoms = lines(case, measure, mover), [(0, 1)]
    for (rise, start), (fall, base) in product(tops, bottoms):
        if rise or fall:
            yield from (Fraction(target * base - start, slope) for target in targets if (slope := rise - target * fall))


def lines(case: Case, measure: Measure, mover: Mover, shift: int = 0) -> list[Line]:
    """The pieces of the measure as a function of the figure; none where something else in it is unknown."""
    body, shift = measure.body, measure.shift + shift
    if isinstance(body, Fact):
        if (body.code, case.year_at(body.code, shift)) == (mover[0], case.year_at(*mover)):
            return [(1, 0)]
    elif isinstance(body, Total):
        shifts = case.shifts(body.years, shift)
        share = len(shifts) if body.is_mean else 1
        return _summed([lines(case, body.of, mover, shift + each) for each in shifts], [share] * len(shifts))
    elif isinstance(body, Plus):
        return _summed([lines(case, term, mover, shift) for term in body.terms], [1] * len(body.terms))
    elif isinstance(body, Minus):
        return _summed([lines(case, body.left, mover, shift), lines(case, body.right, mover, shift)], [1, -1])
    elif isinstance(body, Allowable):
        return _allowable_lines(case, body, mover, shift)
    else:
        return []
    known = value(case, measure, shift - measure.shift)
    return [(0, known.low)] if known.is_known else []  # type: ignore[list-item]


def _summed(parts: list[list[Line]], divisors: list[int]) -> list[Line]:
    return [
        (
            sum((Fraction(slope) / by for (slope, _start), by in zip(pieces, divisors, strict=True)), start=0),
            sum((Fraction(start) / by for (_slope, start), by in zip(pieces, divisors, strict=True)), start=0),
        )
        for pieces in product(*parts)
    ]


def _allowable_lines(case: Case, body: Allowable, mover: Mover, shift: int) -> list[Line]:
    """Both pieces of min(x, (x − capped) ÷ (1 − cap)); which one holds is seen when the value is tried."""
    share, cap = 1 - body.share, 1 - body.cap
    totals, parts = lines(case, body.total, mover, shift), lines(case, body.discounted, mover, shift)
    capped = lines(case, body.capped, mover, shift)
    found = []
    for (a, b), (c, d), (e, f) in product(totals, parts, capped):
        slope, start = a - share * c, b - share * d
        found += [(slope, start), (Fraction(slope - e) / cap, Fraction(start - f) / cap)]
    return found


def _growth_lines(case: Case, body: Growth, mover: Mover, shift: int) -> tuple[list[Line], list[Line]]:
    """Growth as a quotient in its last value: what follows from the earlier years is the base and the start."""
    values = growth_values(case, body, shift)
    values = list(without_zero_bases(values)) if body.shortens else values
    bases = values[:-1]
    if not bases or not all(base.is_known and base.low > 0 for base in bases):  # type: ignore[operator]
        return [], []
    lasts, base = lines(case, body.of, mover, shift), bases[-1].low
    if body.method == "compound":
        return lasts, [(0, bases[0].low)]  # type: ignore[list-item]
    if body.method == "lowest":
        return [(slope, start - base) for slope, start in lasts], [(0, base)]  # type: ignore[operator,list-item]
    count = len(bases)
    earlier = sum(factor(first, last).low for first, last in pairwise(bases))  # type: ignore[misc]
    return [(slope, start + (earlier - count) * base) for slope, start in lasts], [(0, count * base)]  # type: ignore


# What could change ----------------------------------------------------------------------------------------------------


def targets_of(case: Case, criterion: Criterion) -> Iterator[Target]:
    """Every threshold, band and tier that a condition that is not met could still reach."""
    rule = criterion.rule
    if isinstance(rule, Limit):
        yield from limit_targets(case, rule)
    elif isinstance(rule, AllOf | AnyOf):
        for child in rule.children:
            if verdict_of(case, child) is not MET:
                yield from targets_of(case, child)
    elif isinstance(rule, Not):
        yield from targets_of(case, rule.child)


def limit_targets(case: Case, rule: Limit) -> Iterator[Target]:
    measure = rule.measure
    if isinstance(measure.body, Points):
        for part in case.policy.parts:
            if measure.body.part in (None, part.code):
                yield from part_targets(part)
        return
    if rule.ladder is None or rule.by is None:
        yield measure, bound_of(measure, rule.bound)  # type: ignore[arg-type]
        return
    ends = [rule.ladder.start, *(tier.upper for tier in rule.ladder.tiers)]
    yield from ((rule.by, end) for end in ends if end is not None)
    yield from ((measure, bound_of(measure, tier.bound)) for tier in rule.ladder.tiers if tier.bound is not None)


def part_targets(part: Part) -> Iterator[Target]:
    return _item_targets(part.item)


def _item_targets(item: Item) -> Iterator[Target]:
    if isinstance(item, Bands):
        yield from ((item.measure, band.lower) for band in item.bands)
    for inner in getattr(item, "items", ()):
        yield from _item_targets(inner)


def movers_of(measure: Measure, shift: int = 0) -> Iterator[Mover]:
    """The figures that a firm would move to move the measure: what is counted, not what it is divided by."""
    body, shift = measure.body, measure.shift + shift
    if isinstance(body, Fact):
        yield body.code, shift
    elif isinstance(body, Plus):
        for term in body.terms:
            yield from movers_of(term, shift)
    else:
        for name in ("of", "left", "top", "total"):
            if (inner := getattr(body, name, None)) is not None:
                yield from movers_of(inner, shift)


def stops(case: Case, targets: Iterable[Target], mover: Mover, *, upwards: bool, most: Number | None) -> list[Number]:
    """The values of the figure, in the order in which it would meet them, at which a target is reached or passed.

    Money is rounded to whole yuan, and people are added or taken away one by one.

    `most` is what the figure cannot exceed.
    """
    now = case.fact(*mover).low
    if now is None or not case.fact(*mover).is_known:
        return []
    wanted: dict[str, tuple[Measure, list[Number]]] = {}
    for measure, target in targets:
        wanted.setdefault(measure.name, (measure, []))[1].append(target)
    exact = {found for measure, aims in wanted.values() for found in crossings(case, measure, mover, aims)}
    base = now if FIGURES[mover[0]].unit == PERSONS else 0  # people come whole, also to an average with a fraction
    if upwards:
        found = {base + step for x in exact for step in (ceil(x - base), floor(x - base) + 1)}
        return sorted(x for x in found if x > now and (most is None or x <= most))
    found = {base + step for x in exact for step in (floor(x - base), ceil(x - base) - 1)}
    return sorted((x for x in found if 0 <= x < now), reverse=True)


def ceiling_of(case: Case, code: str, shift: int) -> Number | None:
    """What the figure cannot exceed: tech staff all employees, as the edition's levers say."""
    for lever in case.policy.levers:
        if lever.fact == code and lever.at_most:
            return case.fact(lever.at_most, shift).high
    return None
