from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from pipeline.assessment import (
    Claim,
    Facts,
    Figure,
    Holding,
    assess,
    code_of,
    facts_from_rows,
    judge,
    parse_facts,
    spoken_name,
)
from pipeline.errors import InvalidFacts, InvalidPolicy
from pipeline.policy import policy_of
from tests.pipeline.samples import ON, tech_sme, tech_sme_policy


def wrong(document, policy=None) -> dict[str, str]:
    with pytest.raises(InvalidFacts) as refused:
        parse_facts(document, policy)
    assert refused.value.reasons == [f"{path}：{sentence}" for path, sentence in refused.value.fields.items()]
    assert (refused.value.code, refused.value.status) == ("invalid_input", 400)
    return refused.value.fields


def test_everything_that_facts_can_say():
    found = parse_facts(
        {
            "registered_on": "2015-03-01",
            "industry": "C3612",
            "credit_score": 80,
            "years": {
                "2025": {
                    "employees": "100.25",
                    "sales_cny": 5e7,
                    "rd_cny": [
                        {"value": 2, "basis": "accounting", "source": "audit"},
                        {"value": Decimal("3.10"), "source": "estimate"},
                    ],
                    "profit_cny": -5,
                    "tech_staff": None,
                },
                2024: {"sales_cny": {"value": None, "source": "tax"}},
            },
            "ip": {"class1": "1"},
            "credentials": [
                {"kind": "high_tech_certificate", "valid_until": "2027-12-31"},
                {"kind": "science_award", "rank": "2", "on": "2024-01-01"},
                {"kind": "rd_institution", "level": "provincial"},
                {"kind": "gazelle_library", "year": 2026},
                {"kind": "chief_technology_officer"},
            ],
            "flags": {
                "resident": True,
                "listed": None,
                "dishonesty": {"value": False, "source": "tax"},
                "serious_incident": [True, {"value": False}],
            },
            "expert": {"ip_quality": [3, 9], "organisation": 12},
        }
    )

    assert found == Facts(
        figures={
            ("employees", 2025): (Figure(Fraction(401, 4)),),
            ("sales_cny", 2025): (Figure(50_000_000),),
            ("rd_cny", 2025): (Figure(2, "accounting", "audit"), Figure(Fraction(31, 10), "", "estimate")),
            ("profit_cny", 2025): (Figure(-5),),
            ("ip_class1", 0): (Figure(1),),
            ("credit_score", 0): (Figure(80),),
        },
        flags={
            "resident": (Claim(True),),
            "dishonesty": (Claim(False, "tax"),),
            "serious_incident": (Claim(True), Claim(False)),
        },
        holdings=(
            Holding("high_tech_certificate", valid_until=date(2027, 12, 31)),
            Holding("science_award", rank=2, on=date(2024, 1, 1)),
            Holding("rd_institution", level="provincial"),
            Holding("gazelle_library", year=2026),
            Holding("chief_technology_officer"),
        ),
        expert={"ip_quality": (3, 9), "organisation": (12, 12)},
        registered_on=date(2015, 3, 1),
        industry="C3612",
    )


def test_nothing_said_is_nothing_known():
    assert parse_facts({}) == parse_facts({"years": {}, "ip": None, "flags": {}, "credentials": None}) == Facts()


def test_every_wrong_field_is_named_at_once():
    document = {
        "registered_on": "yesterday",
        "industry": "steel",
        "years": {"2025": {"sales_cny": "much", "profits": 3}, "25": {}, "2024": 7},
        "ip": {"class1": 1.5, "class3": 1},
        "credentials": [{"kind": "medal"}, {"kind": "science_award", "rank": 0, "colour": "gold"}],
        "flags": {"resident": "yes", "rich": True},
        "expert": {"ip_quality": [9, 3], "organisation": [1, 2, 3], "charm": 1},
        "note": "hello",
    }

    assert wrong(document) == {
        "facts.note": "不认识的字段",
        "facts.years.2025.profits": "不认识的字段",
        "facts.years.2025.sales_cny": "“much”不是数字",
        "facts.years.25": "不是年度；请写成 2025",
        "facts.years.2024": "应为对象",
        "facts.ip.class3": "不认识的字段",
        "facts.ip.class1": "“Ⅰ类知识产权”应为整数",
        "facts.flags.rich": "不认识的字段",
        "facts.flags.resident": "应为 true 或 false",
        "facts.credentials.0.kind": "资质种类应为其中之一：high_tech_certificate、science_award、rd_institution、"
        "standard_led、gazelle_library、chief_technology_officer",
        "facts.credentials.1.colour": "不认识的字段",
        "facts.credentials.1.rank": "应为 1 至 10000 的整数",
        "facts.expert.charm": "不认识的字段",
        "facts.expert.ip_quality": "应为 [最低分, 最高分]",
        "facts.expert.organisation": "应为 [最低分, 最高分]",
        "facts.registered_on": "“yesterday”不是日期；请写成 2026-01-31",
        "facts.industry": "“steel”不是国民经济行业代码；请写成 C3612",
    }


