from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment import assess
from pipeline.assessment.words import growth_text
from pipeline.policy.words import amount_text, decimal_text, money
from pipeline.rules import at_least, compound_bound, known
from tests.pipeline.samples import ON, edition, high_tech, high_tech_policy, small_policy, tech_sme, tech_sme_policy


def gaps(facts, policy=None, on=ON):
    return [tuple(gap) for gap in assess(policy or tech_sme_policy(), facts, on).gaps]


def one_criterion(rule, **changes):
    return small_policy(
        f"  - {{code: a, label: 甲方, label_en: A, source: 第一条, status: confirmed, {rule}}}", **changes
    )


# Tech-SME -------------------------------------------------------------------------------------------------------------


def test_the_sentence_of_the_contract():
    """4 % of 59.65 million is 2.386 million: with 2 million spent, 386,000 yuan are lacking for the last ten points."""
    facts = tech_sme(sales_cny=59_650_000)

    assert gaps(facts) == [
        ("score", "10", "分", "综合得分 50 分，还差 10 分"),
        ("personnel", "5", "人", "再增 5 名科技人员，可多得 4 分"),
        ("rd", "386000", "元", "研发费用还差 38.6 万元"),
        ("ip", "1", "项", "再增 1 项Ⅰ类知识产权"),
        ("ip", "1", "项", "再增 1 项Ⅱ类知识产权，可多得 6 分"),
    ]


def test_two_more_people():
    facts = tech_sme(tech_staff="8.25", employees="102.5")

    assert gaps(facts)[0] == ("personnel_score", "2", "人", "再增 2 名科技人员")


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"employees": 520}, ("employees_limit", "20", "人", "职工须减少 20 人")),
        ({"sales_cny": 200_500_000}, ("sales_limit", "500000", "元", "销售收入须减少 50 万元")),
        (
            {"flags": {"restricted_industry": True}},
            (
                "industry_allowed",
                None,
                "",
                "不符合：不属于限制类、淘汰类行业，也不属于财税〔2015〕119号规定的负面清单行业",
            ),
        ),
    ],
)
def test_gaps_of_gates(change, gap):
    assert gap in gaps(tech_sme(**change))


def test_the_distance_in_a_criterions_own_unit():
    facts = tech_sme(employees=520, tech_staff=104, class2=2)

    found = {
        line.code: (line.actual, line.threshold, line.gap) for line in assess(tech_sme_policy(), facts, ON).criteria
    }

    assert found["employees_limit"] == ("520", "500", "20")
    assert found["score"] == ("54", "60", "6")
    assert found["sales_limit"] == ("50000000", "200000000", None)


def test_staff_cannot_exceed_all_employees():
    facts = tech_sme(employees=2, tech_staff=0, class2=0)

    assert ("personnel", "1", "人", "再增 1 名科技人员，可多得 20 分") in gaps(facts)
    assert not [gap for gap in gaps(tech_sme(employees=0, tech_staff=0)) if gap[0] == "personnel"]


def test_what_is_unknown_has_no_distance():
    assert gaps(tech_sme(tech_staff=None, rd_cny=None)) == []


def test_a_range_that_stays_below_the_line_is_measured_from_its_best_end():
    facts = tech_sme(rd_cny=0, tech_staff=None)

    assert gaps(facts) == [
        ("score", "22", "分", "综合得分最高 38 分，还差 22 分"),
        ("rd", "2000000", "元", "研发费用还差 200 万元"),
        ("ip", "1", "项", "再增 1 项Ⅰ类知识产权，可多得 12 分"),
        ("ip", "1", "项", "再增 1 项Ⅱ类知识产权，可多得 6 分"),
    ]


# High-tech ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tech_staff": 9}, [("staff_share", "1", "人", "再增 1 名科技人员")]),
        ({"tech_staff": "8.5", "employees": 99}, [("staff_share", "2", "人", "再增 2 名科技人员")]),
        ({"rd_cny": 1_500_000}, [("rd_ratio", "300000", "元", "研发费用还差 30 万元")]),
        ({"rd_domestic_cny": 0, "rd_cny": 7_000_000}, [("rd_domestic", "3300000", "元", "境内研发费用还差 330 万元")]),
        (
            {"high_tech_income_cny": 22_000_000},
            [("high_tech_income", "2000000", "元", "高新技术产品(服务)收入还差 200 万元")],
        ),
        (
            {"rd_cny": 1_500_000, "rd_other_cny": 700_000},
            [("rd_ratio", "640000", "元", "研发费用还差 64 万元")],
        ),
    ],
)
def test_gaps_of_high_tech_conditions(change, expected):
    assert gaps(high_tech(**change), high_tech_policy()) == expected


