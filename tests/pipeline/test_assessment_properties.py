"""What holds for every firm: more is never worse, what is learnt never contradicts, a range holds every completion."""

import copy
import json
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assessment import apply_steps, assess, cheapest_paths, judge, parse_facts, spoken_name
from pipeline.assessment.figures import flags_used, measures_used
from pipeline.policy import policy_from_json
from pipeline.policy.nodes import Flag
from pipeline.policy.read_measures import fact_codes
from pipeline.policy.read_rules import inner_criteria
from pipeline.policy.tables import FIGURES
from tests.pipeline.samples import ON, edition, high_tech_policy, tech_sme_policy

EDITIONS = [
    ("tech_sme", "CN-2017", date(2021, 7, 1)),
    ("tech_sme", "CN-2022", ON),
    ("high_tech", "CN-2016", ON),
    ("gazelle", "450000-2021", date(2021, 6, 1)),
    ("gazelle", "450000-2022", ON),
    ("gazelle", "370000-2020", ON),
    ("gazelle", "320000-2024", date(2024, 9, 1)),
    ("gazelle", "440112-2026", ON),
    ("gazelle", "442000HJ-2026", ON),
    ("gazelle", "420100DH-2026", ON),
    ("gazelle", "OECD-2026", ON),
]
CERTIFICATE = {"kind": "high_tech_certificate", "valid_until": "2030-12-31"}
SEEDS = st.integers(0, 2**32).map(random.Random)  # one draw for a whole firm: quick to make, and told by its seed
BIG = [0, 100, 1_000_000, 2_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000, 500_000_000]
ENDS = {"persons": [0, 5, 10, 20, 100, 500], "count": range(10), "points": [60, 74, 75, 90]}
SMALLER = {"rd_cny", "rd_domestic_cny", "rd_entrusted_cny", "rd_other_cny"}  # hundredths of the others, to meet ratios


def amount(rng, code):
    """A figure that often lies on a threshold."""
    if code in SMALLER:
        return rng.choice(BIG) * 3 // 100
    if FIGURES[code].may_be_negative and rng.random() < 0.2:
        return -rng.randrange(1, 9_000_000)
    ends = ENDS.get(FIGURES[code].unit, BIG)
    return rng.choice(ends) if rng.random() < 0.6 else rng.randrange(max(ends) + 1)


def complete_facts(rng, policy, on):
    """Everything that the edition asks of a firm, for every year since it was registered."""
    registered = date(on.year - 16, 1, 1) + timedelta(days=rng.randrange((on - date(on.year - 16, 1, 1)).days + 1))
    codes = sorted({code for measure in measures_used(policy) for code in fact_codes(measure)})
    per_year = [code for code in codes if FIGURES[code].per_year]
    valid_until = rng.choice([on.isoformat(), "2000-01-01"])
    facts = {
        "registered_on": registered.isoformat(),
        "years": {
            str(year): {code: amount(rng, code) for code in per_year}
            for year in range(max(registered.year, on.year - 5), on.year + 1)
        },
        "ip": {spoken_name(code): amount(rng, code) for code in codes if code.startswith("ip_")},
        "credentials": [{"kind": "high_tech_certificate", "valid_until": valid_until}] * rng.randrange(2),
        "flags": {flag: rng.random() < 0.5 for flag in flags_used(policy)},
        "expert": {"ip_quality": rng.randrange(17), "organisation": rng.randrange(21)},
    }
    return facts | {code: amount(rng, code) for code in codes if code == "credit_score"}


def good_flags(policy):
    rules = [inner.rule for criterion in policy.criteria for inner in inner_criteria(criterion)]
    return {rule.flag: rule.expected for rule in rules if isinstance(rule, Flag)}


def with_gaps(rng, facts):
    """The same firm, of which less is known."""
    known = copy.deepcopy(facts)
    for figures in (*known["years"].values(), known["ip"], known["flags"], known["expert"], *known["credentials"]):
        for name in list(figures):
            if name != "kind" and rng.random() < 0.15:
                del figures[name]
    if rng.random() < 0.15:
        del known["registered_on"]
    return known