@pytest.mark.parametrize("document", [None, [], "facts", 3])
def test_facts_are_an_object(document):
    assert wrong(document) == {"facts": "应为对象"}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (True, "“True”不是数字"),
        ("", "“”不是数字"),
        ("1,000", "“1,000”不是数字"),
        ("１００", "“１００”不是数字"),
        ("1_000", "“1_000”不是数字"),
        ("NaN", "“NaN”不是数字"),
        (float("inf"), "“inf”不是数字"),
        ("1e400", "“1e400”不是数字"),
        ({}, None),
        (-1, "“销售收入”不能为负数"),
        (10**16, "“销售收入”的数值过大；请核对单位"),
        ("1e16", "“销售收入”的数值过大；请核对单位"),
        ({"value": "x"}, None),
        ([[1]], None),
    ],
)
def test_what_is_no_amount(value, sentence):
    document = {"years": {"2025": {"sales_cny": value}}}

    if sentence:
        assert wrong(document) == {"facts.years.2025.sales_cny": sentence}
    elif value == {}:
        assert parse_facts(document) == Facts()
    else:
        assert list(wrong(document)) in (["facts.years.2025.sales_cny.value"], ["facts.years.2025.sales_cny.0"])


@pytest.mark.parametrize("value", [5e7, 50_000_000, "50000000", "5E+7", " 50000000.00 ", Decimal("5E+7")])
def test_spellings_of_one_amount(value):
    found = parse_facts({"years": {"2025": {"sales_cny": value}}})

    assert found.figures == {("sales_cny", 2025): (Figure(50_000_000),)}


def test_bases_and_sources_are_known_words():
    document = {
        "years": {
            "2025": {
                "rd_cny": {"value": 1, "basis": "guess"},
                "sales_cny": {"value": 1, "basis": "accounting"},
                "tax_cny": {"value": 1, "source": "rumour"},
                "costs_cny": {"value": 1, "why": "?"},
            }
        },
        "flags": {"listed": {"value": 1}},
    }

    assert wrong(document) == {
        "facts.years.2025.rd_cny.basis": "“guess”应为其中之一：super_deduction、high_tech、accounting",
        "facts.years.2025.sales_cny.basis": "该指标不分口径",
        "facts.years.2025.tax_cny.source": "“rumour”应为其中之一：register、audit、tax、statistics、declared、estimate",
        "facts.years.2025.costs_cny.why": "不认识的字段",
        "facts.flags.listed.value": "应为 true 或 false",
    }


def test_a_policy_brings_its_own_flags():
    assert wrong({"flags": {"first_time": True}}) == {"facts.flags.first_time": "不认识的字段"}
    assert parse_facts({"flags": {"first_time": True}}, tech_sme_policy()).flags == {"first_time": (Claim(True),)}


def test_malformed_facts_are_refused_by_every_door():
    for door in (assess, judge):
        with pytest.raises(InvalidFacts):
            door(tech_sme_policy(), {"years": {"2025": {"employees": "many"}}}, ON)


def test_parsed_facts_and_the_document_give_the_same():
    assert assess(tech_sme_policy(), parse_facts(tech_sme()), ON) == assess(tech_sme_policy(), tech_sme(), ON)


def test_rows_of_the_table_of_facts_say_the_same_as_a_document():
    rows = [
        (2025, "rd_cny", "accounting", "audit", Decimal("3.1000")),
        (2025, "rd_cny", "super_deduction", "tax", Decimal("2.0000")),
        (0, "ip_class1", "", "declared", Decimal("1.0000")),
        (0, "resident", "", "tax", Decimal("1.0000")),
        (0, "resident", "", "declared", Decimal("0.0000")),
    ]

    found = facts_from_rows(rows, holdings=[Holding("standard_led")], registered_on=date(2015, 3, 1), industry="C3612")

    assert found == parse_facts(
        {
            "registered_on": "2015-03-01",
            "industry": "C3612",
            "years": {
                "2025": {
                    "rd_cny": [
                        {"value": "3.1", "basis": "accounting", "source": "audit"},
                        {"value": 2, "basis": "super_deduction", "source": "tax"},
                    ]
                }
            },
            "ip": {"class1": {"value": 1, "source": "declared"}},
            "credentials": [{"kind": "standard_led"}],
            "flags": {"resident": [{"value": True, "source": "tax"}, {"value": False, "source": "declared"}]},
        }
    )


def test_names_in_the_document_and_codes_of_figures():
    assert [spoken_name(code) for code in ("ip_class1", "rd_cny")] == ["class1", "rd_cny"]
    assert [code_of(name) for name in ("class1", "rd_cny", "credit_score")] == ["ip_class1", "rd_cny", "credit_score"]


def test_a_stored_edition_is_judged_by_what_was_published():
    stored = SimpleNamespace(content=dict(tech_sme_policy().content), digest=tech_sme_policy().digest)

    assert policy_of(stored) == policy_of(tech_sme_policy()) == tech_sme_policy()
    assert policy_of(stored) is policy_of(stored)
    assert assess(stored, tech_sme(), ON) == assess(tech_sme_policy(), tech_sme(), ON)


def test_a_stored_edition_that_was_changed_is_refused():
    stored = SimpleNamespace(content={**tech_sme_policy().content, "region": "CN"}, digest="0" * 64)

    with pytest.raises(InvalidPolicy) as refused:
        assess(stored, tech_sme(), ON)

    assert refused.value.reasons == ["政策版本的内容与发布时的摘要不符，已被改动；请恢复原内容或发布新版本"]