def test_a_score_that_cannot_reach_the_line_says_what_would_help():
    facts = high_tech(transformations=0) | {"ip": {"class1": 0, "class2": 1, "self_developed": 0}}
    for year in ("2023", "2024"):
        facts["years"][year]["transformations"] = 0

    assert gaps(facts, high_tech_policy()) == [
        ("innovation", "12", "分", "综合得分最高 59 分，还差 12 分"),
        ("ip", "1", "项", "再增 1 项Ⅰ类知识产权，可多得 6 分"),
        ("ip", "2", "项", "再增 2 项Ⅱ类知识产权，可多得 2 分"),
        ("ip", "1", "项", "再增 1 项自主研发的知识产权，可多得 3 分"),
        ("transformation", "6", "项", "再增 6 项科技成果转化"),
        ("growth", "200000", "元", "净资产再增 20 万元，可多得 2 分"),
        ("growth", "250000", "元", "销售收入再增 25 万元，可多得 2 分"),
    ]


# Single rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "year", "expected"),
    [
        ("rule: more_than, field: sales_cny, value: 100", 100, [("a", "1", "元", "销售收入还差 1 元")]),
        ("rule: less_than, field: sales_cny, value: 100", 100, [("a", "1", "元", "销售收入须减少 1 元")]),
        ("rule: at_least, field: sales_cny, value: 100", "99.5", [("a", "0.5", "元", "销售收入还差 0.5 元")]),
    ],
)
def test_gaps_of_strict_and_inclusive_thresholds(rule, year, expected):
    assert gaps({"years": {"2025": {"sales_cny": year}}}, one_criterion(rule)) == expected


def test_the_gap_of_growth_is_told_in_money():
    policy = edition("gazelle", "442000HJ-2026")
    facts = {
        "registered_on": "2015-03-01",
        "years": {
            "2023": {"sales_cny": 50_000_000},
            "2024": {"sales_cny": 60_000_000},
            "2025": {"sales_cny": 59_000_000},
        },
        "ip": {"class1": 1},
    }

    assert gaps(facts, policy) == [
        ("positive_every_year", "1000001", "元", "销售收入还差 100.0001 万元"),
        ("sales_growth", "39000001", "元", "销售收入还差 3,900.0001 万元"),
    ]


def test_below_the_lowest_tier_the_way_leads_into_it():
    facts = {
        "registered_on": "2015-03-01",
        "years": {"2023": {"sales_cny": 1_000_000}, "2024": {"sales_cny": 1_000_000}, "2025": {"sales_cny": 1_500_000}},
    }

    assert ("sales_growth", "500000", "元", "销售收入还差 50 万元") in gaps(facts, edition("gazelle", "450000-2022"))


def test_the_year_is_named_when_it_is_not_the_data_year():
    policy = one_criterion(
        "rule: at_least, field: before, value: 0.05",
        measures="before: {label: 前一年, label_en: Before, ratio: [rd_cny, sales_cny], year: -1}",
    )

    found = gaps({"years": {"2024": {"rd_cny": 1, "sales_cny": 100}}}, policy)

    assert found == [("a", "4", "元", "2024 年研发费用还差 4 元")]


@pytest.mark.parametrize(
    ("what", "rule", "registered_on", "gap"),
    [
        ("full_years", "rule: at_least, field: age, value: 3", "2024-07-01", ("a", "1", "年", "成立时间还差 1 年")),
        (
            "full_years",
            "rule: at_most, field: age, value: 5",
            "2018-07-01",
            ("a", "3", "年", "成立时间超出 3 年，无法补足"),
        ),
        (
            "days",
            "rule: at_least, field: age, value: 365",
            "2026-06-30",
            ("a", "364", "天", "成立还差 364 天，2027-06-30 起满足"),
        ),
    ],
)
def test_gaps_of_age(what, rule, registered_on, gap):
    policy = one_criterion(rule, measures=f"age: {{label: 年限, label_en: Age, registered: {what}}}")

    assert gaps({"registered_on": registered_on}, policy) == [gap]


