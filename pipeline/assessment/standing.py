"""How long a verdict stands while nothing is stated anew: until the next day on which time alone may change it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from math import ceil

from pipeline.assessment.facts import Facts
from pipeline.policy.nodes import Limit, Measure, Policy, Registered
from pipeline.policy.read_measures import components
from pipeline.policy.read_policy import all_criteria
from pipeline.policy.read_rules import measures_of

ONE_DAY = timedelta(days=1)


def stands_until(policy: Policy, facts: Facts, on: date) -> date:
    """The last day on which the same facts give the same verdicts and points as on `on`; 31 December at the latest.

    With the year the figures that decide change; before that credentials run out, terms of years and a firm's age
    pass a threshold, an edition or one of its triggers begins or ends.
    """
    if _counts_days_inside(policy):
        return on
    turning = [day for day in _turning_days(policy, facts, on) if day > on]
    return min([*turning, date(on.year + 1, 1, 1)]) - ONE_DAY


def _turning_days(policy: Policy, facts: Facts, on: date) -> Iterator[date]:
    """The days on which something may begin to be judged otherwise."""
    yield policy.effective_from
    if policy.effective_to:
        yield policy.effective_to + ONE_DAY
    yield from (trigger.since for trigger in policy.triggers if trigger.since)
    for holding in facts.holdings:
        if holding.valid_until:
            yield holding.valid_until + ONE_DAY
        if holding.on:
            yield holding.on
            yield _anniversary(holding.on, on.year) + ONE_DAY
    if facts.registered_on:
        yield facts.registered_on
        yield _anniversary(facts.registered_on, on.year)
        for days in _day_bounds(policy):
            yield facts.registered_on + timedelta(days=days)
            yield facts.registered_on + timedelta(days=days + 1)


def _anniversary(day: date, year: int) -> date:
    """The day of the year on which full years are completed; 29 February's is 1 March."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@lru_cache(maxsize=64)
def _day_bounds(policy: Policy) -> tuple[int, ...]:
    """The ages in days that conditions compare with."""
    limits = [criterion.rule for criterion in all_criteria(policy) if isinstance(criterion.rule, Limit)]
    bounds = []
    for limit in limits:
        if isinstance(limit.measure.body, Registered) and limit.measure.body.what == "days":
            tiers = limit.ladder.tiers if limit.ladder else ()
            bounds += [bound for bound in (limit.bound, *(tier.bound for tier in tiers)) if bound is not None]
    return tuple(sorted({ceil(bound) for bound in bounds}))


@lru_cache(maxsize=64)
def _counts_days_inside(policy: Policy) -> bool:
    """True when an age in days is part of a greater measure or of a tier: then every day may change something."""
    measures = {measure for criterion in all_criteria(policy) for measure in measures_of(criterion)}
    direct = {
        criterion.rule.measure
        for criterion in all_criteria(policy)
        if isinstance(criterion.rule, Limit) and isinstance(criterion.rule.measure.body, Registered)
    }
    return any(_has_days(measure) for measure in measures - direct)


def _has_days(measure: Measure) -> bool:
    if isinstance(measure.body, Registered):
        return measure.body.what == "days"
    return any(_has_days(inner) for inner in components(measure.body))
