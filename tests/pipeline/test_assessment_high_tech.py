from datetime import date

import pytest

from pipeline.assessment import assess, judge
from tests.pipeline.samples import ON, high_tech, high_tech_policy

EXPERTS = {"ip_quality": [14, 16], "organisation": [15, 18]}
CAVEATS = (
    "创新能力评价主要由专家打分，这里只给出分值区间，不代表认定结果",
    "Ⅱ类知识产权只能使用一次，以前申报是否用过须人工核对",
)


def line(facts, code, on=ON):
    return next(line for line in assess(high_tech_policy(), facts, on).criteria if line.code == code)


def verdict(facts, code, on=ON):
    return line(facts, code, on).verdict


def parts(facts, on=ON):
    return judge(high_tech_policy(), facts, on).score.parts


def with_years(**years):
    """The complete firm with other figures in 2023, 2024 and 2025: y2023={...}."""
    facts = high_tech()
    for name, figures in years.items():
        facts["years"][name[1:]] |= figures
    return facts


# The verdict as a whole -----------------------------------------------------------------------------------------------


def test_without_experts_it_can_never_be_met():
    assessment = assess(high_tech_policy(), high_tech(), ON)

    assert assessment.verdict == "unknown"
    assert [entry.verdict for entry in assessment.criteria] == ["met"] * 7 + ["unknown", "met"]
    assert [tuple(entry) for entry in assessment.missing] == [
        ("ip_quality", None, "评审专家"),
        ("organisation", None, "评审专家"),
    ]
    assert assessment.warnings == CAVEATS
    assert assessment.route is None


def test_with_experts_it_can_be_met():
    judgement = judge(high_tech_policy(), high_tech() | {"expert": EXPERTS}, ON)

    assert judgement == (
        "met",
        (76, 94, {"ip": (22, 30), "transformation": (25, 30), "organisation": (15, 18), "growth": (14, 16)}),
    )


@pytest.mark.parametrize(("organisation", "most", "expected"), [(2, 70, "not_met"), (3, 71, "unknown")])
def test_seventy_points_fail(organisation, most, expected):
    """At most 30 for IP, 30 for transformation, 8 for the growth of sales, none for that of net assets."""
    facts = with_years(y2025={"net_assets_cny": 0}) | {"expert": {"organisation": [0, organisation]}}

    judgement = judge(high_tech_policy(), facts, ON)

    assert (judgement.score.max, judgement.verdict) == (most, expected)


def test_seventy_one_points_for_certain_pass():
    verdicts = {}
    for organisation in (9, 10):
        expert = {"ip_quality": 14, "organisation": organisation}
        judgement = judge(high_tech_policy(), high_tech() | {"expert": expert}, ON)
        verdicts[judgement.score.min] = judgement.verdict

    assert verdicts == {70: "unknown", 71: "met"}


def test_an_expert_score_above_the_maximum_counts_as_the_maximum():
    facts = high_tech() | {"expert": {"ip_quality": [20, 30], "organisation": [15, 25]}}

    assessment = assess(high_tech_policy(), facts, ON)

    assert assessment.score.parts["organisation"] == (15, 20)
    assert assessment.warnings == (
        *CAVEATS,
        "专家评分“知识产权质量”超过该项满分 16 分，按满分计",
        "专家评分“研究开发组织管理水平”超过该项满分 20 分，按满分计",
    )


# Conditions one to eight ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered_on", "expected"),
    [("2025-06-30", "met"), ("2025-07-01", "met"), ("2025-07-02", "not_met"), (None, "unknown")],
)
def test_registered_for_365_days(registered_on, expected):
    assert verdict(high_tech() | {"registered_on": registered_on}, "registered_one_year") == expected


def test_a_young_firm_is_told_its_day():
    found = assess(high_tech_policy(), high_tech() | {"registered_on": "2025-07-21"}, ON)

    assert found.gaps[0] == ("registered_one_year", "20", "天", "成立还差 20 天，2026-07-21 起满足")


@pytest.mark.parametrize(
    ("ip", "support", "expected"),
    [
        ({"class1": 1, "class2": 0}, True, "met"),
        ({"class1": 0, "class2": 1}, True, "met"),
        ({"class1": 0, "class2": 0}, True, "not_met"),
        ({"class1": 1}, True, "met"),
        ({"class2": 0}, True, "unknown"),
        ({"class1": 1, "class2": 0}, False, "not_met"),
        ({"class1": 1, "class2": 0}, None, "unknown"),
        ({"class1": 0, "class2": 0}, None, "not_met"),
    ],
)
def test_core_ip(ip, support, expected):
    facts = high_tech() | {"ip": ip}
    facts["flags"]["ip_core_support"] = support

    assert verdict(facts, "core_ip") == expected


