from datetime import date

import pytest

from pipeline.assessment import assess, judge
from tests.pipeline.samples import ON, edition, sales_of

CERTIFICATE = {"kind": "high_tech_certificate", "valid_until": "2027-12-31"}
MILLION = 1_000_000


def years(*series, last=2025):
    """Yearly figures of several codes put together: ("sales_cny", 1, 2, 3) gives 1, 2 and 3 up to `last`."""
    found = {}
    for code, *values in series:
        for year, figures in sales_of(*values, last=last, code=code).items():
            found.setdefault(year, {}).update(figures)
    return found


def verdicts(code, facts, on=ON):
    assessment = assess(edition("gazelle", code), facts, on)
    return {line.code: line.verdict for line in assessment.criteria} | {"all": assessment.verdict}


# Guangxi --------------------------------------------------------------------------------------------------------------


def guangxi(*sales, rd=None, **changes):
    rd = rd or [f"{float(value) * 0.03:.4f}" if value is not None else None for value in sales]
    return {
        "registered_on": "2015-03-01",
        "years": years(("sales_cny", *sales), ("rd_cny", *rd)),
        "credentials": [CERTIFICATE],
        "flags": {"serious_incident": False},
    } | changes


def test_the_worked_example_of_the_library():
    """1,000 to 1,500 over three points is 22.474 % a year, in the tier that asks for 15 %."""
    facts = guangxi(10 * MILLION, 12 * MILLION, 15 * MILLION)

    assessment = assess(edition("gazelle", "450000-2022"), facts, ON)

    growth = assessment.criteria[1]
    assert (growth.verdict, growth.actual, growth.threshold, growth.gap) == ("met", "0.224745", "0.15", None)
    assert (assessment.verdict, assessment.score, assessment.route) == ("met", None, None)
    assert assessment.warnings == ("本结果对应2022年培育入库条件；认定标准和以后年度的通知尚未查到，待核实",)


@pytest.mark.parametrize(
    ("first", "last", "threshold", "expected"),
    [
        (10_000_000, 13_225_000, "0.15", "met"),
        (10_000_000, "13224999.99", "0.15", "not_met"),
        (1_500_000, 2_000_000, "0.15", "met"),
        (1_000_000, "1999999.99", None, "not_met"),
        (15_000_000, 20_000_000, "0.15", "met"),
        (18_000_000, 20_000_000, "0.15", "not_met"),
        (16_528_925, "20000000.01", "0.1", "met"),
        (16_600_000, "20000000.01", "0.1", "not_met"),
        (82_644_628, 100_000_000, "0.1", "met"),
        (90_702_947, "100000000.01", "0.05", "met"),
        (90_710_000, "100000000.01", "0.05", "not_met"),
    ],
)
def test_growth_by_tier_where_a_boundary_belongs_to_the_lower(first, last, threshold, expected):
    assessment = assess(edition("gazelle", "450000-2022"), guangxi(first, first, last), ON)

    assert (assessment.criteria[1].threshold, assessment.criteria[1].verdict) == (threshold, expected)


@pytest.mark.parametrize(("rd", "expected"), [(1_110_000, "met"), ("1109999.99", "not_met")])
def test_rd_intensity_of_three_years(rd, expected):
    facts = guangxi(10 * MILLION, 12 * MILLION, 15 * MILLION, rd=[0, 0, rd])

    assert verdicts("450000-2022", facts)["rd_intensity"] == expected


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [([CERTIFICATE], "met"), ([], "not_met"), ([CERTIFICATE | {"valid_until": "2026-06-30"}], "not_met")],
)
def test_a_gazelle_is_a_valid_high_tech_enterprise(credentials, expected):
    facts = guangxi(10 * MILLION, 12 * MILLION, 15 * MILLION, credentials=credentials)

    assert verdicts("450000-2022", facts)["all"] == expected


def test_a_firm_too_young_for_three_years_cannot_be_told():
    facts = guangxi(None, 12 * MILLION, 15 * MILLION, registered_on="2024-03-01")

    assessment = assess(edition("gazelle", "450000-2022"), facts, ON)

    assert assessment.criteria[1].verdict == "unknown"
    assert assessment.missing == ()
    assert "近三年销售收入年均增长率无法计算（基数为零、为负或企业成立时间不足），须由专家判断" in assessment.warnings


def test_growth_from_a_year_without_sales_cannot_be_told():
    assert verdicts("450000-2022", guangxi(0, 12 * MILLION, 15 * MILLION))["sales_growth"] == "unknown"


def guangxi_2021(sales, taxes, registered_on):
    return {
        "registered_on": registered_on,
        "years": years(("sales_cny", *sales), ("tax_cny", *taxes), last=2020),
        "credentials": [CERTIFICATE],
    }


