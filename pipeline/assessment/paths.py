"""The cheapest ways to meet every condition: an exact search over the finite values at which something changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any

from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts, spoken_name
from pipeline.assessment.judging import bound_now, case_for, verdict_of
from pipeline.assessment.missing import missing_for
from pipeline.assessment.moves import Mover, stops, targets_of
from pipeline.assessment.scoring import points_of, score_of
from pipeline.assessment.words import move_sentence
from pipeline.policy.nodes import AllOf, AnyOf, Criterion, Expert, Item, Lever, Limit, Not, Part, Points, Policy
from pipeline.policy.read_measures import fact_codes
from pipeline.policy.read_policy import Stored
from pipeline.policy.read_rules import inner_criteria
from pipeline.policy.read_score import item_measures
from pipeline.policy.tables import FIGURES
from pipeline.policy.words import decimal_text
from pipeline.rules import MET, THRESHOLDS, UNKNOWN, Number, known, size

MOST_PATHS = 5
Moves = tuple[tuple[Lever, Number], ...]


@dataclass(frozen=True)
class Step:
    """One figure of one year moved from here to there."""

    code: str
    year: int
    start: Number
    to: Number
    effort: int
    sentence: str

    def as_dict(self) -> dict[str, object]:
        return {
            "fact": spoken_name(self.code),
            "year": str(self.year) if FIGURES[self.code].per_year else None,
            "from": decimal_text(self.start),
            "to": decimal_text(self.to),
            "effort": self.effort,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Path:
    """Steps that together reach the line; `reaches` is the score that they give at least, None without a score."""

    steps: tuple[Step, ...]
    reaches: int | None

    @property
    def effort(self) -> int:
        return sum(step.effort for step in self.steps)

    def as_dict(self) -> dict[str, object]:
        return {"steps": [step.as_dict() for step in self.steps], "reaches": self.reaches}


def cheapest_paths(edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date) -> tuple[Path, ...]:
    """At most five paths, least effort first, none of which another one makes needless.

    Empty when nothing is lacking, when a condition is not met that no lever of the edition moves, or when facts are
    missing that a verdict waits for. Where only experts can complete the verdict, a path meets all the rest.
    """
    case = case_for(edition, facts, on)
    found = [] if _stands(case) else _undominated(list(_search(case, case.policy.levers, ())))
    return tuple(sorted((_path(case, moves) for moves in found), key=_order)[:MOST_PATHS])


def _search(case: Case, levers: tuple[Lever, ...], moves: Moves) -> Iterator[Moves]:
    """Every combination of moves of these levers, in their order, that reaches the line and stops there."""
    if _stands(case):
        yield moves
        return
    left = frozenset(lever.fact for lever in levers)
    if not levers or any(_is_hopeless(case, criterion, left) for criterion in case.policy.criteria):
        return
    lever, *rest = levers
    yield from _search(case, tuple(rest), moves)
    for to, moved in _options(case, lever):
        yield from _search(moved, tuple(rest), (*moves, (lever, to)))


def _options(case: Case, lever: Lever) -> Iterator[tuple[Number, Case]]:
    """The values worth moving the lever to: those at which a verdict, a threshold or points really change."""
    open_criteria = [each for each in case.policy.criteria if not _is_satisfied(case, each)]
    targets = [target for criterion in open_criteria for target in targets_of(case, criterion)]
    mover: Mover = (lever.fact, 0)
    most = case.fact(lever.at_most).high if lever.at_most else None
    seen = _signature(case)
    for to in stops(case, targets, mover, upwards=lever.upwards, most=most):
        moved = case.with_figures({mover: to})
        if (signature := _signature(moved)) != seen:
            seen = signature
            yield to, moved


def _signature(case: Case) -> tuple[object, ...]:
    """What a person would see change: every verdict, every threshold that depends on a tier, all points."""
    limits = [
        inner.rule
        for criterion in case.policy.criteria
        for inner in inner_criteria(criterion)
        if isinstance(inner.rule, Limit) and inner.rule.ladder
    ]
    return (
        *(_verdicts(case, criterion) for criterion in case.policy.criteria),
        *(bound_now(case, limit) for limit in limits),
        *(points_of(case, part) for part in case.policy.parts),
    )


def _verdicts(case: Case, criterion: Criterion) -> tuple[object, ...]:
    return tuple(verdict_of(case, inner) for inner in inner_criteria(criterion))


# When a path is complete ----------------------------------------------------------------------------------------------


def _stands(case: Case) -> bool:
    return all(_is_satisfied(case, criterion) for criterion in case.policy.criteria)


def _is_satisfied(case: Case, criterion: Criterion) -> bool:
    """Met; or, in an edition that needs experts, waiting for nothing but what people have to say."""
    verdict, rule = verdict_of(case, criterion), criterion.rule
    if verdict is not UNKNOWN or not needs_experts(case.policy):
        return verdict is MET
    if isinstance(rule, AllOf):
        return all(_is_satisfied(case, child) for child in rule.children)
    if isinstance(rule, AnyOf):
        return any(_is_satisfied(case, child) for child in rule.children)
    if isinstance(rule, Limit):
        is_score = isinstance(rule.measure.body, Points)
        return is_score and not any(entry.is_figure for entry in missing_for(case, criterion))
    return not isinstance(rule, Not)


def needs_experts(policy: Policy) -> bool:
    """True when a part of the score is given by experts alone."""
    return any(_has_expert(part.item) for part in policy.parts)


def _has_expert(item: Item) -> bool:
    return isinstance(item, Expert) or any(_has_expert(inner) for inner in getattr(item, "items", ()))


def _is_hopeless(case: Case, criterion: Criterion, left: frozenset[str]) -> bool:
    """True when the condition is not satisfied and no figure that is left to move can change that."""
    return not _is_satisfied(case, criterion) and not _can_move(case, criterion, left)


def _can_move(case: Case, criterion: Criterion, left: frozenset[str]) -> bool:
    rule = criterion.rule
    if isinstance(rule, AllOf):
        return not any(_is_hopeless(case, child, left) for child in rule.children)
    if isinstance(rule, AnyOf):
        return not all(_is_hopeless(case, child, left) for child in rule.children)
    if isinstance(rule, Not):
        return _can_move(case, rule.child, left)
    if not isinstance(rule, Limit):
        return False
    if isinstance(rule.measure.body, Points):
        return _is_within_reach(case, rule, rule.measure.body, left)
    return bool(left & limit_figures(rule))


def _is_within_reach(case: Case, rule: Limit, body: Points, left: frozenset[str]) -> bool:
    """True when the line could be reached if every part that a lever moves gave all its points.

    Of the other parts only what is certain counts, or what is possible where experts have the last word.
    """
    best: Number = 0
    for part in case.policy.parts:
        if body.part in (None, part.code):
            low, high = points_of(case, part)
            fixed = high if needs_experts(case.policy) else low
            best += part.most if left & part_figures(part) else fixed or 0
    return THRESHOLDS[rule.op](known(best), rule.bound) is MET  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def limit_figures(rule: Limit) -> frozenset[str]:
    """The codes of the figures that a limit compares or takes its tier from."""
    measures = (rule.measure,) if rule.by is None else (rule.measure, rule.by)
    return frozenset(code for measure in measures for code in fact_codes(measure))


@lru_cache(maxsize=1024)
def part_figures(part: Part) -> frozenset[str]:
    """The codes of the figures that a part's points depend on."""
    return frozenset(code for measure in item_measures(part.item) for code in fact_codes(measure))


# Which paths are kept -------------------------------------------------------------------------------------------------


def _undominated(found: list[Moves]) -> list[Moves]:
    """Without the paths that go at least as far as another one with every figure."""
    return [moves for moves in found if not any(_makes_needless(other, moves) for other in found if other != moves)]


def _makes_needless(other: Moves, moves: Moves) -> bool:
    reached = {lever.fact: to for lever, to in moves}
    return all(
        lever.fact in reached and (to <= reached[lever.fact] if lever.upwards else to >= reached[lever.fact])
        for lever, to in other
    )


def _path(case: Case, moves: Moves) -> Path:
    steps = tuple(_step(case, lever, to) for lever, to in moves)
    score = score_of(case.with_figures({(lever.fact, 0): to for lever, to in moves}))
    return Path(steps, score.min if score else None)


def _step(case: Case, lever: Lever, to: Number) -> Step:
    start: Number = case.fact(lever.fact).low or 0
    effort = ceil(Fraction(size(to - start), lever.per)) * lever.effort
    return Step(lever.fact, case.year_at(lever.fact, 0), start, to, effort, move_sentence(lever.fact, start, to))


def _order(path: Path) -> tuple[object, ...]:
    return path.effort, len(path.steps), [(step.code, step.to) for step in path.steps]
