"""The board cut across: a row for each county or officer, real counts, the newest cards."""

import re

import pytest
from django.utils.html import strip_tags

from crm.choices import Role
from pipeline.models import Application
from pipeline.selectors.swimlanes import MOST_ROWS, swimlanes
from tests import make
from tests.pipeline import world

pytestmark = pytest.mark.django_db


def shape(found):
    """Each row as its name, its query, and the counts of the stages that have any."""
    return [
        (row.name, row.query, {s.code: c.count for s, c in zip(found.stages, row.cells, strict=True) if c.count})
        for row in found.rows
    ]


@pytest.fixture
def people(county, other_county):
    return make.person("mo", county, Role.OFFICER), make.person("lu", other_county, Role.OFFICER)


@pytest.fixture
def spread(city, county, other_county, people):
    """Seven in one county with 墨, one in another with 陆, one at the city with nobody."""
    mo, lu = people
    for number in range(7):
        world.opened(make.firm(f"平南{number}号", county, officer=mo), None)
    world.at(make.firm("桂平一号", other_county, officer=lu), "formal")
    world.opened(make.firm("市直一号", city), None)
    return Application.objects.filter(programme="high_tech")


def test_rows_by_county_count_all_and_hold_the_newest(spread, city, django_assert_num_queries):
    with django_assert_num_queries(4):
        found = swimlanes(spread, "high_tech", by="county", region=city)

    assert shape(found) == [
        ("贵港市", "region=450800", {"library": 1}),
        ("平南县", "region=450821", {"library": 7}),
        ("桂平市", "region=450881", {"formal": 1}),
    ]
    library = found.rows[1].cells[0]
    assert [card.firm.name for card in library.cards] == [f"平南{number}号" for number in (6, 5, 4)]
    assert (library.hidden, sum(found.totals), found.left_out) == (4, 9, 0)


def test_rows_by_officer_stand_by_what_they_carry(spread, city, people):
    mo, lu = people

    assert shape(swimlanes(spread, "high_tech", by="officer", region=city)) == [
        (mo.name, f"officer={mo.pk}", {"library": 7}),
        ("无人负责", "whose=none", {"library": 1}),
        (lu.name, f"officer={lu.pk}", {"formal": 1}),
    ]


def test_what_lies_below_a_county_belongs_to_it_and_closed_lanes_are_asked_for(city, county, firm, officer):
    park = county.children.create(
        code="450821-P1", name="平南工业园", short_name="工业园", kind="zone", path=f"{county.path}450821-P1/"
    )
    world.opened(make.firm("园区企业", park), None)
    world.at(firm, "dropped")

    rows = Application.objects.all()
    assert shape(swimlanes(rows, "high_tech", by="county", region=city)) == [
        ("平南县", "region=450821", {"library": 1})
    ]
    assert shape(swimlanes(rows, "high_tech", by="county", region=county, closed=True)) == [
        ("平南县", "region=450821", {"dropped": 1}),
        ("平南工业园", "region=450821-P1", {"library": 1}),
    ]


def test_more_rows_than_can_be_read_are_left_out_and_said(city, county):
    for number in range(MOST_ROWS + 2):
        world.opened(make.firm(f"企业{number}", county, officer=make.person(f"o{number}", county, Role.OFFICER)), None)

    found = swimlanes(Application.objects.all(), "high_tech", by="officer", region=city)

    assert (len(found.rows), found.left_out, sum(found.totals)) == (MOST_ROWS, 2, MOST_ROWS + 2)


def test_the_page_keeps_filters_cards_move_and_links_lead_to_the_rest(client, spread, people, officer, city_officer):
    client.force_login(city_officer)
    page = client.get("/board/high_tech/", {"by": "county"}).content.decode()

    assert page.count("data-card=") == 5
    link = re.search(r'href="(/applications/[^"]*)">\s*全部 7 件', page)[1].replace("&amp;", "&")
    listed = client.get(link).content.decode()
    assert ("平南0号" in listed, "桂平一号" in listed, "阶段：已列入" in listed or "阶段：培育入库" in listed) == (
        True,
        False,
        True,
    )
    assert "平南0号" not in client.get("/board/high_tech/", {"by": "county", "q": "桂平一号"}).content.decode()
    assert 'data-targets="' in page

    of_mo = client.get(f"/applications/?officer={people[0].pk}&stage=library").content.decode()
    assert f"经办：{people[0].name}" in strip_tags(of_mo)
    assert "市直一号" not in of_mo

    client.force_login(officer)
    mine = client.get("/board/high_tech/", {"by": "county"}).content.decode()
    assert "桂平一号" not in mine
    assert client.get("/board/high_tech/", {"by": "nonsense"}).status_code == 200


def test_the_statements_do_not_grow_with_rows(client, spread, city_officer, county, django_assert_num_queries):
    client.force_login(city_officer)
    client.get("/board/high_tech/")
    for by in ("county", "officer"):
        with django_assert_num_queries(14):
            client.get("/board/high_tech/", {"by": by})