@pytest.mark.parametrize(
    ("sales", "taxes", "registered_on", "expected"),
    [
        ((10_000_000, 0, 13_225_000), (100, 0, 121), "2010-01-01", "met"),
        ((10_000_000, 0, 13_225_000), (100, 0, "120.99"), "2010-01-01", "not_met"),
        ((10_000_000, 0, 13_224_999), (100, 0, 121), "2010-01-01", "not_met"),
        ((100_000_000, 0, 110_250_000), (10_000, 0, 11_025), "2010-01-01", "met"),
        ((200_000_000, 0, 200_000_000), (100, 0, 100), "2014-06-02", "met"),
        ((200_000_000, 0, 200_000_000), (100, 0, 100), "2014-06-01", "not_met"),
        ((200_000_000, 0, "199999999.99"), (100, 0, 100), "2015-06-01", "not_met"),
        ((None, None, 200_000_000), (None, None, None), "2015-06-01", "met"),
        ((10_000_000, 0, 13_225_000), (None, 0, 121), "2010-01-01", "unknown"),
    ],
)
def test_the_library_of_2021_has_two_ways_in(sales, taxes, registered_on, expected):
    """Full years are counted on 1 June 2021: who was registered on 1 June 2014 is seven, a day later six."""
    facts = guangxi_2021(sales, taxes, registered_on)

    assert verdicts("450000-2021", facts, date(2021, 6, 1))["all"] == expected


def test_the_gap_of_a_choice_names_every_way():
    facts = guangxi_2021((10_000_000, 0, 13_000_000), (100_000, 0, 100_000), "2016-01-01")

    assessment = assess(edition("gazelle", "450000-2021"), facts, date(2021, 6, 1))

    assert assessment.gaps == (
        ("scale", None, "", "销售收入还差 22.5 万元，且缴纳税金还差 2.1 万元；或销售收入还差 1.87 亿元"),
    )


# Shandong -------------------------------------------------------------------------------------------------------------


def shandong(**changes):
    figures = years(
        ("sales_cny", 60 * MILLION, 72 * MILLION, 86_400_000),
        ("profit_cny", 1 * MILLION, 1 * MILLION, 1 * MILLION),
        ("rd_cny", None, 3_600_000, 4_320_000),
        ("assets_cny", 100 * MILLION),
        ("liabilities_cny", "69999999.99"),
    )
    for year, figure in changes.pop("years", {}).items():
        figures[year] |= figure
    return {
        "registered_on": "2015-03-01",
        "years": figures,
        "ip": {"invention_patents": 2, "utility_or_software": 0},
        "credit_score": 75,
        "credentials": [],
        "flags": {"listed": False},
    } | changes


def test_shandong_met_on_every_threshold():
    assert verdicts("370000-2020", shandong()) == {
        "fiscal_years": "met",
        "debt_ratio": "met",
        "not_listed": "met",
        "growth": "met",
        "rd_floor": "met",
        "ip": "met",
        "credit": "met",
        "all": "met",
    }


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"registered_on": "2023-01-02"}, "fiscal_years"),
        ({"years": {"2025": {"liabilities_cny": 70 * MILLION}}}, "debt_ratio"),
        ({"flags": {"listed": True}}, "not_listed"),
        ({"years": {"2025": {"sales_cny": 86_399_999}}}, "growth"),
        ({"years": {"2025": {"rd_cny": "4319999.99"}}}, "rd_floor"),
        ({"years": {"2024": {"rd_cny": "3599999.99"}}}, "rd_floor"),
        ({"ip": {"invention_patents": 1, "utility_or_software": 7}}, "ip"),
        ({"credit_score": 74}, "credit"),
    ],
)
def test_shandong_just_under(changes, criterion):
    found = verdicts("370000-2020", shandong(**changes))

    assert [code for code, verdict in found.items() if verdict != "met"] == [criterion, "all"]
    assert found["all"] == "not_met"


@pytest.mark.parametrize(
    ("sales", "profit", "expected"),
    [
        ((12_800_000, 20_000_000), (1, 1), "met"),
        ((12_800_001, 20_000_000), (1, 1), "not_met"),
        ((13_888_888, "20000000.01"), (1, 1), "met"),
        ((75_614_366, "100000000.01"), (1, 1), "met"),
        ((330_578_512, "400000000.01"), (1, 1), "met"),
        ((330_578_513, "400000000.01"), (1, 1), "not_met"),
        ((9_999_999, "9999999.99"), (1, 100), "not_met"),
        ((90_000_000, 90_000_000), (100, 144), "met"),
        ((90_000_000, 90_000_000), (100, "143.99"), "not_met"),
        ((90_000_000, 90_000_000), (-100, 144), "unknown"),
        ((90_000_000, 90_000_000), (100, -144), "not_met"),
    ],
)
def test_shandong_growth_of_revenue_or_profit(sales, profit, expected):
    facts = shandong(
        years={
            "2023": {"sales_cny": sales[0], "profit_cny": profit[0]},
            "2025": {"sales_cny": sales[1], "profit_cny": profit[1]},
        }
    )

    assert verdicts("370000-2020", facts)["growth"] == expected