@pytest.mark.parametrize(
    ("flag", "criterion", "good"),
    [("supported_field", "supported_field", True), ("serious_incident", "no_serious_incident", False)],
)
def test_yes_or_no_conditions(flag, criterion, good):
    answers = []
    for value in (good, not good, None):
        facts = high_tech()
        facts["flags"][flag] = value
        answers.append(verdict(facts, criterion))

    assert answers == ["met", "not_met", "unknown"]


@pytest.mark.parametrize(
    ("staff", "employees", "expected"),
    [
        ("10", "100", "met"),
        ("9.99", "100", "not_met"),
        ("10.25", "102.5", "met"),
        ("10.24", "102.5", "not_met"),
        (None, "100", "unknown"),
        ("0", "0", "unknown"),
    ],
)
def test_share_of_tech_staff(staff, employees, expected):
    assert verdict(high_tech(tech_staff=staff, employees=employees), "staff_share") == expected


def rd_firm(last_sales, rd_total):
    """Sales of 30 million before last year, and all R&D in 2023, so that only last year's sales choose the tier."""
    return with_years(
        y2023={"sales_cny": 30_000_000, "rd_cny": rd_total},
        y2024={"sales_cny": 0, "rd_cny": 0},
        y2025={"sales_cny": last_sales, "rd_cny": 0},
    )


@pytest.mark.parametrize(
    ("last_sales", "threshold", "rd"),
    [
        (50_000_000, "0.05", 4_000_000),
        ("50000000.01", "0.04", "3200000.0004"),
        (200_000_000, "0.04", 9_200_000),
        ("200000000.01", "0.03", "6900000.0003"),
    ],
)
def test_the_rd_ratio_depends_on_last_years_sales(last_sales, threshold, rd):
    on = line(rd_firm(last_sales, rd), "rd_ratio")
    under = line(rd_firm(last_sales, f"{float(rd) - 1:.4f}"), "rd_ratio")

    assert (on.verdict, on.threshold, on.actual) == ("met", threshold, threshold)
    assert (under.verdict, under.threshold) == ("not_met", threshold)
    assert under.actual < threshold


def test_three_years_are_summed_before_they_are_divided():
    facts = with_years(
        y2023={"sales_cny": 10_000_000, "rd_cny": 0},
        y2024={"sales_cny": 10_000_000, "rd_cny": 0},
        y2025={"sales_cny": 20_000_000, "rd_cny": 2_000_000},
    )

    assert line(facts, "rd_ratio").actual == "0.05"


def test_a_firm_of_two_years_sums_two_years():
    facts = high_tech() | {"registered_on": "2024-03-01"}
    del facts["years"]["2023"]

    assert line(facts, "rd_ratio").verdict == "met"
    assert line(facts, "rd_ratio").actual == "0.053279"  # 3.25 ÷ 61 million, cut on its own side of 5 %


def test_years_missing_of_an_older_firm_are_asked_for():
    facts = high_tech()
    del facts["years"]["2024"]["rd_cny"], facts["years"]["2023"]["sales_cny"]

    assessment = assess(high_tech_policy(), facts, ON)

    assert [line.code for line in assessment.criteria if line.verdict == "unknown"] == [
        "rd_ratio",
        "rd_domestic",
        "innovation",
    ]
    assert [tuple(entry) for entry in assessment.missing] == [
        ("rd_cny", "2024", "企业"),
        ("sales_cny", "2023", "企业"),
        ("ip_quality", None, "评审专家"),
        ("organisation", None, "评审专家"),
    ]


def test_whether_a_year_counts_depends_on_the_day_of_registration():
    facts = high_tech() | {"registered_on": None}
    del facts["years"]["2023"]["sales_cny"]

    missing = [tuple(entry) for entry in assess(high_tech_policy(), facts, ON).missing]

    assert missing[:2] == [("registered_on", None, "市场监管"), ("sales_cny", "2023", "企业")]


def one_year(**figures):
    """A firm with one fiscal year behind it, so that its figures stand alone."""
    facts = high_tech(**figures) | {"registered_on": "2025-01-01"}
    facts["years"] = {"2025": facts["years"]["2025"]}
    return facts


@pytest.mark.parametrize(
    ("entrusted", "other", "actual", "expected"),
    [
        (0, 0, "0.05", "met"),
        (1, 0, "0.049999", "not_met"),
        (1_000_000, 0, "0.046", "not_met"),
        (0, 500_000, "0.05", "met"),
        (0, 500_001, "0.049999", "not_met"),
        (0, 1_000_000, "0.0375", "not_met"),
        (1_000_000, 900_000, "0.035", "not_met"),
        (None, 0, None, "unknown"),
        (0, None, None, "unknown"),
    ],
)
def test_entrusted_rd_counts_at_80_and_other_expenses_up_to_20_per_cent(entrusted, other, actual, expected):
    facts = one_year(sales_cny=50_000_000, rd_cny=2_500_000, rd_entrusted_cny=entrusted, rd_other_cny=other)

    found = line(facts, "rd_ratio")

    assert (found.actual, found.verdict) == (actual, expected)


