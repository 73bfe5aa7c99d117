"""What if: firms settled, a round moved, another target, newcomers; saved scenarios touch no data."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from crm.errors import InvalidInput, NotAllowed
from crm.models import ChangeRecord
from pipeline.models import Application, Forecast, Round, Scenario, StageEvent
from pipeline.selectors.whatif import Imagined, whatif
from pipeline.services.scenarios import forget_scenario, save_scenario
from tests import make
from tests.pipeline import world
from tests.pipeline.test_push_list import TODAY, YEAR, forecast_of
from tests.pipeline.test_pushing import numbers_of

CHANCES = (0.6, 0.2)


@pytest.fixture
def two(city, county, other_county):
    """Two open firms of two counties, both in one round, with the forecast of the city and of one county."""
    window = Round.objects.create(
        programme="high_tech", region=city, region_path=city.path, year=YEAR, opens_on=TODAY, closes_on=TODAY,
        last_on=TODAY,
    )  # fmt: skip
    firms = [world.at(make.firm(f"企业{n}", place), "formal") for n, place in enumerate((county, other_county))]
    Application.objects.update(round=window)
    listed = list(zip(firms, CHANCES, strict=True))
    for region, own, target in ((city, listed, 2), (county, listed[:1], 1)):
        row = forecast_of(region, own, target=target, masses=numbers_of([chance for _firm, chance in own]))
        row.data |= {"moved": {"8": [0.1] * len(own), "-8": [0.9] * len(own)}, "starts": [[20, 0.5], [40, 0.0]]}
        row.save()
    return firms


@pytest.fixture
def forecast(two, city):
    return Forecast.objects.get(region=city)


def after(forecast, lead, **imagined):
    return whatif(forecast, lead, Imagined(**imagined)).after


def test_nothing_imagined_is_the_forecast(forecast, lead):
    found = whatif(forecast, lead, Imagined())

    assert found.before == found.after
    assert (found.after.expected, found.after.probability) == (pytest.approx(0.8), pytest.approx(0.12))


def test_firms_that_pass_and_fail_change_the_numbers(forecast, lead, two):
    passed = after(forecast, lead, passes=frozenset({two[0].pk}))
    failed = after(forecast, lead, fails=frozenset({two[0].pk}))

    assert (passed.expected, passed.probability) == (pytest.approx(1.2), pytest.approx(0.2))
    assert (failed.expected, failed.probability) == (pytest.approx(0.2), pytest.approx(0))


def test_a_round_that_comes_later_takes_its_firms_with_it(forecast, lead):
    window = Round.objects.get().pk

    later, sooner = (after(forecast, lead, round=window, weeks=weeks) for weeks in (8, -8))

    assert later.expected == pytest.approx(0.2)
    assert sooner.probability == pytest.approx(0.81)
    assert after(forecast, lead, round=window + 1, weeks=8).expected == pytest.approx(0.8)


def test_another_target_and_newcomers(forecast, lead):
    raised = after(forecast, lead, target=Decimal(1))
    joined = after(forecast, lead, newcomers=2, by=0)

    assert raised.probability == pytest.approx(0.68)
    assert joined.expected == pytest.approx(1.8)


def test_what_is_not_done_yet_is_never_certain(forecast, lead, two):
    passed = whatif(forecast, lead, Imagined(target=Decimal(1), passes=frozenset(one.pk for one in two)))
    Forecast.objects.update(done=Decimal(1))
    done = whatif(Forecast.objects.get(pk=forecast.pk), lead, Imagined(target=Decimal(0)))

    assert passed.after.probability == 0.9999
    assert done.after.probability == 1


def test_the_counties_change_with_their_own_firms(forecast, lead, two):
    [county] = whatif(forecast, lead, Imagined(passes=frozenset({two[0].pk}))).counties
    [other] = whatif(forecast, lead, Imagined(passes=frozenset({two[1].pk}))).counties

    assert (county.before.probability, county.after.probability) == (pytest.approx(0.6), pytest.approx(0.9999))
    assert county.differs and not other.differs


def test_it_says_how_many_more_must_begin_by_which_day(forecast, lead):
    soon, late = whatif(forecast, lead, Imagined()).starts

    assert (soon.needed, late.needed) == (4, None)
    assert soon.on - TODAY >= timedelta(days=26)


@time_machine.travel(TODAY)
def test_the_page_answers_with_and_without_javascript_and_bad_numbers_say_so(client, forecast, lead, two):
    client.force_login(lead)
    address = f"/targets/whatif/?indicator=high_tech.first_time&pass={two[0].pk}&newcomers="

    whole = client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    wrong = client.get(address + "-3").content.decode()
    wrong_part = client.get(address + "-3", headers={"HX-Request": "true"}).content.decode()

    assert "还需" in whole and "原 60 %" in whole
    assert "<html" not in part and 'id="result"' in part
    assert f'<input type="hidden" name="pass" value="{two[0].pk}">' in part  # what is saved is what was asked
    assert "确保该值大于" in wrong and "确保该值大于" in wrong_part


@time_machine.travel(TODAY)
def test_a_firm_cannot_both_pass_and_fail(client, forecast, lead, two):
    client.force_login(lead)
    both = {"pass": [two[0].pk], "fail": [two[0].pk]}
    kept = {"region": "450800", "indicator": "high_tech.first_time", "name": "矛盾"}

    seen = client.get("/targets/whatif/", {"indicator": "high_tech.first_time", **both}).content.decode()
    saved = client.post("/targets/whatif/save/", kept | both, follow=True).content.decode()

    assert all("同一家企业不能既算通过又算落选" in page for page in (seen, saved))
    assert not Scenario.objects.exists()


@time_machine.travel(TODAY)
def test_a_saved_scenario_opens_as_it_was_and_touches_no_data(client, forecast, lead, two):
    client.force_login(lead)
    events, records = StageEvent.objects.count(), ChangeRecord.objects.count()
    form = {"region": "450800", "indicator": "high_tech.first_time", "pass": [two[0].pk], "target": "3", "name": "乐观"}

    saved = client.post("/targets/whatif/save/", form)
    opened = client.get(f"/targets/whatif/{Scenario.objects.get().pk}/")

    assert saved.status_code == 302
    assert f"pass={two[0].pk}" in opened["Location"] and "target=3" in opened["Location"]
    assert (StageEvent.objects.count(), ChangeRecord.objects.count()) == (events, records)
    assert Forecast.objects.get(pk=forecast.pk).probability == forecast.probability


@time_machine.travel(TODAY)
def test_what_is_imagined_of_next_year_stays_with_next_year(client, forecast, lead):
    client.force_login(lead)
    coming = TODAY.year + 1
    Forecast.objects.filter(pk=forecast.pk).update(year=coming)
    chosen = {"indicator": "high_tech.first_time", "region": "450800"}

    page = client.get("/targets/whatif/", chosen | {"year": coming}).content.decode()
    saved = client.post(f"/targets/whatif/save/?year={coming}", chosen | {"name": "明年", "target": "3"})

    assert f'<input type="hidden" name="year" value="{coming}">' in page
    assert f'action="/targets/whatif/save/?year={coming}"' in page
    assert f"year={coming}" in saved["Location"]
    assert Scenario.objects.get().year == coming


def test_numbers_that_cannot_be_are_not_saved_and_the_reason_is_said(client, forecast, lead):
    client.force_login(lead)
    form = {"region": "450800", "indicator": "high_tech.first_time", "newcomers": "-3", "name": "乐观"}

    answer = client.post("/targets/whatif/save/", form, follow=True).content.decode()

    assert "再启动几家：确保该值大于" in answer
    assert not Scenario.objects.exists()


def test_a_scenario_needs_a_name_and_is_its_owners_to_forget(forecast, lead, leader):
    with pytest.raises(InvalidInput):
        save_scenario(forecast, name="  ", params={}, actor=lead)
    first = save_scenario(forecast, name="乐观", params={"newcomers": 1}, actor=lead)
    again = save_scenario(forecast, name="乐观", params={"newcomers": 2}, actor=lead)

    with pytest.raises(NotAllowed):
        forget_scenario(again, actor=leader)
    same = first.pk == again.pk
    forget_scenario(again, actor=lead)

    assert same
    assert not Scenario.objects.exists()


def test_too_little_history_is_said(client, city, lead):
    row = forecast_of(city, [])
    row.data = {}
    row.save()
    client.force_login(lead)

    assert whatif(row, lead, Imagined()) is None
    with time_machine.travel(date(YEAR, 11, 2)):
        assert "太少" in client.get("/targets/whatif/").content.decode()
