"""Who to push this week: scoped, ordered, explained, and the same on page, card and API."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from pipeline.models import Application, Deadline, Forecast, Indicator
from pipeline.selectors.courses import stage_numbers
from pipeline.selectors.pushing import push_list
from pipeline.services.applications import plan_next
from tests import make
from tests.pipeline import world

YEAR = timezone.localdate().year
TODAY = date(YEAR, 11, 2)
FRESH = {"diagnose": 0.1, "prep": 0.2, "prereview": 0.3, "submitted": 0.4, "formal": 0.5, "recommended": 0.6}


def forecast_of(region, listed, *, target=2, masses=(0.25, 0.5, 0.25)):
    """A forecast row as the night makes it: nobody counted yet, `masses` for 0, 1, 2 … firms."""
    fresh = [0.0] * len(stage_numbers("high_tech"))
    for stage, chance in FRESH.items():
        fresh[stage_numbers("high_tech")[stage]] = chance
    return Forecast.objects.create(
        region=region,
        region_path=region.path,
        indicator=Indicator.objects.get(code="high_tech.first_time"),
        year=YEAR,
        week=f"{YEAR}-W45",
        as_of=TODAY,
        made_at=timezone.now(),
        done=0,
        target=Decimal(target),
        expected=Decimal(1),
        low=Decimal(0),
        high=Decimal(2),
        probability=Decimal("0.25"),
        history=60,
        confidence="solid",
        data={
            "masses": {"first": 0, "of": list(masses)},
            "newcomers": 0,
            "fresh": fresh,
            "open": len(listed),
            "classes": [0, 0, len(listed)],
            "applications": [[application.pk, chance, 0.1, None] for application, chance in listed],
        },
    )


def due(application, on):
    return Deadline.objects.create(
        key=f"x{application.pk}", kind="stage_term", firm=application.firm, application=application,
        region_path=application.region_path, due_on=on,
    )  # fmt: skip


@pytest.fixture
def three(city, county, other_county):
    """Three open firms: in the formal check with a day, being prepared, and at a higher authority."""
    Deadline.objects.all().delete()
    formal = world.at(make.firm("在审企业", county), "formal")
    prep = world.at(make.firm("在备企业", other_county), "prep")
    upstairs = world.at(make.firm("在区企业", county), "expert")
    Deadline.objects.all().delete()
    due(formal, TODAY + timedelta(days=3))
    forecast_of(city, [(formal, 0.3), (prep, 0.05), (upstairs, 0.5)])
    return formal, prep, upstairs


def told(pushes):
    return [push.application.firm.name for push in pushes]


def test_the_firm_whose_push_gains_most_comes_first_with_its_last_day(three, lead, city):
    pushes = push_list(city, lead, year=YEAR, today=TODAY)

    assert told(pushes) == ["在审企业", "在备企业"]
    first, second = pushes
    assert (first.chance, first.pushed) == (0.3, 0.6)
    assert (second.chance, second.pushed) == (0.05, 0.4)
    assert first.gain.probability == pytest.approx(0.3 * (0.5 - 0.3 * 0.25 / 0.7) / 0.7)
    assert (first.due_on, first.workdays, first.urgency) == (TODAY + timedelta(days=3), 3, 1)
    assert (second.due_on, second.urgency) == (None, 0.5)
    assert first.action == "办结“形式审查”"
    assert first.lacks == "条件待评估"


def test_a_higher_authority_is_not_pushed_and_a_planned_step_is_the_action(three, lead, city, officer):
    plan_next(three[1], action="约审计", on=timezone.localdate(), actor=lead)

    pushes = push_list(city, lead, year=YEAR, today=TODAY)

    assert [push.action for push in pushes] == ["办结“形式审查”", "约审计"]


def test_each_reader_sees_firms_of_the_own_scope(three, city, county, officer, other_officer, firm_user):
    forecast_of(county, [(three[0], 0.3)], target=1, masses=(0.7, 0.3))

    assert told(push_list(county, officer, year=YEAR, today=TODAY)) == ["在审企业"]
    assert told(push_list(county, other_officer, year=YEAR, today=TODAY)) == []
    assert told(push_list(city, firm_user, year=YEAR, today=TODAY)) == []


def test_only_the_own_firms_of_an_officer(three, city, lead, city_officer):
    Application.objects.filter(pk=three[1].pk).update(officer=city_officer)

    assert told(push_list(city, city_officer, year=YEAR, today=TODAY, officer=city_officer)) == ["在备企业"]


def test_a_last_day_after_the_cut_off_does_nothing_for_this_year(three, city, lead):
    Deadline.objects.update(due_on=date(YEAR + 1, 1, 15))

    assert told(push_list(city, lead, year=YEAR, today=TODAY)) == ["在备企业"]


def test_a_judged_firm_is_pushed_by_what_people_judged(three, city, lead):
    row = Forecast.objects.get()
    row.data["applications"][0][3] = 0.9  # sure already: pushing it gains nothing
    row.save()

    assert told(push_list(city, lead, year=YEAR, today=TODAY)) == ["在备企业"]


def test_without_a_forecast_nobody_is_named(city, lead, client):
    client.force_login(lead)

    assert push_list(city, lead, year=YEAR, today=TODAY) == []
    assert "现在没有催办就能提高完成概率的企业" in client.get("/targets/push/").content.decode()


def test_my_day_shows_an_officer_the_own_firms_and_a_lead_the_region(client, lead, officer):
    asked = []
    for user in (officer, lead):
        client.force_login(user)
        asked.append('hx-get="/targets/push/?mine=1"' in client.get("/").content.decode())
    client.force_login(officer)
    own = client.get("/targets/push/?mine=1").content.decode()

    assert asked == [True, False]
    assert "您经办的企业里，现在没有要催的" in own


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_whatever_it_names(rows, city, county, lead, django_assert_num_queries):
    firms = [world.at(make.firm(f"企业{number}", county), "formal") for number in range(rows)]
    forecast_of(city, [(firm, 0.3) for firm in firms])
    push_list(city, lead, year=YEAR, today=TODAY)

    with django_assert_num_queries(6):
        assert len(push_list(city, lead, year=YEAR, today=TODAY)) == rows


@time_machine.travel(TODAY)
def test_page_card_and_api_say_the_same(three, lead, client):
    client.force_login(lead)

    page = client.get("/targets/push/").content.decode()
    card = client.get("/targets/push/?mine=1", headers={"HX-Request": "true"}).content.decode()
    listed = client.get("/api/v1/push-list/").json()

    assert "在审企业" in page and "在区企业" not in page
    assert "<html" not in card and "本周该催谁" in card
    assert [row["name"] for row in listed] == ["在审企业", "在备企业"]
    assert listed[0]["indicator"] == "high_tech.first_time"
