from datetime import date

import pytest
from django.utils import translation

from pipeline.assessment import assess, judge
from tests.pipeline.samples import ON, SIX_FLAGS, edition, tech_sme, tech_sme_policy


def verdicts(facts, on=ON, code="CN-2022"):
    assessment = assess(edition("tech_sme", code), facts, on)
    return {line.code: line.verdict for line in assessment.criteria}


def score(facts, on=ON):
    return judge(tech_sme_policy(), facts, on).score


def test_the_example_of_the_contract():
    citation = "国科发政〔2017〕115号 第六条"
    yes_no = {"actual": "1", "threshold": "1", "unit": "是/否", "gap": None, "verdict": "met", "status": "confirmed"}
    no_yes = yes_no | {"actual": "0", "threshold": "0"}
    figure = {"gap": None, "verdict": "met", "status": "confirmed"}

    assert assess(tech_sme_policy(), tech_sme(), ON).as_dict() == {
        "programme": "tech_sme",
        "edition": "CN-2022",
        "verdict": "met",
        "route": "score",
        "score": {"min": 60, "max": 60, "parts": {"personnel": [12, 12], "rd": [30, 30], "ip": [18, 18]}},
        "criteria": [
            {"code": "resident", "label": "在中国境内（不含港、澳、台）注册的居民企业", "source": f"{citation}（一）"}
            | yes_no,
            {
                "code": "audit_based_tax",
                "label": "会计核算健全，实行查账征收",
                "source": f"{citation}（一）；国科火字〔2022〕67号",
            }
            | yes_no,
            {
                "code": "employees_limit",
                "label": "职工总数不超过500人",
                "actual": "100",
                "threshold": "500",
                "unit": "人",
                "source": f"{citation}（二）",
            }
            | figure,
            {
                "code": "sales_limit",
                "label": "年销售收入不超过2亿元",
                "actual": "50000000",
                "threshold": "200000000",
                "unit": "元",
                "source": f"{citation}（二）",
            }
            | figure,
            {
                "code": "assets_limit",
                "label": "资产总额不超过2亿元",
                "actual": "50000000",
                "threshold": "200000000",
                "unit": "元",
                "source": f"{citation}（二）",
            }
            | figure,
            {
                "code": "industry_allowed",
                "label": "不属于限制类、淘汰类行业，也不属于财税〔2015〕119号规定的负面清单行业",
                "source": f"{citation}（三）；国科火字〔2022〕67号",
            }
            | no_yes,
            {
                "code": "no_serious_incident",
                "label": "上一年及当年未发生重大安全、重大质量事故和严重环境违法",
                "source": f"{citation}（四）",
            }
            | no_yes,
            {
                "code": "no_dishonesty",
                "label": "上一年及当年没有科研严重失信行为和严重弄虚作假",
                "source": f"{citation}（四）；国科火字〔2022〕67号",
            }
            | no_yes,
            {
                "code": "not_listed_abnormal",
                "label": "未列入经营异常名录和严重违法失信名单",
                "source": f"{citation}（四）",
            }
            | no_yes,
            {
                "code": "personnel_score",
                "label": "科技人员指标得分不为0分",
                "actual": "12",
                "threshold": "0",
                "unit": "分",
                "source": f"{citation}（五）",
            }
            | figure,
            {
                "code": "score",
                "label": "综合评价得分不低于60分",
                "actual": "60",
                "threshold": "60",
                "unit": "分",
                "source": f"{citation}（五）",
            }
            | figure,
        ],
        "warnings": [],
        "gaps": [],
        "missing": [],
        "cheapest": [],
    }


def test_the_document_follows_the_active_language():
    with translation.override("en"):
        lines = assess(tech_sme_policy(), tech_sme(), ON).as_dict()["criteria"]

    assert lines[2]["label"] == "At most 500 employees"


# Gates: on, just under and just over each threshold -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "fact", "value", "verdict"),
    [
        ("employees_limit", "employees", "499.99", "met"),
        ("employees_limit", "employees", 500, "met"),
        ("employees_limit", "employees", "500.01", "not_met"),
        ("sales_limit", "sales_cny", "199999999.99", "met"),
        ("sales_limit", "sales_cny", 200_000_000, "met"),
        ("sales_limit", "sales_cny", "200000000.01", "not_met"),
        ("assets_limit", "assets_cny", "199999999.99", "met"),
        ("assets_limit", "assets_cny", 200_000_000, "met"),
        ("assets_limit", "assets_cny", "200000000.01", "not_met"),
        ("employees_limit", "employees", None, "unknown"),
        ("sales_limit", "sales_cny", None, "unknown"),
        ("assets_limit", "assets_cny", None, "unknown"),
    ],
)
@pytest.mark.parametrize("code", ["CN-2017", "CN-2022"])
def test_size_gates(code, criterion, fact, value, verdict):
    assert verdicts(tech_sme(**{fact: value}), code=code)[criterion] == verdict


