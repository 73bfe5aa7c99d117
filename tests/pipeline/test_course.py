"""The year of one target as a picture, and what an officer's own open applications may bring."""

from datetime import date
from decimal import Decimal
from itertools import pairwise, product
from math import prod

import pytest
import time_machine

from pipeline.course_charts import course_chart
from pipeline.models import Application, Forecast, Indicator
from pipeline.selectors.briefs import BriefLine
from pipeline.selectors.counts import Period
from pipeline.selectors.course import course
from pipeline.selectors.officer_chances import at_least, officer_chances
from pipeline.selectors.quota_tree import officer_rows, quotas_around
from pipeline.services.rounds import save_round
from pipeline.services.tallies import fold_counts
from pipeline.services.targets import set_quota
from tests import make
from tests.pipeline import world
from tests.pipeline.test_briefs import forecast, quota_row
from tests.pipeline.test_push_list import forecast_of


@pytest.fixture
def first_time(db):
    return Indicator.objects.get(code="high_tech.first_time")


@pytest.fixture
def two_certified(county, other_county):
    for day, region in (("2026-05-04", county), ("2026-09-01", other_county)):
        with time_machine.travel(f"{day} 10:00+08:00", tick=False):
            world.at(make.firm(f"企业{day}", region), "certified")
    fold_counts()


def test_the_course_steps_up_on_the_day_of_each_title(two_certified, first_time, city, county, lead):
    save_round(
        programme="high_tech", region=city, year=2026, opens_on=date(2026, 5, 1), closes_on=date(2026, 9, 5), actor=lead
    )

    found = course(city, first_time, Period(2026, date(2026, 11, 2)))

    assert found is not None
    days = [number for _on, number in found.steps]
    assert days == [0, 1, 2]
    assert [found.by(date(2026, month, 28)) for month in (1, 6, 12)] == [0, 1, 2]
    assert [one.last_on for one in found.rounds] == [date(2026, 9, 5)]
    below = course(county, first_time, Period(2026, date(2026, 11, 2)))
    assert below is not None
    assert [number for _on, number in below.steps] == [0, 1]


def test_what_does_not_add_up_by_day_has_no_course(db, city):
    shares = Indicator.objects.filter(adds_up=False)[0]

    assert course(city, shares, Period(2026, date(2026, 11, 2))) is None


@pytest.mark.parametrize(
    ("said", "target", "finding"),
    [
        (forecast(), 30, "高新技术企业首次认定年底预计 27，离目标还差 3 家"),
        (forecast(), 27, "高新技术企业首次认定年底预计 27，正好达到目标"),
        (forecast(), 20, "高新技术企业首次认定年底预计 27，比目标多 7 家"),
        (None, 30, "高新技术企业首次认定还差 28 家"),
        (None, 2, "高新技术企业首次认定已完成 2，目标 2"),
    ],
)
def test_the_picture_says_its_finding_and_its_numbers(two_certified, first_time, city, said, target, finding):
    found = course(city, first_time, Period(2026, date(2026, 11, 2)))
    assert found is not None

    chart = course_chart(found, BriefLine(quota_row(done=Decimal(2), target=Decimal(target)), said))

    assert chart.finding == finding
    assert bool(chart.fan) == (said is not None)
    words = {value.text for value in chart.values}
    assert words == {f"目标 {target}", "已完成 2"} | ({"预计 27（24–30）"} if said else set())
    heights = sorted(value.y for value in chart.values)
    assert all(lower - upper >= 13 for upper, lower in pairwise(heights))
    assert [number for _on, number in chart.months_done] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("needed", range(5))
def test_at_least_so_many_of_independent_events(needed):
    chances = [0.1, 0.5, 0.9]
    by_hand = sum(
        prod(p if came else 1 - p for p, came in zip(chances, case, strict=True))
        for case in product((True, False), repeat=3)
        if sum(case) >= needed
    )

    assert at_least(chances, needed) == pytest.approx(by_hand)


def test_an_officers_target_is_set_against_the_own_open_applications(
    first_time, county, officer, lead, django_assert_num_queries
):
    with time_machine.travel("2026-11-02 12:00+08:00", tick=False):
        set_quota(first_time, county, 2026, target=Decimal(3), actor=lead)
        set_quota(first_time, county, 2026, target=Decimal(2), officer=officer, actor=lead)
        rows = [world.at(make.firm(f"企业{number}", county), "formal") for number in range(3)]
    forecast_of(county, list(zip(rows, (0.9, 0.5, 0.2), strict=True)))
    Forecast.objects.update(year=2026, as_of=date(2026, 11, 2))
    Application.objects.filter(pk__in=[rows[0].pk, rows[2].pk]).update(officer=officer)
    own = officer_rows(quotas_around(county, 2026), Period(2026, date(2026, 11, 2)))

    with django_assert_num_queries(2):
        (found,) = officer_chances(county, officer, own, year=2026, as_of=date(2026, 11, 2)).values()

    assert (found.sure, found.reach, found.growing) == (1, 0, 1)
    assert found.probability == pytest.approx(0.9 * 0.2)