@pytest.mark.parametrize(("programme", "code", "on"), EDITIONS)
def test_what_is_learnt_never_contradicts_what_was_said(programme, code, on):
    policy = edition(programme, code)

    @settings(max_examples=50, deadline=None)
    @given(SEEDS)
    def check(rng):
        whole = complete_facts(rng, policy, on)
        part = with_gaps(rng, whole)

        before, after = assess(policy, part, on), assess(policy, whole, on)

        for early, late in zip(before.criteria, after.criteria, strict=True):
            assert (early.code, {early.verdict, late.verdict}) != (early.code, {"met", "not_met"})
        assert {str(before.verdict), str(after.verdict)} != {"met", "not_met"}
        if before.score:
            assert before.score.min <= after.score.min <= after.score.max <= before.score.max
            for name, (low, high) in after.score.parts.items():
                assert before.score.parts[name][0] <= low <= high <= before.score.parts[name][1]

    check()


@pytest.mark.parametrize(("programme", "code", "on"), EDITIONS)
def test_both_ways_of_judging_agree_and_leave_the_facts_alone(programme, code, on):
    policy = edition(programme, code)

    @settings(max_examples=25, deadline=None)
    @given(SEEDS)
    def check(rng):
        facts = with_gaps(rng, complete_facts(rng, policy, on))
        kept = copy.deepcopy(facts)

        assessment, judgement = assess(policy, facts, on), judge(policy, facts, on)

        assert facts == kept
        assert (assessment.verdict, assessment.score) == judgement
        assert json.loads(json.dumps(assessment.as_dict())) == assessment.as_dict()
        assert assessment == assess(policy_from_json(policy.content), parse_facts(facts, policy), on)
        verdicts = {line.verdict for line in assessment.criteria}
        expected = "not_met" if "not_met" in verdicts else "unknown" if "unknown" in verdicts else "met"
        assert assessment.verdict == expected

    check()


@pytest.mark.parametrize(("programme", "code", "on"), [row for row in EDITIONS if edition(*row[:2]).levers])
def test_the_steps_of_a_path_meet_what_can_be_met(programme, code, on):
    policy = edition(programme, code)
    held = [] if programme == "tech_sme" else [CERTIFICATE]  # the certificate alone would meet a tech-SME's line
    tried = 0

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(SEEDS)
    def check(rng):
        nonlocal tried
        facts = complete_facts(rng, policy, on)
        facts = (with_gaps(rng, facts) if rng.random() < 0.3 else facts) | {
            "flags": good_flags(policy),
            "credentials": held,
        }
        for path in cheapest_paths(policy, facts, on):
            tried += 1
            after = assess(policy, apply_steps(parse_facts(facts, policy), path.steps), on)
            left = [line.code for line in after.criteria if line.verdict != "met"]
            assert left in ([], ["innovation"])
            assert "not_met" not in {line.verdict for line in after.criteria}

    check()
    assert tried  # else nothing was shown


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(1, 50_000_000))
def test_more_rd_never_lowers_a_tech_sme_score(rng, more):
    facts = with_gaps(rng, complete_facts(rng, tech_sme_policy(), ON))
    richer = copy.deepcopy(facts)
    for figures in richer["years"].values():
        if "rd_cny" in figures:
            figures["rd_cny"] += more

    before, after = judge(tech_sme_policy(), facts, ON), judge(tech_sme_policy(), richer, ON)

    assert before.score.min <= after.score.min
    assert before.score.max <= after.score.max
    order = ["not_met", "unknown", "met"]
    assert order.index(before.verdict) <= order.index(after.verdict)


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_without_experts_high_tech_is_never_met(rng):
    facts = with_gaps(rng, complete_facts(rng, high_tech_policy(), ON)) | {"expert": {}}

    assert judge(high_tech_policy(), facts, ON).verdict in ("not_met", "unknown")


@settings(max_examples=50, deadline=None)
@given(st.decimals(0, 10**9, places=4), st.decimals(0, 10**9, places=4))
def test_an_edited_edition_comes_back_from_json_as_it_was(one, other):
    content = copy.deepcopy(tech_sme_policy().content)
    content["criteria"][2]["value"] = str(one)
    content["criteria"][3]["value"] = float(other)

    policy = policy_from_json(content)

    assert policy_from_json(json.loads(json.dumps(policy.content))) == policy
    assert policy.criteria[2].rule.bound == one
