"""Verdicts: of one condition, of all of them, and the short way to both verdict and score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts
from pipeline.assessment.holdings import holds
from pipeline.assessment.measures import bound_of
from pipeline.assessment.reading import parse_facts
from pipeline.assessment.scoring import Score, measured, score_of
from pipeline.policy.nodes import AllOf, AnyOf, Credential, Criterion, Flag, Industry, Limit, Not, Policy, Rule
from pipeline.policy.read_policy import Stored, policy_of
from pipeline.rules import (
    MET,
    THRESHOLDS,
    Number,
    Tier,
    Verdict,
    all_of,
    any_of,
    by_tier,
    in_catalogue,
    negation,
    stated,
)


class Judgement(NamedTuple):
    verdict: Verdict
    score: Score | None


def judge(edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date) -> Judgement:
    """Verdict and score alone: what a screening needs first. Raises InvalidFacts for malformed facts."""
    case = case_for(edition, facts, on)
    return Judgement(overall(case), score_of(case))


def case_for(edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date) -> Case:
    policy = policy_of(edition)
    return Case(policy, facts if isinstance(facts, Facts) else parse_facts(facts, policy), on)


def overall(case: Case) -> Verdict:
    return all_of(verdict_of(case, criterion) for criterion in case.policy.criteria)


def verdict_of(case: Case, criterion: Criterion) -> Verdict:
    """The verdict of a condition; a direct route stands in for one that it waives."""
    found = case.verdicts.get(criterion.code)
    if found is None:
        found = rule_verdict(case, criterion.rule)
        if criterion.waived and found is not MET:
            found = any_of((found, route_verdict(case)))
        case.verdicts[criterion.code] = found
    return found


def route_verdict(case: Case) -> Verdict:
    return any_of(rule_verdict(case, route.rule) for route in case.policy.routes)


def route_of(case: Case) -> str | None:
    """The direct route that the firm may take, else its score; None for an edition that knows no routes."""
    if not case.policy.routes:
        return None
    for route in case.policy.routes:
        if isinstance(route.rule, Credential) and rule_verdict(case, route.rule) is MET:
            return f"direct:{route.rule.kind}"
    return "score"


def rule_verdict(case: Case, rule: Rule) -> Verdict:
    return VERDICTS[type(rule)](case, rule)


def tiers_of(case: Case, rule: Limit) -> list[Tier | None]:
    """The tiers that may hold, with thresholds on the measure's own scale; the plain threshold is a tier of its own."""
    if rule.ladder is None or rule.by is None:
        return [Tier(_scaled(rule, rule.bound))]
    possible = rule.ladder.possible(measured(case, rule.by))
    return [None if tier is None else Tier(_scaled(rule, tier.bound), tier.upper) for tier in possible]


def bound_now(case: Case, rule: Limit) -> Number | None:
    """The threshold as the edition states it; None while it is uncertain which one holds, or where there is none."""
    if rule.ladder is None or rule.by is None:
        return rule.bound
    possible = rule.ladder.possible(measured(case, rule.by))
    return possible[0].bound if len(possible) == 1 and possible[0] is not None else None


def _scaled(rule: Limit, bound: Number | None) -> Number | None:
    return None if bound is None else bound_of(rule.measure, bound)


def _limit(case: Case, rule: Limit) -> Verdict:
    found = measured(case, rule.measure)
    if rule.ladder is None:
        return THRESHOLDS[rule.op](found, bound_of(rule.measure, rule.bound))  # type: ignore[arg-type]
    return by_tier(THRESHOLDS[rule.op], found, tiers_of(case, rule))


def _flag(case: Case, rule: Flag) -> Verdict:
    said = case.flag(rule.flag)
    return stated(None if said is None else said is rule.expected)


def _industry(case: Case, rule: Industry) -> Verdict:
    industry = case.facts.industry
    inside = in_catalogue(industry, rule.codes) if industry else None
    return stated(None if inside is None else inside is rule.inside)


def _all_of(case: Case, rule: AllOf) -> Verdict:
    return all_of(verdict_of(case, child) for child in rule.children)


def _any_of(case: Case, rule: AnyOf) -> Verdict:
    return any_of(verdict_of(case, child) for child in rule.children)


def _not(case: Case, rule: Not) -> Verdict:
    return negation(verdict_of(case, rule.child))


VERDICTS: dict[type[Any], Callable[[Case, Any], Verdict]] = {
    Limit: _limit,
    Flag: _flag,
    Credential: holds,
    Industry: _industry,
    AllOf: _all_of,
    AnyOf: _any_of,
    Not: _not,
}
