"""New titles and what they let a firm start, in the officer's day."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from crm.choices import Role
from crm.models import Post
from pipeline.models import Application
from pipeline.selectors.next_rungs import SHOWN, next_rungs
from tests import make
from tests.pipeline import world
from tests.pipeline.test_recognition_renewals import granted

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def noon():
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        yield


def certificate(firm, on=date(2026, 11, 20), **given):
    return granted(firm, date(2029, 11, 19), on, **given)


def offered(user):
    return [(rung.title.firm, rung.programme, rung.year) for rung in next_rungs(user, TODAY)]


def test_a_new_title_offers_the_next_programme_until_it_is_started(client, firm, officer):
    certificate(firm)
    client.force_login(officer)

    assert offered(officer) == [(firm, "gazelle", 2026)]
    page = client.get(reverse("my_day")).content.decode()
    assert "新获资格，可进入下一级" in page
    assert "11月20日获高新技术企业" in page
    client.post(reverse("firm_open", args=[firm.credit_code]), {"programme": "gazelle", "year": 2026})

    assert Application.objects.get().programme == "gazelle"
    assert offered(officer) == []
    assert "新获资格" not in client.get(reverse("my_day")).content.decode()


@pytest.mark.parametrize(("on", "shown"), [(date(2026, 8, 25), True), (date(2026, 8, 24), False)])
def test_a_title_is_new_for_ninety_days(firm, officer, on, shown):
    certificate(firm, on)

    assert bool(offered(officer)) is shown


@pytest.mark.parametrize(
    "given", [{"suspended_on": date(2026, 11, 21)}, {"ended_on": date(2026, 11, 22)}], ids=["suspended", "ended"]
)
def test_a_title_that_does_not_stand_leads_nowhere(firm, officer, given):
    certificate(firm, **given)

    assert offered(officer) == []


def test_who_holds_the_next_title_or_tried_this_year_is_left_out(firm, other_firm, officer, other_officer):
    granted(firm, date(2026, 12, 31), date(2026, 9, 1), programme="tech_sme", title="registration")
    certificate(firm, date(2025, 3, 1))
    granted(other_firm, date(2026, 12, 31), date(2026, 9, 1), programme="tech_sme", title="registration")
    Application.objects.filter(pk=world.opened(other_firm, other_officer).pk).update(phase="closed", stage="dropped")

    assert offered(officer) == offered(other_officer) == []


def test_a_certificate_that_ends_this_year_must_be_applied_for_again(firm, officer):
    granted(firm, date(2026, 12, 31), date(2026, 9, 1), programme="tech_sme", title="registration")
    granted(firm, date(2026, 12, 1))

    assert offered(officer) == [(firm, "high_tech", 2026)]


def test_only_who_may_start_it_sees_it_and_the_officer_of_the_firm_first(firm, officer, viewer, other_officer, county):
    certificate(firm)
    colleague = make.person("colleague", county, Role.OFFICER)

    assert (len(offered(officer)), len(offered(colleague)), offered(viewer), offered(other_officer)) == (1, 1, [], [])

    type(firm).objects.filter(pk=firm.pk).update(officer=colleague)

    assert (offered(officer), len(offered(colleague))) == ([], 1)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_rows_cost_the_same_for_any_number(county, officer, rows, django_assert_num_queries):
    for number in range(rows):
        certificate(make.firm(f"climbing {number}", county))
    offered(officer)  # the posts of a person are read once

    with django_assert_num_queries(2):
        assert len(offered(officer)) == rows


def test_what_a_person_may_only_read_does_not_hide_what_they_may_start(firm, other_county, officer, city):
    Post.objects.create(user=officer, region=city, role=Role.VIEWER)
    certificate(firm, date(2026, 9, 1))
    for number in range(SHOWN):
        certificate(make.firm(f"elsewhere {number}", other_county))

    assert offered(officer) == [(firm, "gazelle", 2026)]