@pytest.mark.parametrize(
    ("criterion", "flag"),
    [
        ("resident", "resident"),
        ("audit_based_tax", "audit_based_tax"),
        ("industry_allowed", "restricted_industry"),
        ("no_serious_incident", "serious_incident"),
        ("no_dishonesty", "dishonesty"),
        ("not_listed_abnormal", "abnormal_listing"),
    ],
)
@pytest.mark.parametrize("code", ["CN-2017", "CN-2022"])
def test_yes_or_no_gates(code, criterion, flag):
    good = SIX_FLAGS[flag]

    answers = [verdicts(tech_sme(flags={flag: value}), code=code)[criterion] for value in (good, not good, None)]

    assert answers == ["met", "not_met", "unknown"]


# Points: on, just under and just over each band -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("staff", "points"),
    [
        ("30", 20),
        ("30.01", 20),
        ("29.9999", 16),
        ("25", 16),
        ("24.9999", 12),
        ("20", 12),
        ("19.9999", 8),
        ("15", 8),
        ("14.9999", 4),
        ("10", 4),
        ("9.9999", 0),
        ("0", 0),
    ],
)
def test_personnel_bands(staff, points):
    assert score(tech_sme(tech_staff=staff)).parts["personnel"] == (points, points)


@pytest.mark.parametrize(
    ("rd", "points"),
    [
        (3_000_001, 50),
        (3_000_000, 50),
        ("2999999.99", 40),
        (2_500_000, 40),
        ("2499999.99", 30),
        (2_000_000, 30),
        ("1999999.99", 20),
        (1_500_000, 20),
        ("1499999.99", 10),
        (1_000_000, 10),
        ("999999.99", 0),
        (0, 0),
    ],
)
def test_rd_bands_by_sales(rd, points):
    assert score(tech_sme(rd_cny=rd)).parts["rd"] == (points, points)


@pytest.mark.parametrize(
    ("rd", "points"),
    [
        (300, 50),
        ("299.9999", 40),
        (250, 40),
        ("249.9999", 30),
        (200, 30),
        ("199.9999", 20),
        (150, 20),
        ("149.9999", 10),
        (100, 10),
        ("99.9999", 0),
    ],
)
def test_rd_bands_by_costs_when_nothing_was_sold(rd, points):
    assert score(tech_sme(rd_cny=rd, costs_cny=1000, sales_cny=0)).parts["rd"] == (points, points)


@pytest.mark.parametrize(
    ("class1", "class2", "points"),
    [
        (0, 0, 0),
        (0, 1, 6),
        (0, 2, 12),
        (0, 3, 18),
        (0, 4, 24),
        (0, 9, 24),
        (1, 0, 30),
        (1, 9, 30),
        (2, None, 30),
    ],
)
def test_ip_points_of_the_two_classes_do_not_add_up(class1, class2, points):
    assert score(tech_sme(class1=class1, class2=class2)).parts["ip"] == (points, points)


# The worked examples of DOMAIN §7 -------------------------------------------------------------------------------------


def test_sixty_points_pass():
    facts = tech_sme(employees=100, tech_staff=20, rd_cny=2_000_000, sales_cny=50_000_000, class2=3)

    judgement = judge(tech_sme_policy(), facts, ON)

    assert (judgement.verdict, judgement.score.min, judgement.score.max) == ("met", 60, 60)


def test_eighty_points_fail_without_a_point_for_staff():
    facts = tech_sme(tech_staff="9.9", rd_cny=3_000_000, sales_cny=50_000_000, class1=1)

    assessment = assess(tech_sme_policy(), facts, ON)

    assert (assessment.verdict, assessment.score.min, assessment.score.max) == ("not_met", 80, 80)
    assert assessment.lacking == ["personnel_score"]
    assert [gap.sentence for gap in assessment.gaps] == ["再增 1 名科技人员"]


def test_the_second_option_decides_when_it_is_better():
    facts = tech_sme(sales_cny=20_000_000, rd_cny=700_000, costs_cny=3_400_000, tech_staff=8, employees=40, class2=3)

    judgement = judge(tech_sme_policy(), facts, ON)

    assert (judgement.verdict, judgement.score) == (
        "met",
        (60, 60, {"personnel": (12, 12), "rd": (30, 30), "ip": (18, 18)}),
    )


def test_a_ratio_is_never_rounded_up():
    facts = tech_sme(rd_cny=2_498_000, sales_cny=50_000_000)  # 4.996 % is not 5 %

    assert score(facts).parts["rd"] == (30, 30)


