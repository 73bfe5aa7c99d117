"""What the whole result of the firm list comes to: the same firms as the list, in a fixed number of statements."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from crm.models import Fact, Firm
from pipeline.models import Recognition
from pipeline.selectors.firm_sums import FigureSum, FirmSums, RungSum, firm_sums
from tests import make
from tests.pipeline import world

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_monday():
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        yield


@pytest.fixture
def as_city(client, city_officer):
    client.force_login(city_officer)
    return client


@pytest.fixture
def four(county, other_county, officer):
    """甲 has a title and all figures, 乙 an application and old figures, 丙 nothing; 丁 lies in another county."""
    firms = [make.firm(f"{name}公司", other_county if name == "丁" else county) for name in "甲乙丙丁"]
    jia, yi, _bing, ding = firms
    Firm.objects.filter(pk__in=[jia.pk, yi.pk]).update(officer=officer)
    place = {"region": county, "region_path": county.path, "programme": "high_tech", "title": "certificate"}
    Recognition.objects.create(firm=jia, number="1", granted_on=date(2024, 1, 1), valid_until=date(2027, 1, 1), **place)
    Recognition.objects.create(
        firm=ding, number="2", granted_on=date(2020, 1, 1), valid_until=date(2023, 1, 1), **place
    )
    world.opened(yi, None, "tech_sme")
    stated = [
        *((jia, 2025, "sales_cny", "declared", 1), (jia, 2025, "sales_cny", "audit", 30_000_000)),
        *((jia, 2024, "sales_cny", "audit", 9), (jia, 2025, "employees", "declared", 80)),
        *((yi, 2023, "sales_cny", "declared", 10_000_000), (ding, 2025, "employees", "declared", 20)),
    ]
    for firm, year, code, source, value in stated:
        Fact.objects.create(firm=firm, year=year, code=code, source=source, value=value)
    return firms


def test_firms_rungs_and_newest_figures_are_added_up(four, django_assert_num_queries):
    with django_assert_num_queries(6):
        sums = firm_sums(Firm.objects.all(), today=TODAY)

    assert sums == FirmSums(
        firms=4,
        assigned=2,
        rungs=[
            RungSum("tech_sme", "科技型中小企业", 0, 1),
            RungSum("high_tech", "高新技术企业", 1, 0),
            RungSum("gazelle", "瞪羚企业", 0, 0),
        ],
        figures=[
            FigureSum("销售收入", Decimal(40_000_000), False, 2, 2023, 2025),
            FigureSum("研发费用", None, False, 0, None, None),
            FigureSum("职工总数", Decimal(100), True, 2, 2025, 2025),
        ],
    )
    assert sums.unassigned == 2


@pytest.mark.parametrize(
    ("query", "firms"),
    [
        ({}, 4),
        ({"region": "450821"}, 3),
        ({"holds": "high_tech"}, 1),
        ({"whose": "none"}, 2),
        ({"officer": "无此人"}, 0),
    ],
)
def test_the_sums_are_of_the_firms_that_the_list_shows(query, firms, four, as_city):
    listed = as_city.get("/firms/", query)
    summed = as_city.get(f"/firms/sums/?{listed.context['selecting']}")

    assert summed.context["sums"].firms == len(listed.context["page"].rows) == firms


def test_each_reader_sums_their_own_region(four, officer, client):
    client.force_login(officer)

    assert client.get("/firms/sums/").context["sums"].firms == 3


def test_numbers_lead_to_the_firms_behind_them(four, as_city):
    page = as_city.get("/firms/sums/?status=active")
    links = [
        link.replace("&amp;", "&")
        for link in re.findall(r'href="/firms/(\?status=active&amp;[^"]+)"', page.content.decode())
    ]

    found = {link: len(as_city.get(f"/firms/{link}").context["page"].rows) for link in links}

    assert found == {
        "?status=active&whose=none": 2,
        "?status=active&programme=tech_sme": 1,
        "?status=active&holds=high_tech": 1,
    }


def test_the_sums_are_asked_for_and_come_as_a_part_or_a_page(four, as_city):
    listed = as_city.get("/firms/").content.decode()
    part = as_city.get("/firms/sums/", headers={"HX-Request": "true"}).content.decode()

    assert "汇总全部结果" in listed and "40,000,000" not in listed
    assert "<html" not in part
    for words in ("4,000 万元", "各企业最新一年（2023–2025），2 家有数据", "2025 年，2 家有数据", "没有企业填报"):
        assert words in re.sub(r"\s+", " ", part)
    assert "<html" in as_city.get("/firms/sums/").content.decode()
