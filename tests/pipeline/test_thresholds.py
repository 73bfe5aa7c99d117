"""Every threshold of every shipped edition, as the research states it: on it, just under it, just over it.

The tables below are typed from the domain research, not read from the editions: a number that slips in an edition, or
an end that is included where it should not be, is seen here. Facts are built for each measure without the engine.
"""

from datetime import date
from fractions import Fraction

import pytest

from crm.fact_codes import NO_YEAR
from pipeline.assessment import Facts, Figure, parse_facts
from pipeline.assessment.case import Case
from pipeline.assessment.judging import bound_now, rule_verdict
from pipeline.assessment.measures import value
from pipeline.assessment.scoring import item_points, score_of
from pipeline.policy.nodes import (
    Allowable,
    Bands,
    Fact,
    Growth,
    Limit,
    Minus,
    Plus,
    Points,
    Ratio,
    Registered,
    Total,
)
from pipeline.policy.read_policy import all_criteria
from pipeline.policy.tables import FIGURES
from pipeline.rules import exact
from tests.pipeline.samples import POLICIES, edition, high_tech, tech_sme

ON = date(2026, 7, 1)
LONG_AGO = date(2000, 1, 1)
WAN = 10_000
# What a comparison says below, on and above its threshold.
ANSWERS = {
    "at_least": ("not_met", "met", "met"),
    "more_than": ("not_met", "not_met", "met"),
    "at_most": ("met", "met", "not_met"),
    "less_than": ("met", "not_met", "not_met"),
}

