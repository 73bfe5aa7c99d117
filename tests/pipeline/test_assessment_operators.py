"""Operators that no shipped edition uses as a condition, or that deserve a look of their own."""

from datetime import date

import pytest

from pipeline.assessment import assess, judge
from tests.pipeline.samples import ON, sales_of, small_policy


def verdict(rule, facts, *, on=ON, **policy):
    body = f"  - {{code: a, label: 甲方, label_en: A, source: 第一条, status: confirmed, {rule}}}"
    return judge(small_policy(body, **policy), facts, on).verdict


@pytest.mark.parametrize(
    ("of_year", "year", "expected"),
    [(0, 2026, "met"), (0, 2025, "not_met"), (-1, 2025, "met"), (0, None, "unknown")],
)
def test_in_the_library_of_year_y(of_year, year, expected):
    facts = {"credentials": [{"kind": "gazelle_library", "year": year}]}

    assert verdict(f"rule: credential, kind: gazelle_library, of_year: {of_year}", facts) == expected


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [([{"kind": "chief_technology_officer"}], "met"), ([], "not_met"), (None, "not_met")],
)
def test_a_credential_that_is_not_listed_is_not_held(credentials, expected):
    assert verdict("rule: credential, kind: chief_technology_officer", {"credentials": credentials}) == expected


def test_one_credential_that_fits_is_enough():
    facts = {
        "credentials": [
            {"kind": "science_award", "rank": 4, "on": "2024-01-01"},
            {"kind": "science_award"},
            {"kind": "science_award", "rank": 1, "on": "2024-01-01"},
        ]
    }
    rule = "rule: credential, kind: science_award, rank_at_most: 3, within_years: 5"

    assert verdict(rule, facts) == "met"
    assert verdict(rule, {"credentials": facts["credentials"][:2]}) == "unknown"


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("rule: industry_in, codes: [C, I65]", ["met", "met", "not_met", "unknown", "unknown"]),
        ("rule: industry_not_in, codes: [C, I65]", ["not_met", "not_met", "met", "unknown", "unknown"]),
    ],
)
def test_industries(rule, answers):
    broad = "rule: industry_in, codes: [F5123]" if "not_in" not in rule else "rule: industry_not_in, codes: [F5123]"

    found = [verdict(rule, {"industry": industry}) for industry in ("C3612", "I65", "F5123")]
    found += [verdict(broad, {"industry": "F51"}), verdict(rule, {})]

    assert found == answers


@pytest.mark.parametrize(
    ("listed", "negated", "both", "either"),
    [
        (True, "not_met", "unknown", "met"),
        (False, "met", "not_met", "unknown"),
        (None, "unknown", "unknown", "unknown"),
    ],
)
def test_not_all_of_and_any_of_with_something_unknown(listed, negated, both, either):
    facts = {"flags": {"listed": listed}}
    inner = "{code: b, label: 乙, label_en: B, rule: flag, flag: listed, is: true}"
    unknown = "{code: c, label: 丙, label_en: C, rule: flag, flag: resident, is: true}"

    assert verdict(f"rule: not, of: {inner}", facts) == negated
    assert verdict(f"rule: all_of, of: [{inner}, {unknown}]", facts) == both
    assert verdict(f"rule: any_of, of: [{inner}, {unknown}]", facts) == either


def test_only_what_is_unknown_is_asked_for():
    policy = small_policy(
        """\
  - code: a
    label: 甲
    label_en: A
    source: 第一条
    status: confirmed
    rule: any_of
    of:
      - {code: b, label: 乙, label_en: B, rule: at_least, field: tax_cny, value: 5}
      - {code: c, label: 丙, label_en: C, rule: at_least, field: profit_cny, value: 5}
      - code: d
        label: 丁
        label_en: D
        rule: not
        of: {code: e, label: 戊, label_en: E, rule: flag, flag: listed, is: true}
"""
    )
    facts = {"years": {"2025": {"profit_cny": 4}}}

    assert [tuple(entry) for entry in assess(policy, facts, ON).missing] == [
        ("tax_cny", "2025", "税务"),
        ("listed", None, "企业"),
    ]


@pytest.mark.parametrize(
    ("method", "bound", "values", "expected"),
    [
        ("mean", "0.25", (100, 150, 150), "met"),
        ("mean", "0.26", (100, 150, 150), "not_met"),
        ("compound", "0.25", (100, 150, 150), "not_met"),
        ("lowest", "0", (100, 150, 150), "met"),
        ("lowest", "0.01", (100, 150, 150), "not_met"),
        ("mean", "0", (100, None, 150), "unknown"),
        ("compound", "0", (100, None, 150), "met"),
    ],
)
def test_three_ways_to_reckon_growth(method, bound, values, expected):
    growth = f"g: {{label: 增长, label_en: Growth, growth: sales_cny, intervals: 2, method: {method}}}"

    assert (
        verdict(f"rule: at_least, field: g, value: {bound}", {"years": sales_of(*values)}, measures=growth) == expected
    )


@pytest.mark.parametrize(("code", "expected"), [("net_assets_cny", "met"), ("employees", "not_met")])
def test_growth_of_any_figure(code, expected):
    years = {"2024": {"net_assets_cny": 10, "employees": 10}, "2025": {"net_assets_cny": 13, "employees": 11}}
    growth = f"g: {{label: 增长, label_en: Growth, growth: {code}, intervals: 1, method: compound}}"

    assert verdict("rule: at_least, field: g, value: 0.3", {"years": years}, measures=growth) == expected


@pytest.mark.parametrize(
    ("fixed", "on", "expected"),
    [("", ON, "not_met"), ("data_year: 2023", ON, "met"), ("", date(2024, 1, 1), "met")],
)
def test_the_data_year_may_be_named(fixed, on, expected):
    facts = {"years": {"2023": {"sales_cny": 9}, "2025": {"sales_cny": 8}}}

    assert verdict("rule: at_least, field: sales_cny, value: 9", facts, on=on, more=fixed) == expected


def test_sums_differences_and_means_over_years():
    facts = {"years": {"2024": {"tax_cny": 3, "costs_cny": 1}, "2025": {"tax_cny": 6, "costs_cny": 2}}}
    measures = (
        "total: {label: 和, label_en: Sum, sum: tax_cny, years: 2}, "
        "mean: {label: 均, label_en: Mean, mean: tax_cny, years: 2}, "
        "left: {label: 差, label_en: Less, minus: [tax_cny, costs_cny]}, "
        "both: {label: 加, label_en: Plus, plus: [tax_cny, costs_cny], year: -1}"
    )

    for field, value in (("total", 9), ("mean", "4.5"), ("left", 4), ("both", 4)):
        on = verdict(f"rule: at_least, field: {field}, value: {value}", facts, measures=measures)
        over = verdict(f"rule: more_than, field: {field}, value: {value}", facts, measures=measures)
        assert (field, on, over) == (field, "met", "not_met")
