import itertools
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assessment import apply_steps, assess, cheapest_paths, code_of, judge, parse_facts
from pipeline.policy import policy_from_json
from tests.pipeline.samples import ON, edition, high_tech, high_tech_policy, small_policy, tech_sme, tech_sme_policy


def paths(facts, policy=None, on=ON):
    return cheapest_paths(policy or tech_sme_policy(), facts, on)


def brief(found):
    return [({step.code: str(step.to) for step in path.steps}, path.effort, path.reaches) for path in found]


def applied(document, steps):
    """The posted facts after the steps as they stand in the document."""
    for step in steps:
        place = document["years"][step["year"]] if step["year"] else document["ip"]
        assert code_of(step["fact"])
        place[step["fact"]] = step["to"]
    return document


# Tech-SME -------------------------------------------------------------------------------------------------------------


def test_the_document_of_a_path():
    facts = tech_sme(class2=2)  # 54 points

    document = assess(tech_sme_policy(), facts, ON, paths=True).as_dict()

    assert document["cheapest"][0] == {
        "steps": [
            {
                "fact": "class2",
                "year": None,
                "from": "2",
                "to": "3",
                "effort": 2,
                "sentence": "Ⅱ类知识产权由 2 项增至 3 项",
            }
        ],
        "reaches": 60,
    }
    assert document["cheapest"][1] == {
        "steps": [
            {
                "fact": "rd_cny",
                "year": "2025",
                "from": "2000000",
                "to": "2500000",
                "effort": 2,
                "sentence": "研发费用由 200 万元增至 250 万元",
            }
        ],
        "reaches": 64,
    }
    assert assess(tech_sme_policy(), facts, ON).cheapest == ()


def test_ten_points_short_and_every_way_to_them():
    facts = tech_sme(sales_cny=59_650_000)

    assert brief(paths(facts)) == [
        ({"rd_cny": "2386000"}, 2, 60),
        ({"tech_staff": "25", "ip_class2": "4"}, 7, 60),
        ({"ip_class1": "1"}, 8, 62),
    ]


def test_the_other_rd_route_is_taken_when_it_is_nearer():
    facts = tech_sme(sales_cny=100_000_000, costs_cny=8_000_000, rd_cny=1_500_000, class2=3)

    assert brief(paths(facts))[0] == ({"rd_cny": "1600000"}, 1, 60)  # 20 % of costs, where 4 % of sales is 4 million


def test_one_class_i_right_against_several_of_class_ii():
    facts = tech_sme(class2=0, tech_staff=30, rd_cny=1_500_000)  # 20 + 20 + 0

    assert brief(paths(facts)) == [
        ({"rd_cny": "2500000"}, 4, 60),
        ({"rd_cny": "2000000", "ip_class2": "2"}, 6, 62),
        ({"ip_class1": "1"}, 8, 70),
        ({"ip_class2": "4"}, 8, 64),
    ]


def test_a_point_for_staff_is_part_of_every_path():
    facts = tech_sme(tech_staff="9.5", rd_cny=3_000_000, class1=1)

    assert brief(paths(facts)) == [({"tech_staff": "21/2"}, 1, 84)]


def test_nothing_to_do():
    assert paths(tech_sme()) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"employees": 501, "tech_staff": 1},
        {"flags": {"resident": False}, "class2": 0},
        {"flags": {"resident": None}, "class2": 0},
        {"assets_cny": None, "class2": 0},
    ],
)
def test_no_path_where_no_figure_can_help(change):
    assert paths(tech_sme(**change)) == ()


def test_points_that_are_unknown_can_be_outweighed():
    facts = tech_sme(class2=None, rd_cny=2_499_999)  # 42 for certain; class II may add 24

    assert brief(paths(facts))[0] == ({"rd_cny": "3000000"}, 3, 62)


def test_the_effort_of_steps_is_data():
    content = dict(tech_sme_policy().content)
    content["levers"] = [
        {"fact": "ip_class1", "per": "1", "effort": "1"},
        {"fact": "rd_cny", "per": "1000", "effort": "3"},
    ]

    found = paths(tech_sme(sales_cny=59_650_000), policy_from_json(content))

    assert brief(found) == [({"ip_class1": "1"}, 1, 62), ({"rd_cny": "2386000"}, 1158, 60)]


