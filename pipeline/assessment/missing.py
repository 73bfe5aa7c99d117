"""Which figures nobody has stated although a verdict waits for them, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pipeline.assessment.case import Case
from pipeline.assessment.facts import Facts, code_of, spoken_name
from pipeline.assessment.holdings import holds, open_questions
from pipeline.assessment.judging import case_for, verdict_of
from pipeline.assessment.measures import figures_of, needs_registration
from pipeline.assessment.scoring import item_points, measured, points_of
from pipeline.policy.nodes import (
    AllOf,
    AnyOf,
    Bands,
    BestOf,
    Credential,
    Criterion,
    Expert,
    Flag,
    Holds,
    Industry,
    Item,
    Limit,
    Measure,
    Not,
    Points,
    Policy,
    Registered,
)
from pipeline.policy.read_policy import Stored
from pipeline.policy.tables import EXPERT_SCORES, FIGURES, FLAGS
from pipeline.rules import UNKNOWN

FIRM, TAX, MARKET, SAFETY, SCIENCE, OFFICER, EXPERTS = (
    _("企业"),
    _("税务"),
    _("市场监管"),
    _("应急管理、生态环境"),
    _("科技部门"),
    _("经办人员"),
    _("评审专家"),
)
ASK: dict[str, str | Promise] = {
    "tax_cny": TAX,
    "audit_based_tax": TAX,
    "registered_on": MARKET,
    "abnormal_listing": MARKET,
    "serious_incident": SAFETY,
    "dishonesty": SCIENCE,
    "restricted_industry": OFFICER,
    "ip_core_support": EXPERTS,
    "supported_field": EXPERTS,
    **dict.fromkeys(EXPERT_SCORES, EXPERTS),
}


class Missing(NamedTuple):
    """One thing not known: its name in the facts object, its year where it has one, and who can say."""

    fact: str
    year: str | None
    ask: str

    @property
    def is_figure(self) -> bool:
        """False for what only people can say: expert scores, yes/no facts, details of a credential."""
        return self.fact == "registered_on" or code_of(self.fact) in FIGURES

    @property
    def is_for_experts(self) -> bool:
        """True for what only experts can say, whatever the firm hands in."""
        return ASK.get(self.fact) is EXPERTS


def missing_facts(case: Case) -> list[Missing]:
    """What every condition that is still unknown waits for, each once, in the order of the conditions."""
    found = [entry for criterion in case.policy.criteria for entry in missing_for(case, criterion)]
    return list(dict.fromkeys(found))


def asked_by_condition(
    edition: Policy | Stored, facts: Facts | Mapping[str, Any], on: date
) -> dict[str, tuple[Missing, ...]]:
    """What each condition that is still unknown waits for, by the condition's code."""
    case = case_for(edition, facts, on)
    return {each.code: tuple(dict.fromkeys(missing_for(case, each))) for each in case.policy.criteria}


def missing_for(case: Case, criterion: Criterion) -> Iterator[Missing]:
    """What one condition waits for; nothing when its verdict stands."""
    if verdict_of(case, criterion) is not UNKNOWN:
        return
    rule = criterion.rule
    if isinstance(rule, AllOf | AnyOf):
        for child in rule.children:
            yield from missing_for(case, child)
    elif isinstance(rule, Not):
        yield from missing_for(case, rule.child)
    elif isinstance(rule, Limit):
        yield from _limit(case, rule)
    elif isinstance(rule, Flag):
        yield _yes_or_no(case, rule.flag)
    elif isinstance(rule, Industry):
        yield _fact("industry")
    elif isinstance(rule, Credential):
        yield from _credential(case, rule)
    if criterion.waived:
        for route in case.policy.routes:
            yield from missing_for(case, route)


def _limit(case: Case, rule: Limit) -> Iterator[Missing]:
    if isinstance(rule.measure.body, Points):
        yield from _points(case, rule.measure.body)
    else:
        yield from _measure(case, rule.measure)
    if rule.by is not None:
        yield from _measure(case, rule.by)


def _points(case: Case, body: Points) -> Iterator[Missing]:
    for part in case.policy.parts:
        if body.part in (None, part.code) and not points_of(case, part).is_known:
            yield from _item(case, part.item)


def _item(case: Case, item: Item) -> Iterator[Missing]:
    points = item_points(case, item)
    if points.is_known:
        return
    if isinstance(item, Bands):
        yield from _measure(case, item.measure)
    elif isinstance(item, Expert):
        if item.name not in case.facts.expert:
            yield _fact(item.name)
    elif isinstance(item, Holds):
        if holds(case, item.credential) is UNKNOWN:
            yield from _credential(case, item.credential)
    else:
        for inner in item.items:
            hopeless = isinstance(item, BestOf) and item_points(case, inner).high <= points.low  # type: ignore[operator]
            if not hopeless:
                yield from _item(case, inner)


def _measure(case: Case, measure: Measure) -> Iterator[Missing]:
    if measured(case, measure).is_known:
        return
    unknown = [(code, shift) for code, shift in figures_of(case, measure) if not case.fact(code, shift).is_known]
    is_age = isinstance(measure.body, Registered)
    if case.facts.registered_on is None and (is_age or (unknown and needs_registration(measure))):
        yield _fact("registered_on")
    for code, shift in unknown:
        year = str(case.year_at(code, shift)) if FIGURES[code].per_year else None
        yield Missing(spoken_name(code), year, str(ASK.get(code, FIRM)))


def _yes_or_no(case: Case, flag: str) -> Missing:
    declared = case.policy.flags.get(flag)
    ask = declared.ask if declared and flag not in FLAGS else ASK.get(flag, FIRM)
    return Missing(flag, None, str(ask))


def _credential(case: Case, rule: Credential) -> Iterator[Missing]:
    return (_fact(question) for question in open_questions(case, rule))


def _fact(name: str) -> Missing:
    return Missing(name, None, str(ASK.get(name, FIRM)))