@pytest.mark.parametrize(
    ("rule", "facts", "sentence"),
    [
        ("rule: credential, kind: gazelle_library, of_year: 0", {}, "尚未达到：甲方"),
        ("rule: industry_in, codes: [C]", {"industry": "F5123"}, "尚未达到：甲方"),
        (
            "rule: not, of: {code: b, label: 乙, label_en: B, rule: flag, flag: listed, is: true}",
            {"flags": {"listed": True}},
            "尚未达到：甲方",
        ),
        ("rule: flag, flag: listed, is: false", {"flags": {"listed": True}}, "不符合：甲方"),
    ],
)
def test_what_has_no_amount_has_a_sentence(rule, facts, sentence):
    assert gaps(facts, one_criterion(rule)) == [("a", None, "", sentence)]


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        (386_000, "38.6 万元"),
        (9_999, "9,999 元"),
        (Fraction(1, 100), "0.01 元"),
        (10_000, "1 万元"),
        (386_001, "38.6001 万元"),
        (12_345_678, "1,234.5678 万元"),
        (200_000_000, "2 亿元"),
        (123_456_789, "12,345.6789 万元"),
        (-5_000, "-5,000 元"),
        (-12_500_000, "-1,250 万元"),
    ],
)
def test_money_is_never_rounded(yuan, text):
    assert money(yuan) == text


def test_money_is_plain_yuan_in_english():
    with translation.override("en"):
        assert "12,345,678" in money(12_345_678)


def test_amounts_with_their_units():
    amounts = [
        (Fraction(4996, 100_000), "ratio"),
        (3, "persons"),
        (1, "count"),
        (60, "points"),
        (2010, "year"),
        (3, "years"),
    ]

    assert [amount_text(*amount) for amount in amounts] == ["4.996%", "3 人", "1 项", "60 分", "2010年", "3 年"]


@pytest.mark.parametrize(
    ("value", "beside", "text"),
    [
        (Fraction(1, 3), None, "0.333333"),
        (Fraction(2, 3), None, "0.666667"),
        (Fraction(1, 20) - Fraction(1, 10**9), Fraction(1, 20), "0.049999"),
        (Fraction(1, 20) + Fraction(1, 10**9), Fraction(1, 20), "0.050001"),
        (Fraction(1, 20), Fraction(1, 20), "0.05"),
        (Fraction(100), None, "100"),
        (0, None, "0"),
    ],
)
def test_a_shown_number_stays_on_its_side_of_the_threshold(value, beside, text):
    assert decimal_text(value, beside) == text


@pytest.mark.parametrize(
    ("factor", "intervals", "beside", "text"),
    [
        (Fraction(3, 2), 2, Fraction(15, 100), "0.224745"),
        (Fraction(144, 100), 2, Fraction(20, 100), "0.2"),
        (Fraction(144, 100), 2, Fraction(15, 100), "0.2"),
        (Fraction(1728, 1000) - Fraction(1, 10**12), 3, Fraction(20, 100), "0.199999"),
        (Fraction(1728, 1000) + Fraction(1, 10**12), 3, Fraction(20, 100), "0.200001"),
        (0, 2, Fraction(20, 100), "-1"),
        (-1, 2, Fraction(20, 100), None),
        (1, 1, None, "0"),
    ],
)
def test_the_rate_behind_a_factor(factor, intervals, beside, text):
    assert growth_text(factor, intervals, beside) == text


@given(
    st.fractions(min_value=0, max_value=1000),
    st.integers(1, 4),
    st.fractions(min_value=0, max_value=2, max_denominator=100),
)
def test_a_shown_rate_never_tells_another_story(factor, intervals, rate):
    shown = Fraction(Decimal(growth_text(factor, intervals, rate)))

    assert at_least(known(shown), rate) is at_least(known(factor), compound_bound(rate, intervals))