# Other programmes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rd", "expected"),
    [
        (1_551_000, [({"sales_cny": "50000001"}, 2, 49), ({"rd_cny": "2495000"}, 4, 49)]),
        (1_546_000, [({"sales_cny": "50000001", "rd_cny": "1550001"}, 3, 49), ({"rd_cny": "2495000"}, 4, 49)]),
    ],
)
def test_a_greater_turnover_lowers_the_rd_that_is_asked(rd, expected):
    """Just above 50 million the threshold falls from 5 to 4 % of sales over three years."""
    assert brief(paths(high_tech(sales_cny=49_900_000, rd_cny=rd), high_tech_policy())) == expected


def test_high_tech_paths_meet_whatever_can_be_computed():
    facts = high_tech(tech_staff=9, rd_cny=1_500_000, high_tech_income_cny=20_000_000)

    found = paths(facts, high_tech_policy())

    assert brief(found)[0] == (
        {"tech_staff": "10", "rd_cny": "1800000", "high_tech_income_cny": "24000000"},
        11,
        47,
    )
    for path in found:
        after = assess(high_tech_policy(), apply_steps(parse_facts(facts), path.steps), ON)
        assert [line.code for line in after.criteria if line.verdict != "met"] == ["innovation"]
        assert {entry.fact for entry in after.missing} == {"ip_quality", "organisation"}


def test_what_experts_say_of_the_field_may_stay_open():
    facts = high_tech(tech_staff=9)
    facts["flags"] |= {"supported_field": None, "ip_core_support": None}

    assert brief(paths(facts, high_tech_policy())) == [({"tech_staff": "10"}, 1, 47)]


def test_figures_that_are_missing_leave_no_path():
    facts = high_tech(tech_staff=9)
    del facts["years"]["2024"]["transformations"]

    assert paths(facts, high_tech_policy()) == ()


def test_a_gazelle_moves_from_tier_to_tier():
    facts = {
        "registered_on": "2010-03-01",
        "years": {
            str(year): {"sales_cny": sales, "tax_cny": 100_000}
            for year, sales in zip((2018, 2019, 2020), (10_000_000, 12_000_000, 13_000_000), strict=True)
        },
        "credentials": [{"kind": "high_tech_certificate", "valid_until": "2022-01-01"}],
    }

    assert brief(paths(facts, edition("gazelle", "450000-2021"), date(2021, 6, 1))) == [
        ({"sales_cny": "13225000", "tax_cny": "121000"}, 4, None),
        ({"sales_cny": "20000001", "tax_cny": "110250"}, 18, None),
    ]


def test_a_figure_may_have_to_fall():
    policy = small_policy(
        "  - {code: a, label: 甲方, label_en: A, source: 第一条, status: confirmed, "
        "rule: less_than, field: debt, value: 0.7}",
        measures="debt: {label: 负债率, label_en: Debt, ratio: [liabilities_cny, assets_cny]}",
        more="levers: [{fact: liabilities_cny, per: 10, effort: 1, move: down}]",
    )

    found = paths({"years": {"2025": {"liabilities_cny": 80, "assets_cny": 100}}}, policy)

    assert brief(found) == [({"liabilities_cny": "69"}, 2, None)]
    assert found[0].steps[0].sentence == "负债总额由 80 元减至 69 元"


# Properties -----------------------------------------------------------------------------------------------------------

FIRMS = st.builds(
    tech_sme,
    employees=st.integers(1, 500),
    tech_staff=st.integers(0, 60),
    sales_cny=st.sampled_from([0, 1_000_000, 33_333_333, 50_000_000, 200_000_000]),
    rd_cny=st.integers(0, 3_000_000),
    costs_cny=st.sampled_from([0, 900_000, 7_000_001, 46_000_000]),
    class1=st.integers(0, 1),
    class2=st.integers(0, 5),
)