@pytest.mark.parametrize(
    ("sales", "rd", "expected"),
    [(100_000_000, 2_500_000, "met"), ("99999999.99", 2_500_000, "not_met"), (100_000_000, 2_499_999, "not_met")],
)
def test_shandong_rd_floor_falls_with_scale(sales, rd, expected):
    facts = shandong(years={"2025": {"sales_cny": sales, "rd_cny": rd}})

    assert verdicts("370000-2020", facts)["rd_floor"] == expected


@pytest.mark.parametrize(
    ("ip", "credentials", "expected"),
    [
        ({"invention_patents": 2}, [], "met"),
        ({"utility_or_software": 8}, [], "met"),
        ({"invention_patents": 0, "utility_or_software": 0}, [{"kind": "standard_led"}], "met"),
        ({"invention_patents": 0}, [], "unknown"),
    ],
)
def test_shandong_ip(ip, credentials, expected):
    assert verdicts("370000-2020", shandong(ip=ip, credentials=credentials))["ip"] == expected


# The other shapes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sales", "profit", "capital", "registered_on", "expected"),
    [
        ((40, 48), (1, 1), 0, "2016-07-01", "met"),
        ((40, "47.99"), (1, 1), 0, "2016-07-01", "not_met"),
        ((40, 48), (1, 1), 0, "2015-07-02", "met"),
        ((40, 48), (1, 1), 0, "2015-07-01", "not_met"),
        ((40, 40), (10, 11), 0, "2016-07-01", "met"),
        ((60, 69), (1, 1), 0, "2016-07-01", "met"),
        ((200, 220), (1, 1), 0, "2016-07-01", "met"),
        ((200, "219.99"), (1, 1), 0, "2016-07-01", "not_met"),
        ((9, 9.9), (1, 9), 0, "2016-07-01", "not_met"),
        ((9, 9.9), (1, 9), 10, "2016-07-01", "met"),
        ((600, 900), (1, 9), 0, "2016-07-01", "unknown"),
    ],
)
def test_wuhan_east_lake(sales, profit, capital, registered_on, expected):
    series = [
        ("sales_cny", *(int(float(value) * MILLION) for value in sales)),
        ("profit_cny", *(int(float(value) * MILLION) for value in profit)),
        ("venture_capital_cny", 0, 0, capital * MILLION),
    ]

    assert verdicts("420100DH-2026", {"registered_on": registered_on, "years": years(*series)})["all"] == expected


@pytest.mark.parametrize(
    ("sales", "registered_on", "expected"),
    [
        ((10_000_000, 0, 17_000_000, 17_280_000), "2010-01-01", "met"),
        ((10_000_000, 0, 17_000_000, 17_279_999), "2010-01-01", "not_met"),
        ((10_000_000, 0, 17_280_000, 17_280_000), "2010-01-01", "not_met"),
        ((9_999_999, 0, 17_000_000, 17_280_000), "2010-01-01", "not_met"),
        ((1, 0, 500_000_000, 500_000_000), "2020-07-02", "met"),
        ((1, 0, 500_000_000, 500_000_000), "2020-07-01", "not_met"),
        ((1, 0, 500_000_000, 500_000_000), "2015-07-02", "not_met"),
        ((1, 0, 1_000_000_000, 1_000_000_000), "2015-07-02", "met"),
        ((1, 0, 1_000_000_000, 1_000_000_000), "2015-07-01", "not_met"),
    ],
)
def test_guangzhou_huangpu(sales, registered_on, expected):
    facts = {"registered_on": registered_on, "years": years(("sales_cny", *sales)), "credentials": [CERTIFICATE]}

    assert verdicts("440112-2026", facts)["all"] == expected


JIANGSU_ON = date(2024, 9, 1)


