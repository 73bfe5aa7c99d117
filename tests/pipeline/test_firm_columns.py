"""The order and the columns of the firm list: in the address, with the statements that each column costs."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from crm.models import Fact, Firm
from crm.services.tags import make_tag, tag_firm
from crm.services.tasks import plan_task
from pipeline.models import Recognition
from pipeline.selectors.firm_columns import COLUMNS
from pipeline.selectors.firm_order import SORTS, firm_page_of
from pipeline.selectors.firms import ladder_of, ladders
from tests import make
from tests.pipeline import world

MONDAY = "2026-11-23 10:00+08:00"
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def as_city(client, city_officer):
    client.force_login(city_officer)
    return client


def walk(sort, size):
    """Every page in turn, by the marks that each gives."""
    names, after = [], ""
    while True:
        page = _page(sort, after, size)
        names += [firm.name[0] for firm in page.rows]
        if not page.after:
            return "".join(names)
        after = page.after


def _page(sort, after, size):
    from crm import paging

    was, paging.PAGE = paging.PAGE, size
    try:
        return firm_page_of(Firm.objects.all(), sort=sort, after=after)
    finally:
        paging.PAGE = was


@pytest.fixture
def five(county, other_county):
    """Days of registration, contact and next action; two firms have none."""
    for place, name in enumerate("丁乙戊甲丙"):
        firm = make.firm(f"{name}公司", other_county if name in "甲乙" else county)
        day = None if name in "戊甲" else date(2020, 1, 1) + timedelta(days=place % 2)
        Firm.objects.filter(pk=firm.pk).update(registered_on=day, last_contact_on=day, next_action_on=day)
    return list(Firm.objects.order_by("pk"))


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("registered", "丁丙乙戊甲"),
        ("-registered", "乙丙丁甲戊"),
        ("contact", "丁丙乙戊甲"),
        ("-next", "乙丙丁甲戊"),
        ("region", "丁戊丙乙甲"),
        ("-region", "甲乙丙戊丁"),
        ("updated", "丁乙戊甲丙"),
        ("-updated", "丙甲戊乙丁"),
    ],
)
def test_every_order_pages_each_firm_once_and_rows_without_a_value_last(sort, order, size, five):
    assert walk(sort, size) == order


def test_names_stand_in_the_order_of_the_database(five):
    assert walk("name", 2) == walk("-name", 2)[::-1]


@pytest.mark.parametrize("sort", ["", "nonsense", "-", "--name", "credit_code"])
def test_an_order_that_makes_no_sense_is_the_newest_change_first(sort, five, as_city):
    page = as_city.get("/firms/", {"sort": sort})

    assert [firm.name[0] for firm in page.context["page"].rows] == list("丙甲戊乙丁")


@pytest.mark.parametrize("mark", ["WyIyMDIwLTAxLTAxIiwgbnVsbF0", "W251bGwsIG51bGxd", "W251bGwsIDFd"])
@pytest.mark.parametrize("sort", ["name", "-registered", "updated"])
def test_a_mark_of_another_order_breaks_nothing(sort, mark, five, as_city):
    assert as_city.get("/firms/", {"sort": sort, "after": mark}).status_code == 200


def test_heads_say_the_order_and_turn_it(five, as_city):
    page = as_city.get("/firms/", {"sort": "registered", "q": "公司"})
    heads = {str(head.label): (head.aria, head.address) for head in page.context["heads"]}

    assert heads["成立"] == ("ascending", "?sort=-registered&q=%E5%85%AC%E5%8F%B8")
    assert heads["更新"] == ("", "?sort=-updated&q=%E5%85%AC%E5%8F%B8")
    assert heads["经办"] == ("", "")
    assert page.content.decode().count("aria-sort") == 1
    following = re.search('href="([^"]*sort=-registered[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    assert "丁" not in as_city.get("/firms/" + following).context["page"].rows[0].name


def test_all_firms_of_the_result_are_chosen_in_its_order(five, as_city):
    bulk = as_city.post("/firms/bulk/", {"act": "assign", "all": "1", "query": "sort=-registered"})

    by_key = {firm.pk: firm.name[0] for firm in five}
    assert "".join(by_key[int(key)] for key in bulk.context["marks"].split(",")) == "乙丙丁甲戊"


def cells(client, *codes):
    page = client.get("/firms/", {"cols": codes})
    rows = page.context["page"].rows
    return {firm.name[0]: [cell.text for cell in page.context["cells"][firm.pk]] for firm in rows}


def test_each_column_says_what_is_known_and_a_dash_for_nothing(county, as_city, city_officer):
    jia = make.firm("甲公司", county, industry="C3921", legal_representative="覃某", registered_on=date(2020, 1, 2))
    make.firm("乙公司", county)
    plan_task(Firm.objects.get(pk=jia.pk), title="送材料", due_on=TODAY, actor=city_officer)
    known = {"last_contact_on": date(2026, 11, 2), "next_action_on": date(2026, 11, 20), "officer": city_officer}
    Firm.objects.filter(pk=jia.pk).update(capital_amount=Decimal("5000000"), **known)
    tag_firm(jia, make_tag("重点培育", region=county, actor=None), actor=None)
    for year, source, value in ((2024, "declared", 1), (2025, "declared", 2), (2025, "audit", 30_000_000)):
        Fact.objects.create(firm=jia, year=year, code="sales_cny", source=source, value=value)
    Fact.objects.create(firm=jia, year=2025, code="employees", source="declared", value=86)
    world.opened(jia, None, "tech_sme")
    place = {"region": county, "region_path": county.path, "programme": "high_tech", "title": "certificate"}
    Recognition.objects.create(
        firm=jia, number="1", granted_on=date(2024, 11, 1), valid_until=date(2027, 10, 31), **place
    )

    assert cells(as_city, *COLUMNS) == {
        "甲": [
            *(
                "平南",
                "姓名city_officer",
                "2020-01-02",
                "11月23日",
                "11月2日",
                "11月20日 已逾期 送材料",
                "重点培育",
                "C3921",
            ),
            *("覃某", "500 万元", "3,000 万元（2025）", "—", "86 人（2025）", "—", "科技型中小企业：摸排线索"),
            "高新技术企业：2027-10-31",
        ],
        "乙": ["平南", "—", "—", "11月23日", *["—"] * 12],
    }


def test_columns_are_those_of_the_address_in_their_usual_order(county, as_city):
    make.firm("甲公司", county)

    assert cells(as_city, "industry", "region") == {"甲": ["平南", "—"]}
    assert cells(as_city, "") == {"甲": []}
    assert cells(as_city, "nonsense") == {"甲": []}
    assert len(cells(as_city)["甲"]) == 4


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("query", "statements"),
    [
        ({}, 9),
        ({"sort": "name"}, 9),
        ({"sort": "contact"}, 10),
        ({"cols": ["industry", "legal", "capital", "contact", "gap"]}, 9),
        ({"cols": ["sales", "rd", "staff"]}, 10),
        ({"cols": ["tags"]}, 10),
        ({"cols": ["next"]}, 10),
        ({"cols": ["stage"]}, 10),
        ({"cols": ["until"]}, 10),
        ({"cols": list(COLUMNS), "sort": "-contact"}, 15),
    ],
)
def test_a_column_costs_one_statement_at_most(query, statements, rows, county, as_city, django_assert_num_queries):
    for number in range(rows):
        world.at(make.firm(f"第{number}公司", county), "formal")
    Firm.objects.update(next_action_on=TODAY)
    as_city.get("/firms/", query)

    with django_assert_num_queries(statements):
        as_city.get("/firms/", query)


def test_a_page_of_all_columns_stays_small(county, as_city):
    for number in range(50):
        make.firm(f"贵港市第{number}号新能源科技有限公司", county)

    assert len(as_city.get("/firms/", {"cols": list(COLUMNS)}).content) < 150_000
    assert list(SORTS) == ["name", "region", "registered", "contact", "next", "updated"]


def test_the_ladder_of_the_list_is_that_of_every_other_page(county):
    firms = [make.firm(f"第{number}公司", county) for number in range(5)]
    place = {"region": county, "region_path": county.path, "programme": "high_tech", "title": "certificate"}
    for firm, until in ((firms[0], date(2027, 1, 1)), (firms[1], date(2025, 1, 1)), (firms[1], date(2024, 1, 1))):
        Recognition.objects.create(firm=firm, granted_on=until - timedelta(days=1000), valid_until=until, **place)
    Recognition.objects.create(firm=firms[2], granted_on=TODAY, **place | {"programme": "gazelle", "title": "library"})
    for firm in firms[:4]:
        world.opened(firm, None, "tech_sme")
    world.opened(firms[1], None, "high_tech")

    of_the_record_page = {
        firm.pk: ladder_of(firm.recognitions.order_by("-granted_on", "-pk"), firm.applications.all()) for firm in firms
    }
    assert ladders(firms) == of_the_record_page
    assert ladders([]) == {}
