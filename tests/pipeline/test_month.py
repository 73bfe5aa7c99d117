"""The deadlines as a month: the counts of the list, day by day."""

from datetime import date

import pytest
from django.utils import timezone

from pipeline.models import Deadline
from pipeline.selectors.month import month_of
from pipeline.workdays import WorkCalendar
from tests import make
from tests.pipeline import world


@pytest.fixture
def due(firm, other_firm):
    """One deadline on 15 October 2025 in each county, of a kind that the stage gave it."""
    for owner in (firm, other_firm):
        world.at(owner, "formal")
    Deadline.objects.filter(application__stage="formal").update(due_on=date(2025, 10, 15))
    return Deadline.objects.open().filter(due_on=date(2025, 10, 15))


def days(weeks):
    return {day.date: day for week in weeks for day in week}


def test_a_month_knows_holidays_and_made_up_days():
    found = days(month_of(Deadline.objects.none(), date(2025, 10, 20), WorkCalendar()))

    assert min(found) == date(2025, 9, 29)
    assert max(found) == date(2025, 11, 2)
    assert (found[date(2025, 10, 1)].off, found[date(2025, 10, 1)].worked) == (True, False)
    assert (found[date(2025, 10, 11)].made_up, found[date(2025, 10, 11)].worked) == (True, True)
    assert (found[date(2025, 10, 12)].off, found[date(2025, 10, 12)].worked) == (False, False)
    assert not found[date(2025, 9, 30)].inside


@pytest.mark.django_db
def test_the_counts_are_those_of_the_list_for_each_reader(client, due, officer, lead):
    for reader, number in ((officer, 1), (lead, 2)):
        client.force_login(reader)
        page = client.get("/deadlines/month/", {"month": "2025-10"})
        cell = days(page.context["weeks"])[date(2025, 10, 15)]
        [count] = cell.kinds
        listed = client.get("/deadlines/", {"since": "2025-10-15", "until": "2025-10-15", "kind": count.kind})

        assert count.number == number == len(listed.context["items"])
        assert f"since=2025-10-15&amp;until=2025-10-15&amp;kind={count.kind}" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["", "x", "2025-13", "0001-01", "9999-12"])
def test_a_month_that_is_none_is_this_month(client, lead, asked):
    client.force_login(lead)

    page = client.get("/deadlines/month/", {"month": asked})

    assert page.context["month"] == timezone.localdate().replace(day=1)


@pytest.mark.django_db
def test_the_filters_hold_in_both_views(client, due, lead):
    client.force_login(lead)

    page = client.get("/deadlines/month/", {"month": "2025-10", "programme": "gazelle"})

    assert not days(page.context["weeks"])[date(2025, 10, 15)].kinds
    assert 'href="/deadlines/?programme=gazelle"' in page.content.decode()


@pytest.mark.django_db
def test_a_month_costs_the_same_for_one_deadline_and_for_many(client, due, lead, county, django_assert_num_queries):
    client.force_login(lead)
    client.get("/deadlines/month/")
    for number in range(3):
        world.at(make.firm(f"{number}号企业", county), "formal")
    with django_assert_num_queries(7):
        client.get("/deadlines/month/")