TECH_SME_GATES = {
    "employees_limit": ("at_most", 500),
    "sales_limit": ("at_most", 20_000 * WAN),
    "assets_limit": ("at_most", 20_000 * WAN),
    "personnel_score": ("more_than", 0),
    "score": ("at_least", 60),
}
LIMITS = {
    "tech_sme/CN-2017": TECH_SME_GATES,
    "tech_sme/CN-2022": TECH_SME_GATES
    | {
        "site_few_employees": ("at_most", 5),
        "site_no_ip": ("less_than", 1),
        "site_little_rd": ("less_than", 10 * WAN),
    },
    "high_tech/CN-2016": {
        "registered_one_year": ("at_least", 365),
        "has_ip": ("at_least", 1),
        "staff_share": ("at_least", "0.10"),
        "rd_domestic": ("at_least", "0.60"),
        "high_tech_income": ("at_least", "0.60"),
        "innovation": ("more_than", 70),
    },
    "gazelle/450000-2021": {"age_limit": ("at_most", 6), "sales_reached": ("at_least", 20_000 * WAN)},
    "gazelle/450000-2022": {"rd_intensity": ("at_least", "0.03")},
    "gazelle/370000-2020": {
        "fiscal_years": ("at_least", 3),
        "debt_ratio": ("less_than", "0.70"),
        "invention_patents": ("at_least", 2),
        "utility_or_software": ("at_least", 8),
        "credit": ("at_least", 75),
    },
    "gazelle/320000-2024": {
        "rd_intensity": ("more_than", "0.04"),
        "from_2010": ("at_least", 2010),
        "base_sales": ("at_least", 1_000 * WAN),
        "sales_growth": ("at_least", "0.20"),
        "last_growth": ("more_than", 0),
        "base_staff": ("at_least", 100),
        "staff_growth": ("at_least", "0.30"),
        "from_2019": ("at_least", 2019),
        "five_years_sales": ("at_least", 50_000 * WAN),
        "from_2014": ("at_least", 2014),
        "ten_years_sales": ("at_least", 100_000 * WAN),
    },
    "gazelle/420100DH-2026": {"age_limit": ("at_most", 10), "venture_capital": ("at_least", 1_000 * WAN)},
    "gazelle/440112-2026": {
        "base_sales": ("at_least", 1_000 * WAN),
        "sales_growth": ("at_least", "0.20"),
        "last_growth": ("more_than", 0),
        "five_years_age": ("at_most", 5),
        "five_years_sales": ("at_least", 50_000 * WAN),
        "ten_years_age": ("at_most", 10),
        "ten_years_sales": ("at_least", 100_000 * WAN),
    },
    "gazelle/442000HJ-2026": {
        "age": ("at_least", 3),
        "positive_every_year": ("more_than", 0),
        "class1_ip": ("at_least", 1),
        "rd_intensity": ("at_least", "0.03"),
    },
    "gazelle/OECD-2026": {
        "staff_at_start": ("at_least", 10),
        "sales_growth": ("more_than", "0.20"),
        "staff_growth": ("more_than", "0.20"),
        "no_gazelle": ("more_than", 5),
    },
}
# By last year's sales: where the lowest tier begins, then up to where each threshold holds; `under` excludes its end.
NO_START, NOTHING_SAID, OUTSIDE = None, "unknown", "outside"
GUANGXI = (200, [("upto", 2_000, "0.15"), ("upto", 10_000, "0.10"), ("above", None, "0.05")])
SHANDONG = (
    1_000,
    [("upto", 2_000, "0.25"), ("upto", 10_000, "0.20"), ("upto", 40_000, "0.15"), ("above", None, "0.10")],
)
SHANDONG_RD = (NO_START, [("under", 10_000, "0.05"), ("above", None, "0.025")])
TIERS = {
    "high_tech/CN-2016": {
        "rd_ratio": ("at_least", NO_START, [("upto", 5_000, "0.05"), ("upto", 20_000, "0.04"), ("above", None, "0.03")])
    },
    "gazelle/450000-2021": {
        "sales_growth": ("at_least", *GUANGXI),
        "tax_growth": ("at_least", 200, [("upto", 2_000, "0.10"), ("upto", 10_000, "0.05"), ("above", None, "0.05")]),
    },
    "gazelle/450000-2022": {"sales_growth": ("at_least", *GUANGXI)},
    "gazelle/370000-2020": {
        "sales_growth": ("at_least", *SHANDONG),
        "profit_growth": ("at_least", *SHANDONG),
        "rd_last_year": ("at_least", *SHANDONG_RD),
        "rd_year_before": ("at_least", *SHANDONG_RD),
    },
    "gazelle/420100DH-2026": {
        "sales_growth": (
            "at_least",
            1_000,
            [
                ("upto", 5_000, "0.20"),
                ("upto", 10_000, "0.15"),
                ("upto", 50_000, "0.10"),
                ("above", None, NOTHING_SAID),
            ],
        ),
        "profit_growth": (
            "at_least",
            1_000,
            [
                ("upto", 5_000, "0.10"),
                ("upto", 10_000, "0.10"),
                ("upto", 50_000, "0.10"),
                ("above", None, NOTHING_SAID),
            ],
        ),
    },
    "gazelle/442000HJ-2026": {
        "sales_growth": (
            "more_than",
            2_000,
            [
                ("upto", 10_000, "0.40"),
                ("upto", 50_000, "0.30"),
                ("upto", 100_000, "0.20"),
                ("above", None, NOTHING_SAID),
            ],
        )
    },
}
# From the best down: where a band begins, and its points; `over` excludes its lower end.
TECH_SME_BANDS = {
    "tech_staff_ratio": [("0.30", 20), ("0.25", 16), ("0.20", 12), ("0.15", 8), ("0.10", 4)],
    "rd_to_sales": [("0.06", 50), ("0.05", 40), ("0.04", 30), ("0.03", 20), ("0.02", 10)],
    "rd_to_costs": [("0.30", 50), ("0.25", 40), ("0.20", 30), ("0.15", 20), ("0.10", 10)],
    "ip_class1": [(1, 30)],
    "ip_class2": [(4, 24), (3, 18), (2, 12), (1, 6)],
}
GROWTH = [("0.35", (9, 10)), ("0.25", (7, 8)), ("0.15", (5, 6)), ("0.05", (3, 4)), ("over", (1, 2))]
BANDS = {
    "tech_sme/CN-2017": TECH_SME_BANDS,
    "tech_sme/CN-2022": TECH_SME_BANDS,
    "high_tech/CN-2016": {
        "ip_class1": [(1, (7, 8))],
        "ip_class2": [(5, (5, 6)), (3, (3, 4)), (1, (1, 2))],
        "ip_self_developed": [(1, (1, 6))],
        "ip_count": [(1, (1, 3))],
        "transformations_mean": [
            (5, (25, 30)),
            (4, (19, 24)),
            (3, (13, 18)),
            (2, (7, 12)),
            (1, (1, 6)),
            ("over", (0, 6)),
        ],
        "net_asset_growth": GROWTH,
        "sales_growth": GROWTH,
    },
}


# The editions hold these thresholds and no others ---------------------------------------------------------------------


def policy_of(name):
    return edition(*name.split("/"))


NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in POLICIES.glob("*/*.yaml"))


def limits(name):
    return {each.code: each.rule for each in all_criteria(policy_of(name)) if isinstance(each.rule, Limit)}


def bands(name):
    def inside(item):
        if isinstance(item, Bands):
            yield item
        for inner in getattr(item, "items", ()):
            yield from inside(inner)

    return {each.measure.name: each for part in policy_of(name).parts for each in inside(part.item)}


@pytest.mark.parametrize("name", NAMES)
def test_every_threshold_stands_in_the_tables(name):
    assert sorted(limits(name)) == sorted([*LIMITS.get(name, {}), *TIERS.get(name, {})])
    assert sorted(bands(name)) == sorted(BANDS.get(name, {}))


