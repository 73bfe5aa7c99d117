"""Stored assessments: what a firm's rows say, which verdicts stand, and that each can be made again."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings

from crm.choices import CredentialKind, RightKind
from crm.models import Credential, Fact, IntellectualProperty
from pipeline.assessment import (
    Holding,
    assess,
    facts_document,
    first_year_read,
    judge,
    parse_facts,
    stands_until,
)
from pipeline.choices import Bucket
from pipeline.models import Assessment, PolicyEdition, Recognition
from pipeline.policy import policy_from_json
from pipeline.selectors.assessments import document_of, standings
from pipeline.selectors.facts import facts_of
from pipeline.services.assessments import inputs_digest, judge_firms, keep, outcome_of
from pipeline.services.policies import publish, unpublished
from tests.pipeline import samples
from tests.pipeline.samples import ON, SIX_FLAGS, tech_sme_policy
from tests.pipeline.test_assessment_properties import EDITIONS, SEEDS, complete_facts

FIGURES = {
    "employees": ("quarterly_6m", 100),
    "tech_staff": ("quarterly_6m", 20),
    "sales_cny": ("", 50_000_000),
    "rd_cny": ("super_deduction", 2_000_000),
    "costs_cny": ("", 46_000_000),
    "assets_cny": ("", 50_000_000),
}


@pytest.fixture
def published(db):
    publish(unpublished(), actor=None)


@pytest.fixture
def edition(published):
    return PolicyEdition.objects.get(programme="tech_sme", code="CN-2022")


def state(firm, code, value, *, year=0, basis="", source="declared"):
    return Fact.objects.create(firm=firm, year=year, code=code, basis=basis, source=source, value=Decimal(str(value)))


@pytest.fixture
def sixty(firm):
    """The firm of ARCHITECTURE §5, as rows: it meets the line with 60 points exactly."""
    firm.registered_on = date(2015, 3, 1)
    firm.save()
    for code, (basis, value) in FIGURES.items():
        state(firm, code, value, year=2025, basis=basis)
    for name, said in SIX_FLAGS.items():
        state(firm, name, int(said))
    state(firm, "ip_class1", 0)
    state(firm, "ip_class2", 3)
    return firm


def judged(edition, firm, on=ON):
    found = judge_firms(edition, [firm], on=on)
    keep(found.rows)
    return Assessment.objects.get(firm=firm, edition=edition)


# From rows to facts ---------------------------------------------------------------------------------------------------


def test_a_firms_rows_are_the_facts_of_the_sample(sixty):
    facts = facts_of([sixty], on=ON)[sixty.pk]

    document = assess(tech_sme_policy(), facts, ON).as_dict()

    assert document["verdict"] == "met"
    assert document["score"] == {"min": 60, "max": 60, "parts": {"personnel": [12, 12], "rd": [30, 30], "ip": [18, 18]}}


def test_facts_of_many_firms_cost_four_queries(sixty, other_firm, django_assert_num_queries):
    with django_assert_num_queries(4):
        assert set(facts_of([sixty, other_firm], on=ON)) == {sixty.pk, other_firm.pk}


def test_recorded_rights_are_counted_and_come_before_a_stated_count(sixty):
    rights = [(RightKind.INVENTION, True), (RightKind.SOFTWARE, True), (RightKind.DESIGN, False)]
    for number, (kind, own) in enumerate(rights):
        IntellectualProperty.objects.create(firm=sixty, kind=kind, number=f"ZL{number}", self_developed=own)
    IntellectualProperty.objects.create(firm=sixty, kind=RightKind.INVENTION, number="ZL9", in_force=False)

    facts = facts_of([sixty], on=ON)[sixty.pk]

    counted = {
        code: [figure.value for figure in figures if figure.source == "register"]
        for (code, _year), figures in facts.figures.items()
        if code.startswith("ip_")
    }
    assert counted == {
        "ip_class1": [1],
        "ip_class2": [2],
        "ip_invention_patents": [1],
        "ip_utility_or_software": [1],
        "ip_self_developed": [2],
    }
    assert judge(tech_sme_policy(), facts, ON).score.parts["ip"] == (30, 30)


def test_titles_that_the_product_granted_are_credentials(sixty, county):
    def granted(**given):
        values = {"firm": sixty, "region": county, "region_path": county.path, "granted_on": date(2024, 11, 1)}
        return Recognition.objects.create(**(values | given))

    certificate = granted(programme="high_tech", title="certificate", number="GR1", valid_until=date(2027, 10, 31))
    granted(programme="gazelle", title="library", number="L1", granted_on=date(2026, 6, 1))
    granted(programme="high_tech", title="certificate", number="GR2", granted_on=ON + timedelta(days=1))
    Credential.objects.create(firm=sixty, kind=CredentialKind.RD_INSTITUTION, level="provincial")

    assert facts_of([sixty], on=ON)[sixty.pk].holdings == (
        Holding("rd_institution", level="provincial"),
        Holding("high_tech_certificate", valid_until=date(2027, 10, 31)),
        Holding("gazelle_library", year=2026),
    )

    certificate.ended_on = date(2026, 3, 10)
    certificate.save()
    assert facts_of([sixty], on=ON)[sixty.pk].holdings[1].valid_until == date(2026, 3, 9)


def test_what_experts_said_needs_both_ends_of_one_source(sixty):
    state(sixty, "expert_ip_quality_low", 9)
    assert facts_of([sixty], on=ON)[sixty.pk].expert == {}

    state(sixty, "expert_ip_quality_high", 12)
    state(sixty, "expert_organisation_low", 10, source="audit")
    state(sixty, "expert_organisation_high", 14, source="audit")
    assert facts_of([sixty], on=ON)[sixty.pk].expert == {"ip_quality": (9, 12), "organisation": (10, 14)}


def test_a_flag_that_one_edition_declares_is_read(sixty):
    state(sixty, "flag:first_time", 1)

    facts = facts_of([sixty], on=ON)[sixty.pk]

    assert any("首次参加" in sentence for sentence in assess(tech_sme_policy(), facts, ON).warnings)


# What is kept ---------------------------------------------------------------------------------------------------------


def test_an_assessment_is_kept_with_its_inputs(edition, sixty):
    row = judged(edition, sixty)

    assert (row.verdict, row.bucket, row.score_min, row.score_max) == ("met", "met", 60, 60)
    assert (row.lacking, row.asking, row.estimated, row.region_path) == ("", "", False, sixty.region_path)
    assert row.inputs["years"]["2025"]["rd_cny"] == [
        {"value": "2000000", "basis": "super_deduction", "source": "declared"}
    ]


def test_what_is_lacking_and_missing_is_kept_by_code(edition, sixty):
    Fact.objects.filter(code="rd_cny").update(value=1_000_000)
    Fact.objects.filter(code="dishonesty").delete()

    row = judged(edition, sixty)

    assert (row.verdict, row.bucket, row.lacking, row.asking) == ("not_met", "lacks_one", "score", "dishonesty")
    assert ["rd", "1000000"] in row.outcome["gaps"]
    assert row.outcome["missing"] == [["dishonesty", None]]


def test_a_verdict_that_stands_on_an_estimate_says_so(edition, sixty):
    Fact.objects.filter(code="rd_cny").update(source="estimate")

    assert judged(edition, sixty).estimated

    state(sixty, "rd_cny", 2_000_000, year=2025, basis="super_deduction", source="tax")
    assert not judged(edition, sixty).estimated


def test_only_firms_whose_facts_changed_are_judged_again(edition, sixty, other_firm):
    firms = [sixty, other_firm]
    keep(judge_firms(edition, firms, on=ON).rows)

    again = judge_firms(edition, firms, on=ON)
    assert (again.rows, again.unchanged) == ([], 2)

    state(sixty, "profit_cny", 5, year=2025)  # tech-SME evaluation does not look at it
    assert judge_firms(edition, firms, on=ON).unchanged == 2

    Fact.objects.filter(firm=sixty, code="tech_staff").update(value=19)
    changed = judge_firms(edition, firms, on=ON)
    assert ([row.firm_id for row in changed.rows], changed.unchanged) == ([sixty.pk], 1)

    assert len(judge_firms(edition, firms, on=date(2027, 1, 1)).rows) == 2  # another year decides


def test_judging_costs_five_queries_however_many_firms(edition, sixty, other_firm, django_assert_num_queries):
    with django_assert_num_queries(5):
        judge_firms(edition, [sixty, other_firm], on=ON)


def test_keeping_twice_leaves_one_row_a_firm_and_edition(edition, sixty):
    first = judge_firms(edition, [sixty], on=ON).rows
    second = judge_firms(edition, [sixty], on=ON).rows

    keep(first)
    keep(second)

    assert Assessment.objects.count() == 1


def test_a_stored_assessment_makes_itself_again_after_a_newer_edition(edition, sixty, county):
    row = judged(edition, sixty)
    newer = edition.content | {"edition": "CN-2026", "effective_from": "2026-01-01"}
    publish([policy_from_json(newer)], actor=None)
    Fact.objects.filter(firm=sixty).delete()

    row = Assessment.objects.select_related("edition").get(pk=row.pk)
    document = document_of(row)

    assert document.edition == "CN-2022"
    assert outcome_of(document) == row.outcome
    assert document.as_dict()["verdict"] == row.verdict


def test_a_firm_that_moves_takes_its_assessments_along(edition, sixty, other_county, lead):
    from crm.services.firms import move_firm

    row = judged(edition, sixty)

    move_firm(sixty, region=other_county, actor=lead)

    row.refresh_from_db()
    assert row.region_path == other_county.path


def test_standings_judge_every_programme_with_the_edition_in_force(edition, sixty):
    found = standings(sixty, on=ON)

    assert [(each.programme, each.edition.code, each.document.verdict.value) for each in found] == [
        ("tech_sme", "CN-2022", "met"),
        ("high_tech", "CN-2016", "unknown"),
        ("gazelle", "450000-2022", "not_met"),
    ]


# Pure parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("programme", "code", "on"), EDITIONS)
@given(rng=SEEDS)
@settings(max_examples=25, deadline=None)
def test_the_document_of_facts_is_judged_like_the_facts(programme, code, on, rng):
    policy = samples.edition(programme, code)
    facts = parse_facts(complete_facts(rng, policy, on), policy)

    document = facts_document(facts, policy)

    assert assess(policy, document, on).as_dict() == assess(policy, facts, on).as_dict()
    assert inputs_digest(facts_document(parse_facts(document, policy), policy)) == inputs_digest(document)


@pytest.mark.parametrize(("programme", "code", "on"), EDITIONS)
@given(rng=SEEDS)
@settings(max_examples=25, deadline=None)
def test_years_before_the_first_that_is_read_have_no_say(programme, code, on, rng):
    policy = samples.edition(programme, code)
    facts = parse_facts(complete_facts(rng, policy, on), policy)
    first = first_year_read(policy, on)
    older = {(code, first - 1): figures for (code, _year), figures in facts.figures.items() if _year}

    whole = assess(policy, replace(facts, figures={**facts.figures, **older}), on)
    read = {key: figures for key, figures in facts.figures.items() if not key[1] or key[1] >= first}

    assert assess(policy, replace(facts, figures=read), on) == whole


def test_of_each_edition_the_years_that_have_a_say_are_known():
    on = date(2026, 7, 1)
    first = {
        code: first_year_read(samples.edition(*code.split("/")), on)
        for code in ("tech_sme/CN-2022", "high_tech/CN-2016")
    }

    assert first == {"tech_sme/CN-2022": 2025, "high_tech/CN-2016": 2023}


@pytest.mark.parametrize(("programme", "code", "on"), EDITIONS)
@given(rng=SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_verdict_stands_until_the_day_that_is_named(programme, code, on, rng):
    policy = samples.edition(programme, code)
    facts = parse_facts(complete_facts(rng, policy, on), policy)
    facts = replace(facts, registered_on=on - timedelta(days=rng.randrange(300, 3000)))
    until = stands_until(policy, facts, on)

    def found(day):
        document = assess(policy, facts, day)
        verdicts = [(line.code, line.verdict, line.threshold) for line in document.criteria]
        return document.bucket, document.route, document.score, verdicts, document.missing, document.warnings

    days = {until, on + (until - on) / 2, on + timedelta(days=rng.randrange((until - on).days + 1))}
    assert [found(day) for day in days] == [found(on)] * len(days)


@pytest.mark.parametrize(
    ("change", "until"),
    [
        ({}, date(2026, 12, 31)),
        ({"registered_on": "2025-09-01"}, date(2026, 8, 31)),
        ({"credentials": [{"kind": "high_tech_certificate", "valid_until": "2026-10-09"}]}, date(2026, 10, 9)),
        ({"credentials": [{"kind": "science_award", "rank": 1, "on": "2021-07-15"}]}, date(2026, 7, 15)),
    ],
)
def test_a_verdict_stands_until_time_alone_may_change_it(change, until):
    facts = parse_facts(samples.tech_sme() | {"registered_on": "2015-03-01"} | change, tech_sme_policy())

    assert stands_until(tech_sme_policy(), facts, ON) == until


def test_the_first_year_of_a_firm_ends_on_its_365th_day():
    facts = parse_facts({"registered_on": "2025-09-01"})

    assert stands_until(samples.high_tech_policy(), facts, ON) == date(2026, 8, 31)
    assert stands_until(samples.high_tech_policy(), facts, date(2026, 8, 31)) == date(2026, 8, 31)


@pytest.mark.parametrize(
    ("change", "bucket"),
    [
        ({}, Bucket.MET),
        ({"rd_cny": 1_000_000}, Bucket.LACKS_ONE),
        ({"tech_staff": 9}, Bucket.LACKS_TWO),
        ({"employees": 501, "tech_staff": 200}, Bucket.IMPOSSIBLE),
        ({"sales_cny": 200_000_001, "rd_cny": 90_000_000}, Bucket.IMPOSSIBLE),
        ({"rd_cny": None}, Bucket.UNKNOWN),
        ({"flags": SIX_FLAGS | {"resident": False}}, Bucket.IMPOSSIBLE),
        ({"flags": {"resident": None}}, Bucket.UNKNOWN),
    ],
)
def test_a_bucket_says_how_far_a_firm_is(change, bucket):
    assert assess(tech_sme_policy(), samples.tech_sme(**change), ON).bucket == bucket


def test_a_firm_that_only_experts_can_complete_is_ready_for_them():
    facts = samples.high_tech()
    said = {"expert": {"ip_quality": [16, 16], "organisation": [20, 20]}}

    assert assess(samples.high_tech_policy(), facts, ON).bucket == Bucket.READY
    assert assess(samples.high_tech_policy(), facts | said, ON).bucket == Bucket.MET
    assert assess(samples.high_tech_policy(), samples.high_tech(rd_cny=None), ON).bucket == Bucket.UNKNOWN


def test_a_certificate_that_is_not_held_is_a_lack_not_an_end():
    facts = {"credentials": [], "flags": {"serious_incident": False}}

    assert assess(samples.edition("gazelle", "450000-2022"), facts, ON).bucket == Bucket.LACKS_ONE
