"""Which stated figures a verdict stands on, with their source and what other sources say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from crm.choices import Source
from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts, Figure
from pipeline.assessment.judging import case_for
from pipeline.assessment.measures import figures_of
from pipeline.policy.nodes import Flag, Measure, Points, Policy
from pipeline.policy.read_policy import Stored, all_criteria
from pipeline.policy.read_rules import measures_of
from pipeline.policy.read_score import item_measures
from pipeline.policy.tables import DERIVED


class UsedFigure(NamedTuple):
    """One figure that conditions or points stand on; `chosen` is None while no fitting one is stated."""

    code: str
    year: int  # NO_YEAR where it belongs to none
    chosen: Figure | None
    others: tuple[Figure, ...]


def figures_used(edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date) -> list[UsedFigure]:
    """Every figure that the edition looks at for this firm, the one that counts and those that do not."""
    case = case_for(edition, facts, on)
    return [_used(case, code, year) for code, year in used_keys(case)]


def _used(case: Case, code: str, year: int) -> UsedFigure:
    chosen, stated = case.chosen(code, year), case.facts.figures.get((code, year), ())
    return UsedFigure(code, year, chosen, tuple(figure for figure in stated if figure is not chosen))


def stands_on_estimates(case: Case) -> bool:
    """True when a figure or a yes/no fact that counts is no more than an officer's estimate."""
    facts = case.facts
    guessed = [key for key, figures in facts.figures.items() if any(each.source == Source.ESTIMATE for each in figures)]
    if guessed and any(
        (chosen := case.chosen(*key)) is not None and chosen.source == Source.ESTIMATE
        for key in used_keys(case)
        if key in guessed
    ):
        return True
    guessed_flags = (name for name in flags_used(case.policy) if name in facts.flags)
    return any(
        min(facts.flags[name], key=lambda claim: case.source_rank(claim.source)).source == Source.ESTIMATE
        for name in guessed_flags
    )


@lru_cache(maxsize=64)
def flags_used(policy: Policy) -> tuple[str, ...]:
    """The yes/no facts that conditions and triggers ask for."""
    rules = (criterion.rule for criterion in all_criteria(policy))
    return tuple(dict.fromkeys(rule.flag for rule in rules if isinstance(rule, Flag)))


def used_keys(case: Case) -> list[tuple[str, int]]:
    """The code and year of every figure that the verdict stands on, each once; those it is derived from included."""
    found: dict[tuple[str, int], None] = {}
    for measure in measures_used(case.policy):
        for code, shift in figures_of(case, measure):
            year = case.year_at(code, shift)
            found[(code, year)] = None
            if code in DERIVED and case.chosen(code, year) is None:
                found.update({(part, year): None for part in DERIVED[code]})
    return list(found)


def first_year_read(policy: Policy, on: date) -> int:
    """The earliest year whose figures have a say in a judgement of that day, for whatever firm."""
    return (policy.data_year or on.year - 1) - _years_back(policy)


@lru_cache(maxsize=64)
def _years_back(policy: Policy) -> int:
    """How many years before the data year the edition looks at, for a firm that is old enough for all of them."""
    case = Case(policy, Facts(), policy.effective_from)
    measures = [measure for criterion in all_criteria(policy) for measure in measures_of(criterion)]
    measures += [measure for part in policy.parts for measure in item_measures(part.item)]
    return max((-shift for measure in measures for _code, shift in figures_of(case, measure)), default=0)


@lru_cache(maxsize=64)
def measures_used(policy: Policy) -> tuple[Measure, ...]:
    """The measures that the edition's conditions and points stand on, each once."""
    measures = [measure for criterion in policy.criteria for measure in measures_of(criterion)]
    measures += [measure for part in policy.parts for measure in item_measures(part.item)]
    return tuple({measure.name: measure for measure in measures if not isinstance(measure.body, Points)}.values())