# Facts for a measure --------------------------------------------------------------------------------------------------


class Firm:
    """Facts that give a measure one value; every figure that is not asked for stays away."""

    def __init__(self, policy, on, sales):
        self.policy, self.on, self.sales = policy, on, sales
        self.year = policy.data_year or on.year - 1
        self.figures, self.founded = {}, LONG_AGO

    def give(self, measure, target, shift=0):
        """Make the measure worth `target`: a share of sales where it is divided, the same growth every year."""
        body, shift = measure.body, shift + measure.shift
        if isinstance(body, Fact):
            year = self.year + shift if FIGURES[body.code].per_year else NO_YEAR
            self.figures[(body.code, year)] = (Figure(exact(Fraction(target))),)
        elif isinstance(body, Total):
            for back in range(body.years):
                self.give(body.of, Fraction(target) / (1 if body.is_mean else body.years), shift - back)
        elif isinstance(body, Plus):
            for place, term in enumerate(body.terms):
                self.give(term, target if place == 0 else 0, shift)
        elif isinstance(body, Minus):
            self.give(body.left, Fraction(target) + 7, shift)
            self.give(body.right, 7, shift)
        elif isinstance(body, Ratio):
            years = body.bottom.body.years if isinstance(body.bottom.body, Total) else 1
            self.give(body.bottom, self.sales * years, shift)
            self.give(body.top, Fraction(target) * self.sales * years, shift)
        elif isinstance(body, Allowable):
            for part, worth in ((body.total, target), (body.discounted, 0), (body.capped, 0)):
                self.give(part, worth, shift)
        elif isinstance(body, Growth):
            for back in range(body.intervals + 1):
                self.give(body.of, Fraction(self.sales) / (1 + Fraction(target)) ** back, shift - back)
        else:
            self.register(body, int(target))

    def register(self, body, target):
        assert isinstance(body, Registered)
        self.founded = {
            "days": lambda: date.fromordinal(self.on.toordinal() - target),
            "full_years": lambda: self.on.replace(year=self.on.year - target),
            "fiscal_years": lambda: date(self.year - target + 1, 1, 1),
            "year": lambda: date(target, 6, 1),
        }[body.what]()

    def case(self):
        return Case(self.policy, Facts(figures=self.figures, registered_on=self.founded), self.on)


def neighbours(measure, threshold):
    """Just under, on and just over: by one where things are counted, by a billionth of it where they are measured."""
    threshold = Fraction(threshold)
    whole = measure.unit in ("count", "persons", "days", "years", "year", "points")
    step = 1 if whole else max(threshold, Fraction(1)) / 10**9
    return threshold - step, threshold, threshold + step


def day_of(policy):
    return ON if policy.is_in_force(ON) else policy.effective_from


def compared(name, rule, target, sales):
    """The verdict on a measure worth `target` for a firm with these sales last year; its worth is checked on the way."""
    policy = policy_of(name)
    firm = Firm(policy, day_of(policy), sales)
    if rule.by is not None:
        firm.give(rule.by, sales)
    firm.give(rule.measure, target)
    case = firm.case()
    found, body = value(case, rule.measure), rule.measure.body
    is_factor = isinstance(body, Growth) and body.method == "compound"
    assert found.is_known
    assert found.low == ((1 + Fraction(target)) ** body.intervals if is_factor else target)
    return rule_verdict(case, rule)


PLAIN = [
    (name, code, *told)
    for name, table in LIMITS.items()
    for code, told in table.items()
    if not isinstance(limits(name)[code].measure.body, Points)
]


@pytest.mark.parametrize(("name", "code", "op", "threshold"), PLAIN)
def test_on_just_under_and_just_over_a_threshold(name, code, op, threshold):
    rule = limits(name)[code]

    found = [compared(name, rule, target, 3_000 * WAN) for target in neighbours(rule.measure, threshold)]

    assert tuple(found) == ANSWERS[op]


IN_TIERS = [
    (name, code, op, start, tiers) for name, table in TIERS.items() for code, (op, start, tiers) in table.items()
]


