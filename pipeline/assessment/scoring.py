"""Points: what each part of the score can still give, and all parts together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.assessment.case import Case
from pipeline.assessment.holdings import holds
from pipeline.assessment.measures import value
from pipeline.policy.nodes import Bands, BestOf, Expert, Holds, Item, Measure, Part, Points, SumOf
from pipeline.rules import MET, NOT_MET, Range, clipped, hull, largest, plus, points_in


class Score(NamedTuple):
    """The range of the total, and of each part by its code."""

    min: int
    max: int
    parts: dict[str, tuple[int, int]]


def score_of(case: Case) -> Score | None:
    """The score as far as it is known; None for an edition without one."""
    if not case.policy.parts:
        return None
    parts = {part.code: points_of(case, part) for part in case.policy.parts}
    total = plus(parts.values())
    return Score(total.low, total.high, {code: tuple(points) for code, points in parts.items()})  # type: ignore[arg-type,misc]


def measured(case: Case, measure: Measure) -> Range:
    """The value of what a condition speaks of: a measure, the score, or a part of it."""
    body = measure.body
    if not isinstance(body, Points):
        return value(case, measure)
    chosen = [part for part in case.policy.parts if body.part in (None, part.code)]
    return plus(points_of(case, part) for part in chosen)


def points_of(case: Case, part: Part) -> Range:
    """The points of one part, never more than its maximum."""
    found = case.parts.get(part.code)
    if found is None:
        found = case.parts[part.code] = clipped(item_points(case, part.item), 0, part.most)
    return found


def item_points(case: Case, item: Item) -> Range:
    return POINTS[type(item)](case, item)


def _bands(case: Case, item: Bands) -> Range:
    return points_in(value(case, item.measure), item.bands, item.otherwise)


def _expert(case: Case, item: Expert) -> Range:
    low, high = case.facts.expert.get(item.name, (0, item.most))
    return Range(min(low, item.most), min(high, item.most))


def _holds(case: Case, item: Holds) -> Range:
    verdict = holds(case, item.credential)
    if verdict is MET:
        return item.points
    return item.otherwise if verdict is NOT_MET else hull((item.points, item.otherwise))


def _best_of(case: Case, item: BestOf) -> Range:
    return largest(item_points(case, inner) for inner in item.items)


def _sum_of(case: Case, item: SumOf) -> Range:
    return plus(item_points(case, inner) for inner in item.items)


POINTS: dict[type[Any], Callable[[Case, Any], Range]] = {
    Bands: _bands,
    Expert: _expert,
    Holds: _holds,
    BestOf: _best_of,
    SumOf: _sum_of,
}