@pytest.mark.parametrize(
    ("sales", "staff", "registered_on", "sharp_fall", "expected"),
    [
        ((10_000_000, 17_000_000, 17_280_000), (1, 1), "2010-01-01", None, "met"),
        ((10_000_000, 17_000_000, 17_280_000), (1, 1), "2009-12-31", None, "not_met"),
        ((10_000_000, 17_280_000, 17_280_000), (1, 1), "2010-01-01", None, "not_met"),
        ((10_000_000, 17_000_000, 17_279_999), (100, "219.7"), "2000-01-01", None, "met"),
        ((10_000_000, 17_000_000, 17_279_999), (100, "219.69"), "2000-01-01", None, "not_met"),
        ((10_000_000, 17_000_000, 17_279_999), ("99.9", 300), "2000-01-01", None, "not_met"),
        ((400_000_000, 1, 500_000_000), (1, 1), "2019-01-01", None, "met"),
        ((400_000_000, 1, 500_000_000), (1, 1), "2018-12-31", None, "not_met"),
        ((900_000_000, 1, 1_000_000_000), (1, 1), "2014-01-01", False, "met"),
        ((900_000_000, 1, 1_000_000_000), (1, 1), "2014-01-01", None, "unknown"),
        ((900_000_000, 1, 1_000_000_000), (1, 1), "2014-01-01", True, "not_met"),
    ],
)
def test_jiangsu_2024(sales, staff, registered_on, sharp_fall, expected):
    figures = years(
        ("sales_cny", sales[0], None, sales[1], sales[2]),
        ("employees", staff[0], None, None, staff[1]),
        ("rd_cny", sales[2]),
        last=2023,
    )
    flags = {"excluded_business": False, "sharp_fall": sharp_fall}
    facts = {"registered_on": registered_on, "years": figures, "flags": flags}

    assert verdicts("320000-2024", facts, JIANGSU_ON)["all"] == expected


@pytest.mark.parametrize(("rd", "expected"), [(691_200, "not_met"), (691_201, "met")])
def test_jiangsu_asks_for_more_than_four_per_cent(rd, expected):
    figures = years(("sales_cny", 10_000_000, 0, 17_000_000, 17_280_000), ("rd_cny", rd), last=2023)
    facts = {"registered_on": "2012-01-01", "years": figures, "flags": {"excluded_business": False}}

    assert verdicts("320000-2024", facts, JIANGSU_ON)["all"] == expected
    assert verdicts("320000-2024", facts, date(2026, 9, 1))["all"] == expected  # its years are named, not counted back


@pytest.mark.parametrize(
    ("sales", "registered_on", "class1", "expected"),
    [
        ((50, 60, "98.000001"), "2023-07-01", 1, "met"),
        ((50, 60, 98), "2023-07-01", 1, "not_met"),
        ((50, 60, "98.000001"), "2023-07-02", 1, "not_met"),
        ((50, 60, "98.000001"), "2023-07-01", 0, "not_met"),
        ((50, 50, "98.000001"), "2023-07-01", 1, "not_met"),
        ((50, 99, "98.000001"), "2023-07-01", 1, "not_met"),
        ((100, 130, "169.000001"), "2023-07-01", 1, "met"),
        ((100, 130, 169), "2023-07-01", 1, "not_met"),
        ((500, 600, "720.000001"), "2023-07-01", 1, "met"),
        ((500, 600, 720), "2023-07-01", 1, "not_met"),
        ((500, 600, 1001), "2023-07-01", 1, "unknown"),
        ((5, 10, "19.99"), "2023-07-01", 1, "not_met"),
    ],
)
def test_zhongshan_torch(sales, registered_on, class1, expected):
    values = [round(float(value) * MILLION) for value in sales]
    facts = {
        "registered_on": registered_on,
        "years": years(("sales_cny", *values), ("rd_cny", values[-1] * 3 // 100 + 1)),
        "ip": {"class1": class1},
    }

    assert verdicts("442000HJ-2026", facts)["all"] == expected


@pytest.mark.parametrize(
    ("sales", "staff", "expected"),
    [
        ((100, 172.8), (10, 10), "not_met"),
        ((100, 172.81), (10, 10), "met"),
        ((100, 100), (10, 17.28), "not_met"),
        ((100, 100), (10, 17.29), "met"),
        ((100, 200), (9.99, 99), "not_met"),
    ],
)
def test_oecd_high_growth(sales, staff, expected):
    figures = years(("sales_cny", sales[0], None, None, sales[1]), ("employees", staff[0], None, None, staff[1]))
    facts = {"registered_on": "2021-07-02", "years": figures}

    assert verdicts("OECD-2026", facts)["all"] == expected
    assert assess(edition("gazelle", "OECD-2026"), facts, ON).warnings == ()


def test_an_older_high_growth_firm_is_no_gazelle_to_the_oecd():
    facts = {"registered_on": "2020-07-01", "years": {}}

    assessment = assess(edition("gazelle", "OECD-2026"), facts, ON)

    assert assessment.warnings == ("成立超过5年，按该定义属高成长企业，不称瞪羚企业（OECD/Eurostat 高成长企业定义）",)
    assert judge(edition("gazelle", "OECD-2026"), facts, ON) == ("unknown", None)
