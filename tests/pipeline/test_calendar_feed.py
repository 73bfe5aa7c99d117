"""The dates of one person in their own calendar, by a secret address."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from crm.choices import Role
from crm.services.people import end_calendar, renew_calendar_key
from pipeline.models import Application, Deadline
from pipeline.services.applications import move_application
from tests import make
from tests.pipeline import world


def feed(client, user):
    user.refresh_from_db()
    return client.get(reverse("calendar_feed", args=[user.calendar_key]))


def events(response):
    return Calendar.from_ical(response.content).walk("VEVENT")


@pytest.fixture
def mine(firm, officer):
    """An application with the officer, waiting for the firm's correction."""
    firm.officer = officer
    firm.save()
    application = world.at(firm, "formal", officer=officer)
    move_application(application, "return_for_correction", actor=None, note="缺审计报告")
    renew_calendar_key(officer)
    return application


def test_the_feed_holds_own_deadlines_and_planned_actions_as_whole_days(client, mine, officer):
    Application.objects.filter(pk=mine.pk).update(next_action="约审计", next_action_on=timezone.localdate())
    due = Deadline.objects.open().get(application=mine)

    answer = feed(client, officer)
    found = {str(event["uid"]).split("@")[0]: event for event in events(answer)}

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert set(found) == {f"deadline-{due.pk}", f"next-{mine.pk}"}
    event = found[f"deadline-{due.pk}"]
    assert event.decoded("dtstart") == due.due_on
    assert type(event.decoded("dtstart")) is date
    assert (
        str(event["summary"])
        == f"{'（暂定）' if due.provisional else ''}平南智造科技有限公司：{due.get_kind_display()}"
    )
    assert str(event["url"]).endswith(f"/applications/{mine.pk}/")


def test_the_feed_costs_the_same_however_many_dates_it_has(client, mine, officer, county, django_assert_num_queries):
    for number in range(3):
        other = world.at(make.firm(f"{number}号企业", county, officer=officer), "formal")
        move_application(other, "return_for_correction", actor=None, note="缺审计报告")
    officer.refresh_from_db()
    with django_assert_num_queries(4):
        answer = client.get(reverse("calendar_feed", args=[officer.calendar_key]))
    assert len(events(answer)) == 4


def test_a_firm_sees_its_own_dates_and_is_led_to_its_own_pages(client, mine, firm, firm_user, other_firm_user):
    for person in (firm_user, other_firm_user):
        renew_calendar_key(person)

    [event] = events(feed(client, firm_user))

    assert str(event["url"]).endswith(f"/portal/applications/{mine.pk}/")
    assert events(feed(client, other_firm_user)) == []


def test_the_address_ends_with_the_account_the_post_the_key(client, mine, officer):
    old = officer.calendar_key
    assert client.get(f"/calendar/{old}.ics").status_code == 404
    officer.refresh_from_db()
    old = officer.calendar_key
    assert client.get(f"/calendar/{old}.ics").status_code == 200

    renew_calendar_key(officer)
    assert client.get(f"/calendar/{old}.ics").status_code == 404

    officer.posts.all().delete()
    assert events(feed(client, officer)) == []

    officer.is_active = False
    officer.save(update_fields=["is_active"])
    assert feed(client, officer).status_code == 404

    end_calendar(officer)
    officer.refresh_from_db()
    assert officer.calendar_key == ""


def test_the_feed_speaks_its_readers_language(client, mine, officer):
    officer.refresh_from_db()
    officer.language = "en"
    officer.save(update_fields=["language"])

    [event] = events(feed(client, officer))

    assert str(event["summary"]).removeprefix("(provisional) ") == f"{mine.firm.name}: Correction due"


def test_a_person_makes_renews_and_ends_the_address_on_the_account_page(client, county):
    person = make.person("somebody", county, Role.OFFICER)
    client.force_login(person)
    assert ".ics" not in client.get("/settings/account/").content.decode()

    client.post("/settings/account/calendar/")
    person.refresh_from_db()
    assert f"/calendar/{person.calendar_key}.ics" in client.get("/settings/account/").content.decode()

    client.post("/settings/account/calendar/", {"end": "1"})
    person.refresh_from_db()
    assert person.calendar_key == ""
