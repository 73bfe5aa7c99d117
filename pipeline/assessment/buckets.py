"""How far a firm is from an edition, in one word: what a screening sorts by."""

from __future__ import annotations

from pipeline.assessment.case import Case
from pipeline.assessment.judging import overall, rule_verdict, verdict_of
from pipeline.assessment.missing import missing_facts
from pipeline.assessment.paths import limit_figures
from pipeline.choices import Bucket
from pipeline.policy.nodes import AllOf, AnyOf, Credential, Criterion, Limit, Not, Policy
from pipeline.rules import MET, NOT_MET

FLOORS = frozenset({"at_least", "more_than"})
BY_COUNT = {1: Bucket.LACKS_ONE, 2: Bucket.LACKS_TWO}


def bucket_of(case: Case) -> Bucket:
    """Met; what is lacking, by number; not enough known; or out of reach.

    A lack is out of reach when nothing that a firm can add changes it: a yes/no condition or an industry that does
    not fit, or a ceiling of size or age that was passed. A floor not reached, a credential not held and a firm that
    is too young are lacks. While nothing is known to be lacking, a firm of which only experts still have to speak
    is ready for them; any other is one of which too little is known.
    """
    if overall(case) is MET:
        return Bucket.MET
    lacking = [criterion for criterion in case.policy.criteria if verdict_of(case, criterion) is NOT_MET]
    if not lacking:
        asked = missing_facts(case)
        return Bucket.READY if asked and all(entry.is_for_experts for entry in asked) else Bucket.UNKNOWN
    if any(_is_out_of_reach(case, criterion) for criterion in lacking):
        return Bucket.IMPOSSIBLE
    return BY_COUNT.get(len(lacking), Bucket.LACKS_MORE)


def _is_out_of_reach(case: Case, criterion: Criterion) -> bool:
    rule = criterion.rule
    if rule_verdict(case, rule) is not NOT_MET or isinstance(rule, Credential):
        return False
    if isinstance(rule, AllOf):
        return any(_is_out_of_reach(case, child) for child in rule.children)
    if isinstance(rule, AnyOf):
        return all(_is_out_of_reach(case, child) for child in rule.children)
    if isinstance(rule, Limit):
        return rule.op not in FLOORS and not _is_moved(case.policy, rule)
    if isinstance(rule, Not):
        return not (isinstance(rule.child.rule, Limit) and _is_moved(case.policy, rule.child.rule))
    return True


def _is_moved(policy: Policy, rule: Limit) -> bool:
    """True when a lever of the edition moves a figure that the limit stands on."""
    return any(lever.fact in limit_figures(rule) for lever in policy.levers)
