from datetime import date

import pytest

from pipeline.assessment import assess, figures_used, judge
from tests.pipeline.samples import ON, edition, high_tech, high_tech_policy, small_policy, tech_sme, tech_sme_policy


def warnings(facts, on=ON, policy=None):
    return assess(policy or tech_sme_policy(), facts, on).warnings


def rd(*entries):
    return tech_sme(rd_cny=list(entries))


# Sources --------------------------------------------------------------------------------------------------------------


def test_the_source_that_comes_first_wins_and_the_others_are_told():
    facts = rd(
        {"value": 2_600_000, "source": "estimate"},
        {"value": 1_900_000, "source": "tax"},
        {"value": 2_500_000},
        {"value": 2_000_000, "source": "audit"},
    )

    assert judge(tech_sme_policy(), facts, ON).score.parts["rd"] == (30, 30)
    assert warnings(facts) == (
        "2025 年研发费用来源不一致：采用专项审计 200 万元，"
        "另有经办人员估计 260 万元、税务申报 190 万元、企业申报 250 万元",
    )


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_sources_are_listed_does_not_matter(order):
    entries = [{"value": 1_900_000, "source": "tax"}, {"value": 2_000_000, "source": "audit"}]

    assert judge(tech_sme_policy(), rd(*entries[::order]), ON).score.parts["rd"] == (30, 30)


def test_sources_that_agree_are_not_mentioned():
    assert warnings(rd({"value": 2_000_000, "source": "tax"}, {"value": "2000000.00", "source": "audit"})) == ()


def test_a_verdict_built_on_an_estimate_says_so():
    assert warnings(rd({"value": 2_000_000, "source": "estimate"})) == (
        "2025 年研发费用用的是经办人员估计值 200 万元，须以正式数据核实",
    )


def test_an_estimate_that_was_not_needed_is_only_a_conflict():
    facts = rd({"value": 2_000_000, "source": "audit"}, {"value": 2_100_000, "source": "estimate"})

    assert warnings(facts) == ("2025 年研发费用来源不一致：采用专项审计 200 万元，另有经办人员估计 210 万元",)


def test_the_order_of_sources_is_data():
    criteria = (
        "  - {code: a, label: 甲, label_en: A, source: 第一条, status: confirmed, "
        "rule: at_least, field: sales_cny, value: 5}"
    )
    policy = small_policy(criteria, more="precedence: [estimate, tax]")
    facts = {"years": {"2025": {"sales_cny": [{"value": 4, "source": "audit"}, {"value": 5, "source": "estimate"}]}}}

    assert judge(policy, facts, ON).verdict == "met"
    assert judge(small_policy(criteria), facts, ON).verdict == "not_met"


def test_flags_have_sources_too():
    flags = {
        "resident": [{"value": False, "source": "estimate"}, {"value": True, "source": "tax"}],
        "dishonesty": {"value": False, "source": "estimate"},
        "listed": {"value": False, "source": "estimate"},
    }

    assessment = assess(tech_sme_policy(), tech_sme(flags=flags), ON)

    assert assessment.verdict == "met"
    assert assessment.warnings == (
        "“境内注册的居民企业”来源不一致：采用税务申报的说法",
        "“有严重科研失信或弄虚作假”由经办人员估计，须以正式数据核实",
    )


# Bases ----------------------------------------------------------------------------------------------------------------


def test_a_figure_of_another_basis_is_not_used():
    facts = rd({"value": 9_000_000, "basis": "accounting"}, {"value": 8_000_000, "basis": "high_tech"})

    assessment = assess(tech_sme_policy(), facts, ON)

    assert assessment.score.parts["rd"] == (0, 50)
    assert [tuple(entry) for entry in assessment.missing] == [("rd_cny", "2025", "企业")]
    assert assessment.warnings == (
        "2025 年研发费用只有其他口径的数据（企业申报（会计口径） 900 万元、企业申报（高企认定口径） 800 万元），"
        "本条件须用加计扣除口径，未混用",
    )


def test_each_programme_takes_the_figure_counted_its_way():
    facts = high_tech()
    for figures in facts["years"].values():
        figures["rd_cny"] = [
            {"value": figures["rd_cny"], "basis": "high_tech"},
            {"value": 1, "basis": "super_deduction", "source": "audit"},
        ]

    assessment = assess(high_tech_policy(), facts, ON)

    assert assessment.criteria[4].verdict == "met"
    assert len(assessment.warnings) == 2  # the caveats of the edition: a figure of another basis is no conflict


def test_a_stated_basis_comes_before_an_unstated_one_of_the_same_source():
    facts = rd({"value": 1_000_000, "source": "tax"}, {"value": 2_000_000, "basis": "super_deduction", "source": "tax"})

    assert judge(tech_sme_policy(), facts, ON).score.parts["rd"] == (30, 30)


def test_figures_that_the_edition_does_not_use_are_not_mentioned():
    facts = tech_sme(tax_cny={"value": 5, "source": "estimate"})
    facts["years"]["2024"] = {"rd_cny": {"value": 5, "source": "estimate"}}

    assert warnings(facts) == ()


def test_the_figures_that_a_verdict_stands_on():
    stated = [{"value": 3, "source": "estimate"}, {"value": 2, "source": "tax"}, {"value": 1, "basis": "accounting"}]
    facts = tech_sme(rd_cny=stated, assets_cny=None, tax_cny=7)

    found = figures_used(tech_sme_policy(), facts, ON)

    assert found == [
        ("employees", 2025, (100, "", ""), ()),
        ("sales_cny", 2025, (50_000_000, "", ""), ()),
        ("assets_cny", 2025, None, ()),
        ("tech_staff", 2025, (20, "", ""), ()),
        ("rd_cny", 2025, (2, "", "tax"), ((3, "", "estimate"), (1, "accounting", ""))),
        ("costs_cny", 2025, (46_000_000, "", ""), ()),
        ("ip_class1", 0, (0, "", ""), ()),
        ("ip_class2", 0, (3, "", ""), ()),
    ]


def test_derived_net_assets_stand_on_assets_and_liabilities():
    facts = high_tech(net_assets_cny=None, assets_cny=30, liabilities_cny=12)

    found = {(used.code, used.year) for used in figures_used(high_tech_policy(), facts, ON)}

    assert {("assets_cny", 2025), ("liabilities_cny", 2025), ("net_assets_cny", 2025)} <= found
    assert ("assets_cny", 2024) not in found


def test_a_part_greater_than_its_whole_is_pointed_out():
    assert warnings(tech_sme(employees=10, tech_staff="10.5")) == ("2025 年科技人员数多于职工总数；请核对",)
    assert warnings(tech_sme(employees=10, tech_staff=10)) == ()
    assert warnings(tech_sme(employees=None, tech_staff=10)) == ()


# Dates ----------------------------------------------------------------------------------------------------------------


def test_an_edition_out_of_force_says_so():
    assert warnings(tech_sme(), policy=edition("tech_sme", "CN-2017")) == (
        "科技型中小企业评价（2017年办法）（CN-2017）在 2026-07-01 不在施行期内",
    )


def test_a_registration_in_the_future_is_pointed_out():
    facts = tech_sme() | {"registered_on": "2026-07-02"}

    assert warnings(facts)[0] == "成立日期 2026-07-02 晚于评价日期 2026-07-01；请核对"
    assert warnings(facts, date(2026, 7, 2)) == ()