def test_rd_that_cannot_suffice_is_not_met_whatever_its_parts():
    facts = one_year(sales_cny=50_000_000, rd_cny=2_499_999, rd_entrusted_cny=None, rd_other_cny=None)

    assert verdict(facts, "rd_ratio") == "not_met"


def test_entrusted_rd_that_cannot_spoil_the_ratio_need_not_be_known():
    facts = one_year(sales_cny=50_000_000, rd_cny=3_125_000, rd_entrusted_cny=None, rd_other_cny=0)

    assert verdict(facts, "rd_ratio") == "met"


@pytest.mark.parametrize(
    ("domestic", "expected"),
    [(1_500_000, "met"), ("1499999.99", "not_met"), (2_500_000, "met"), (None, "unknown")],
)
def test_sixty_per_cent_of_rd_in_china(domestic, expected):
    assert verdict(one_year(rd_cny=2_500_000, rd_domestic_cny=domestic), "rd_domestic") == expected


@pytest.mark.parametrize(
    ("total", "non_taxable", "high_tech_income", "expected"),
    [
        (40_000_000, 0, 24_000_000, "met"),
        (40_000_000, 0, "23999999.99", "not_met"),
        (50_000_000, 10_000_000, 24_000_000, "met"),
        (50_000_000, 0, 24_000_000, "not_met"),
        (50_000_000, None, 24_000_000, "unknown"),
        (40_000_000, None, 24_000_000, "met"),
        (0, 0, 0, "unknown"),
    ],
)
def test_high_tech_income_is_measured_after_non_taxable_income(total, non_taxable, high_tech_income, expected):
    facts = high_tech(total_income_cny=total, non_taxable_income_cny=non_taxable, high_tech_income_cny=high_tech_income)

    assert verdict(facts, "high_tech_income") == expected


def test_without_sales_the_ratio_is_for_experts():
    facts = one_year(sales_cny=0, total_income_cny=0, high_tech_income_cny=0)

    assessment = assess(high_tech_policy(), facts, ON)

    assert [line.verdict for line in assessment.criteria if line.code in ("rd_ratio", "high_tech_income")] == [
        "unknown",
        "unknown",
    ]
    assert assessment.warnings == (
        *CAVEATS,
        "近三年研发费用总额占同期销售收入总额的比例无法计算（基数为零、为负或企业成立时间不足），须由专家判断",
        "高新技术产品（服务）收入占总收入的比例无法计算（基数为零、为负或企业成立时间不足），须由专家判断",
    )


# The innovation score -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "points"),
    [
        ({"class1": 0, "class2": 0, "self_developed": 0}, (0, 18)),
        ({"class1": 0, "class2": 1, "self_developed": 0}, (2, 23)),
        ({"class1": 0, "class2": 2, "self_developed": 1}, (2, 26)),
        ({"class1": 0, "class2": 3, "self_developed": 1}, (4, 28)),
        ({"class1": 0, "class2": 4, "self_developed": 1}, (4, 28)),
        ({"class1": 0, "class2": 5, "self_developed": 1}, (6, 30)),
        ({"class1": 1, "class2": 0, "self_developed": 1}, (8, 30)),
        ({"class1": 1, "class2": 9, "self_developed": 0}, (8, 29)),
        ({}, (0, 30)),
    ],
)
def test_ip_points(ip, points):
    assert parts(high_tech() | {"ip": ip})["ip"] == points


def test_a_standard_that_was_led_earns_the_bonus():
    facts = high_tech() | {"credentials": [{"kind": "standard_led"}], "expert": {"ip_quality": 0}}

    assert parts(facts)["ip"] == (9, 16)


@pytest.mark.parametrize(
    ("yearly", "points"),
    [
        ((5, 5, 5), (25, 30)),
        ((5, 5, 4), (19, 24)),
        ((4, 4, 4), (19, 24)),
        ((3, 3, 3), (13, 18)),
        ((2, 2, 2), (7, 12)),
        ((1, 1, 1), (1, 6)),
        ((0, 0, 0), (0, 0)),
        ((None, 5, 5), (13, 30)),
    ],
)
def test_transformation_points_by_the_mean_of_three_years(yearly, points):
    facts = with_years(**{f"y{2023 + index}": {"transformations": count} for index, count in enumerate(yearly)})

    assert parts(facts)["transformation"] == points