# Special firms --------------------------------------------------------------------------------------------------------


def test_headcounts_may_be_fractional():
    facts = tech_sme(employees="102.25", tech_staff="20.45")

    assert score(facts).parts["personnel"] == (12, 12)
    assert verdicts(facts)["employees_limit"] == "met"


def test_without_employees_there_is_no_share_of_staff():
    assert score(tech_sme(employees=0, tech_staff=0)).parts["personnel"] == (0, 0)


def test_a_firm_of_this_year_is_judged_by_this_year():
    facts = tech_sme()
    facts["registered_on"] = "2026-02-01"
    facts["years"] = {"2026": facts["years"]["2025"]}

    assert judge(tech_sme_policy(), facts, ON).verdict == "met"
    assert judge(tech_sme_policy(), facts, date(2027, 7, 1)).verdict == "met"
    assert judge(tech_sme_policy(), facts, date(2028, 7, 1)).verdict == "unknown"


def test_figures_of_other_years_do_not_count():
    facts = tech_sme()
    facts["years"] = {"2024": facts["years"]["2025"]}

    assessment = assess(tech_sme_policy(), facts, ON)

    assert assessment.verdict == "unknown"
    assert [tuple(entry) for entry in assessment.missing] == [
        ("employees", "2025", "企业"),
        ("sales_cny", "2025", "企业"),
        ("assets_cny", "2025", "企业"),
        ("tech_staff", "2025", "企业"),
        ("rd_cny", "2025", "企业"),
        ("costs_cny", "2025", "企业"),
    ]


# Direct routes --------------------------------------------------------------------------------------------------------

POOR = {"tech_staff": 0, "rd_cny": 0, "class2": 0}


@pytest.mark.parametrize(
    ("credential", "route", "verdict"),
    [
        ({"kind": "high_tech_certificate", "valid_until": "2026-07-01"}, "direct:high_tech_certificate", "met"),
        ({"kind": "high_tech_certificate", "valid_until": "2026-06-30"}, "score", "not_met"),
        ({"kind": "high_tech_certificate"}, "score", "unknown"),
        ({"kind": "science_award", "rank": 3, "on": "2021-07-01"}, "direct:science_award", "met"),
        ({"kind": "science_award", "rank": 4, "on": "2021-07-01"}, "score", "not_met"),
        ({"kind": "science_award", "rank": 3, "on": "2021-06-30"}, "score", "not_met"),
        ({"kind": "science_award", "rank": 4}, "score", "not_met"),
        ({"kind": "science_award", "rank": 3}, "score", "unknown"),
        ({"kind": "rd_institution", "level": "national"}, "direct:rd_institution", "met"),
        ({"kind": "rd_institution", "level": "ministerial"}, "direct:rd_institution", "met"),
        ({"kind": "rd_institution", "level": "provincial"}, "direct:rd_institution", "met"),
        ({"kind": "rd_institution", "level": "municipal"}, "score", "not_met"),
        ({"kind": "standard_led", "rank": 5, "on": "2022-01-01"}, "direct:standard_led", "met"),
        ({"kind": "standard_led", "rank": 6, "on": "2022-01-01"}, "score", "not_met"),
        ({"kind": "standard_led", "rank": 5, "on": "2020-01-01"}, "score", "not_met"),
        ({"kind": "gazelle_library", "year": 2026}, "score", "not_met"),
    ],
)
def test_direct_routes(credential, route, verdict):
    facts = tech_sme(**POOR) | {"credentials": [credential]}

    assessment = assess(tech_sme_policy(), facts, ON)

    assert (assessment.route, assessment.verdict) == (route, verdict)
    assert assessment.score == (0, 0, {"personnel": (0, 0), "rd": (0, 0), "ip": (0, 0)})


def test_the_rank_among_drafters_is_asked_since_2022():
    facts = tech_sme(**POOR) | {"credentials": [{"kind": "standard_led", "rank": 9, "on": "2022-01-01"}]}

    assert judge(edition("tech_sme", "CN-2017"), facts, ON).verdict == "met"
    assert judge(tech_sme_policy(), facts, ON).verdict == "not_met"


def test_a_direct_route_does_not_open_the_gates():
    facts = tech_sme(employees=501, **POOR)
    facts["credentials"] = [{"kind": "rd_institution", "level": "national"}]

    assessment = assess(tech_sme_policy(), facts, ON)

    assert (assessment.verdict, assessment.route, assessment.lacking) == (
        "not_met",
        "direct:rd_institution",
        ["employees_limit"],
    )