@settings(max_examples=60, deadline=None)
@given(FIRMS)
def test_the_steps_of_every_path_lead_to_the_line(facts):
    before = judge(tech_sme_policy(), facts, ON)

    found = paths(facts)

    assert len(found) <= 5
    assert before.verdict == "not_met" or not found
    for path in found:
        assert judge(tech_sme_policy(), apply_steps(parse_facts(facts), path.steps), ON).verdict == "met"
        again = judge(tech_sme_policy(), applied(facts_of(facts), [step.as_dict() for step in path.steps]), ON)
        assert (again.verdict, again.score.min) == ("met", path.reaches)


def facts_of(facts):
    return facts | {"years": {"2025": dict(facts["years"]["2025"])}, "ip": dict(facts["ip"])}


@settings(max_examples=60, deadline=None)
@given(FIRMS)
def test_paths_are_ordered_and_none_makes_another_needless(facts):
    found = paths(facts)

    assert [path.effort for path in found] == sorted(path.effort for path in found)
    for one, other in itertools.permutations(found, 2):
        reach = {step.code: step.to for step in other.steps}
        assert any(step.to > reach.get(step.code, -1) for step in one.steps)


@settings(max_examples=40, deadline=None)
@given(FIRMS, st.data())
def test_no_step_of_a_path_can_be_left_out(facts, data):
    found = paths(facts)
    if not found:
        return
    path = data.draw(st.sampled_from(found))
    left = data.draw(st.integers(0, len(path.steps) - 1))

    rest = [step for index, step in enumerate(path.steps) if index != left]

    assert judge(tech_sme_policy(), apply_steps(parse_facts(facts), rest), ON).verdict != "met"


@settings(max_examples=60, deadline=None)
@given(FIRMS)
def test_no_grid_of_figures_finds_less_effort(facts):
    """A brute search over every band edge and around it never beats the first path."""
    figures = facts["years"]["2025"]
    sales, costs = figures["sales_cny"], figures["costs_cny"]
    edges = {
        -(-base * rate // 100)
        for base, rates in ((sales, (2, 3, 4, 5, 6)), (costs, (10, 15, 20, 25, 30)))
        for rate in rates
    }
    spent = [figures["rd_cny"], *(edge for edge in edges if edge > figures["rd_cny"])]
    staff = [figures["tech_staff"], *(-(-figures["employees"] * rate // 100) for rate in (10, 15, 20, 25, 30))]
    best = None
    for rd, people, one, two in itertools.product(spent, staff, (0, 1), range(6)):
        if not (figures["tech_staff"] <= people <= figures["employees"] or people == figures["tech_staff"]):
            continue
        if one < facts["ip"]["class1"] or two < facts["ip"]["class2"]:
            continue
        effort = (
            -(-(rd - figures["rd_cny"]) // 250_000)
            + (people - figures["tech_staff"])
            + 8 * (one - facts["ip"]["class1"])
            + 2 * (two - facts["ip"]["class2"])
        )
        if (best is None or effort < best) and passes(facts, rd, people, one, two):
            best = effort

    found = paths(facts)

    assert (found[0].effort if found else 0 if judge(tech_sme_policy(), facts, ON).verdict == "met" else None) == best


def passes(facts, rd, people, one, two):
    """The tech-SME score written out once more, by hand."""
    figures = facts["years"]["2025"]
    share = Fraction(people, figures["employees"])
    staff = sum(4 for edge in (10, 15, 20, 25, 30) if share >= Fraction(edge, 100))
    by_sales = sum(
        10
        for edge in (2, 3, 4, 5, 6)
        if figures["sales_cny"] and Fraction(rd, figures["sales_cny"]) >= Fraction(edge, 100)
    )
    by_costs = sum(
        10
        for edge in (10, 15, 20, 25, 30)
        if figures["costs_cny"] and Fraction(rd, figures["costs_cny"]) >= Fraction(edge, 100)
    )
    ip = 30 if one else 6 * min(two, 4)
    return staff > 0 and staff + max(by_sales, by_costs) + ip >= 60