def test_between_none_and_one_a_year_the_table_is_silent():
    facts = with_years(y2023={"transformations": 1}, y2024={"transformations": 1}, y2025={"transformations": 0})

    assessment = assess(high_tech_policy(), facts, ON)

    assert assessment.score.parts["transformation"] == (0, 6)
    assert assessment.warnings == (*CAVEATS, "近三年年均科技成果转化数不在评分表的档次之内，由专家判定")


def test_a_young_firm_divides_by_its_own_years():
    assert parts(one_year(transformations=5))["transformation"] == (25, 30)


def growth_points(net_assets=(10, 10, 10), sales=(10, 10, 10), registered_on="2015-03-01"):
    years = {
        f"y{2023 + index}": {"net_assets_cny": assets, "sales_cny": sold}
        for index, (assets, sold) in enumerate(zip(net_assets, sales, strict=True))
    }
    return parts(with_years(**years) | {"registered_on": registered_on})["growth"]


def test_the_worked_example_of_growth():
    assert growth_points((1000, 1300, 1800), (2000, 2500, 3600)) == (14, 16)


@pytest.mark.parametrize(
    ("last", "points"),
    [
        ("170.01", (9, 10)),
        (170, (9, 10)),
        ("169.99", (7, 8)),
        (150, (7, 8)),
        ("149.99", (5, 6)),
        (130, (5, 6)),
        ("129.99", (3, 4)),
        (110, (3, 4)),
        ("109.99", (1, 2)),
        ("100.01", (1, 2)),
        (100, (0, 0)),
        (50, (0, 0)),
    ],
)
def test_growth_bands(last, points):
    assert growth_points(sales=(100, 100, last)) == points


@pytest.mark.parametrize(
    ("values", "registered_on", "points"),
    [
        ((0, 100, 135), "2015-03-01", (9, 10)),  # a first year of zero: the last two years
        ((100, 0, 135), "2015-03-01", (0, 0)),  # a second year of zero: no points
        ((0, 0, 135), "2015-03-01", (0, 0)),
        ((None, 100, 135), "2024-03-01", (9, 10)),  # two years: the one ratio there is
        ((None, None, 135), "2025-03-01", (0, 0)),  # one year: nothing to compare
        ((None, 100, 135), "2015-03-01", (0, 10)),  # not stated is not the same as not lived
        ((100, 135, None), "2015-03-01", (0, 10)),
        ((100, 200, 0), "2015-03-01", (0, 0)),
    ],
)
def test_special_cases_of_growth(values, registered_on, points):
    assert growth_points(sales=values, registered_on=registered_on) == points


@pytest.mark.parametrize(
    ("net_assets", "points", "told"),
    [
        ((-5, 10, 20), (0, 10), True),
        ((5, -10, 20), (0, 10), True),
        ((0, -10, 20), (0, 10), True),
        ((-5, 0, 20), (0, 0), False),
        ((10, 20, -5), (0, 0), False),
    ],
)
def test_negative_net_assets_in_a_base_year_are_for_experts(net_assets, points, told):
    years = {f"y{2023 + index}": {"net_assets_cny": value} for index, value in enumerate(net_assets)}

    assessment = assess(high_tech_policy(), with_years(**years), ON)

    assert growth_points(net_assets=net_assets) == points
    sentence = "净资产增长率无法计算（基数为零、为负或企业成立时间不足），须由专家判断"
    assert assessment.warnings == ((*CAVEATS, sentence) if told else CAVEATS)


def test_net_assets_follow_from_assets_and_liabilities_unless_stated():
    years = {"y2023": (10, 0), "y2024": (23, 10), "y2025": (30, 12)}
    facts = with_years(
        **{
            year: {"net_assets_cny": None, "assets_cny": assets, "liabilities_cny": debts}
            for year, (assets, debts) in years.items()
        }
    )

    assert parts(facts)["growth"] == (14, 16)
    assert assess(high_tech_policy(), facts, ON).warnings == CAVEATS


def test_a_stated_net_asset_figure_wins_and_the_difference_is_told():
    facts = high_tech(assets_cny=30_000_000, liabilities_cny=11_000_000)

    assessment = assess(high_tech_policy(), facts, ON)

    assert assessment.score.parts["growth"] == (14, 16)
    assert assessment.warnings == (*CAVEATS, "2025 年净资产 1,800 万元与资产减负债 1,900 万元不一致，采用前者")


def test_a_firm_of_one_year_stands_on_one_year():
    assessment = assess(high_tech_policy(), one_year(), date(2026, 7, 1))

    assert {line.code: line.verdict for line in assessment.criteria} == {
        "registered_one_year": "met",
        "core_ip": "met",
        "supported_field": "met",
        "staff_share": "met",
        "rd_ratio": "met",
        "rd_domestic": "met",
        "high_tech_income": "met",
        "innovation": "unknown",
        "no_serious_incident": "met",
    }
    assert assessment.score.parts["growth"] == (0, 0)