def sales_inside(start, tiers):
    """For each tier its threshold, and sales at its lower and its upper end and between, in yuan."""
    lower = (start or 0) * WAN + (1 if start is None else 0)
    for kind, end, threshold in tiers:
        upper = 2 * lower if end is None else end * WAN - (kind == "under")
        yield threshold, sorted({lower, (lower + upper) // 2, upper})
        lower = upper + 1


@pytest.mark.parametrize(("name", "code", "op", "start", "tiers"), IN_TIERS)
def test_on_just_under_and_just_over_the_threshold_of_every_tier(name, code, op, start, tiers):
    rule = limits(name)[code]

    for threshold, sizes in sales_inside(start, tiers):
        for sales in sizes:
            targets = neighbours(rule.measure, "0.20" if threshold == NOTHING_SAID else threshold)
            found = [compared(name, rule, target, sales) for target in targets]
            expected = ("unknown",) * 3 if threshold == NOTHING_SAID else ANSWERS[op]
            assert (sales, tuple(found)) == (sales, expected)


@pytest.mark.parametrize(("name", "code", "op", "start", "tiers"), [row for row in IN_TIERS if row[3] is not None])
def test_below_the_lowest_tier_nothing_helps(name, code, op, start, tiers):
    rule = limits(name)[code]

    assert compared(name, rule, 5, start * WAN - 1) == "not_met"
    assert compared(name, rule, 5, start * WAN) == "met"


def test_the_threshold_that_is_shown_is_that_of_the_tier():
    rule = limits("high_tech/CN-2016")["rd_ratio"]
    firm = Firm(policy_of("high_tech/CN-2016"), ON, 5_000 * WAN)
    firm.give(rule.by, 5_000 * WAN)

    assert bound_now(firm.case(), rule) == Fraction("0.05")


# Points ---------------------------------------------------------------------------------------------------------------

STEPS = [
    (name, measure, lower, points, steps[place + 1][1] if place + 1 < len(steps) else 0)
    for name, table in BANDS.items()
    for measure, steps in table.items()
    for place, (lower, points) in enumerate(steps)
]


@pytest.mark.parametrize(("name", "measure", "lower", "points", "below"), STEPS)
def test_on_just_under_and_just_over_the_lower_end_of_a_band(name, measure, lower, points, below):
    item = bands(name)[measure]
    start = 0 if lower == "over" else lower
    under, on, over = neighbours(item.measure, start)
    if measure == "transformations_mean" and under < 1:
        under, over = Fraction(start) - Fraction(1, 3), Fraction(start) + Fraction(1, 3)

    def given(target):
        firm = Firm(policy_of(name), ON, 1_000 * WAN)
        firm.give(item.measure, target)
        return tuple(item_points(firm.case(), item))

    def pair(wanted):
        return wanted if isinstance(wanted, tuple) else (wanted, wanted)

    assert given(on) == pair(below if lower == "over" else points)
    if under >= 0 or "growth" in measure:
        assert given(under) == pair(below)
    if isinstance(lower, str):
        assert given(over) == pair(points)


# The line of the scores -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["CN-2017", "CN-2022"])
@pytest.mark.parametrize(
    ("figures", "rights", "points", "verdict"),
    [
        ({"tech_staff": 25, "rd_cny": 1_000_000}, 3, 44, "not_met"),
        ({"tech_staff": 15, "rd_cny": 1_500_000}, 4, 52, "not_met"),
        ({"tech_staff": 25, "rd_cny": 2_000_000}, 2, 58, "not_met"),  # the most below 60 that the tables allow
        ({"tech_staff": 20, "rd_cny": 2_000_000}, 3, 60, "met"),
        ({"tech_staff": 30, "rd_cny": 2_000_000}, 2, 62, "met"),  # the least above it
    ],
)
def test_sixty_points(code, figures, rights, points, verdict):
    case = Case(edition("tech_sme", code), parse_facts(tech_sme(class2=rights, **figures)), ON)

    assert score_of(case)[:2] == (points, points)
    assert rule_verdict(case, limits(f"tech_sme/{code}")["score"]) == verdict


@pytest.mark.parametrize("code", ["CN-2017", "CN-2022"])
@pytest.mark.parametrize(("staff", "points", "verdict"), [("9.999", 0, "not_met"), (10, 4, "met"), (15, 8, "met")])
def test_a_score_of_zero_for_staff(code, staff, points, verdict):
    case = Case(edition("tech_sme", code), parse_facts(tech_sme(tech_staff=staff)), ON)

    assert score_of(case).parts["personnel"] == (points, points)
    assert rule_verdict(case, limits(f"tech_sme/{code}")["personnel_score"]) == verdict


@pytest.mark.parametrize(
    ("ip_quality", "organisation", "least", "most", "verdict"),
    [
        (7, 0, 54, 69, "not_met"),
        (8, 0, 55, 70, "not_met"),  # seventy itself fails
        (9, 0, 56, 71, "unknown"),
        (11, 12, 70, 85, "unknown"),
        (11, 13, 71, 86, "met"),
    ],
)
def test_seventy_points(ip_quality, organisation, least, most, verdict):
    facts = high_tech() | {"expert": {"ip_quality": [ip_quality] * 2, "organisation": [organisation] * 2}}
    case = Case(edition("high_tech", "CN-2016"), parse_facts(facts), ON)

    found = score_of(case)

    assert (found.min, found.max) == (least, most)
    assert rule_verdict(case, limits("high_tech/CN-2016")["innovation"]) == verdict