def test_a_direct_route_makes_missing_points_unimportant():
    facts = tech_sme(tech_staff=None, rd_cny=None) | {"credentials": [{"kind": "rd_institution", "level": "national"}]}

    assessment = assess(tech_sme_policy(), facts, ON)

    assert (assessment.verdict, assessment.missing) == ("met", ())
    assert assessment.score == (18, 88, {"personnel": (0, 20), "rd": (0, 50), "ip": (18, 18)})


def test_what_is_not_known_of_a_certificate_is_asked():
    facts = tech_sme(**POOR) | {"credentials": [{"kind": "high_tech_certificate"}]}

    assert [tuple(entry) for entry in assess(tech_sme_policy(), facts, ON).missing] == [
        ("high_tech_certificate.valid_until", None, "企业")
    ]


# On-site triggers -----------------------------------------------------------------------------------------------------

NOTICE = "（工企函〔2026〕160号）"


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"employees": 5, "tech_staff": 1}, f"职工总数不超过5人，公示前须实地核查{NOTICE}"),
        ({"employees": "5.01", "tech_staff": 2}, None),
        ({"class2": 0}, f"知识产权数为0，公示前须实地核查{NOTICE}"),
        ({"class2": 1}, None),
        ({"rd_cny": "99999.99"}, f"研发费用低于10万元，公示前须实地核查{NOTICE}"),
        ({"rd_cny": 100_000}, None),
        ({"rd_cny": None}, None),
        ({"flags": {"dishonesty": True}}, f"三年内有严重失信行为或被撤销登记编号，公示前须实地核查{NOTICE}"),
        ({"flags": {"revoked_recently": True}}, f"三年内有严重失信行为或被撤销登记编号，公示前须实地核查{NOTICE}"),
        ({"flags": {"first_time": True}}, f"首次参加评价，公示前须实地核查{NOTICE}"),
        ({"flags": {"first_time": False}}, None),
    ],
)
def test_on_site_triggers_warn_and_disqualify_nobody(change, warning):
    facts = tech_sme(**change)

    for day in (ON, date(2026, 6, 1)):
        assert assess(tech_sme_policy(), facts, day).warnings == ((warning,) if warning else ())
    assert assess(tech_sme_policy(), facts, date(2026, 5, 31)).warnings == ()


@pytest.mark.parametrize(("industry", "warned"), [("F5123", True), ("C1620", True), ("C3612", False), ("", False)])
def test_an_industry_that_may_be_excluded_is_pointed_out(industry, warned):
    assessment = assess(tech_sme_policy(), tech_sme() | {"industry": industry}, ON)

    assert assessment.verdict == "met"
    assert len(assessment.warnings) == warned


# Unknown --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "verdict", "low", "high"),
    [
        ({"tech_staff": None}, "unknown", 48, 68),
        ({"rd_cny": None}, "unknown", 30, 80),
        ({"sales_cny": None}, "unknown", 30, 80),
        ({"costs_cny": None}, "met", 60, 80),
        ({"class1": None}, "met", 60, 72),
        ({"class2": None}, "unknown", 42, 66),
        ({"class1": None, "class2": None}, "unknown", 42, 72),
        ({"rd_cny": 0, "tech_staff": None}, "not_met", 18, 38),
        ({"rd_cny": 3_000_000, "class2": None}, "met", 62, 86),
    ],
)
def test_what_is_missing_makes_a_range(change, verdict, low, high):
    judgement = judge(tech_sme_policy(), tech_sme(**change), ON)

    assert (judgement.verdict, judgement.score.min, judgement.score.max) == (verdict, low, high)


def test_costs_do_not_matter_once_the_line_is_reached():
    assessment = assess(tech_sme_policy(), tech_sme(costs_cny=None), ON)

    assert (assessment.verdict, assessment.missing) == ("met", ())


def test_nothing_known_at_all():
    assessment = assess(tech_sme_policy(), {}, ON)

    assert (assessment.verdict, assessment.score[:2]) == ("unknown", (0, 100))
    assert [tuple(entry) for entry in assessment.missing] == [
        ("resident", None, "企业"),
        ("audit_based_tax", None, "税务"),
        ("employees", "2025", "企业"),
        ("sales_cny", "2025", "企业"),
        ("assets_cny", "2025", "企业"),
        ("restricted_industry", None, "经办人员"),
        ("serious_incident", None, "应急管理、生态环境"),
        ("dishonesty", None, "科技部门"),
        ("abnormal_listing", None, "市场监管"),
        ("tech_staff", "2025", "企业"),
        ("rd_cny", "2025", "企业"),
        ("costs_cny", "2025", "企业"),
        ("class1", None, "企业"),
        ("class2", None, "企业"),
    ]
