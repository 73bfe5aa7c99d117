"""The coming year's holiday notice: asked for from 1 November, each week, until it has been entered."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from crm.choices import Role
from notifications.calendar_warning import warn_of_calendar
from notifications.models import Message
from pipeline import workdays
from pipeline.models import Deadline
from pipeline.services.applications import move_application
from pipeline.services.clocks import turn_the_day
from pipeline.services.rounds import set_workday
from tests import make


def warn(day):
    with time_machine.travel(f"{day} 08:00+08:00", tick=False):
        return warn_of_calendar()


def enter_notice(lead, city, *, days=5):
    for day in range(1, days + 1):
        set_workday(date(2027, 1, day), kind="holiday", name="元旦", notice="国办发明电", actor=lead, region=city)


def test_each_week_from_november_each_administrator_of_the_city_once(admin, lead, officer, county):
    make.person("county_admin", county, Role.ADMIN)

    days = ("10-30", "11-01", "11-02", "11-03", "11-06", "11-09", "12-28")
    assert [warn(f"2026-{day}") for day in days] == [0, 0, 1, 0, 0, 1, 1]

    message = Message.objects.first()
    assert {row.recipient for row in Message.objects.all()} == {admin}
    assert (message.subject, message.kind, message.link, message.to) == (
        "【请录入】2027 年放假通知",
        "operation",
        "/settings/calendar/",
        "admin@example.cn",
    )
    assert "现有 0 个期限的日期为暂定" in message.body


def test_the_new_year_does_not_end_it(admin):
    assert warn("2027-01-04") == 1


@time_machine.travel("2026-12-28 10:00+08:00", tick=False)
def test_the_notice_ends_the_warning_and_settles_the_dates(admin, lead, city, formal, city_officer, client):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    provisional = Deadline.objects.open().get()
    client.force_login(admin)
    asked = "请录入 2027 年的放假通知"
    assert provisional.provisional
    assert warn("2026-12-28") == 1
    for page in ("my_day", "calendar"):
        assert asked in client.get(reverse(page)).content.decode()

    enter_notice(lead, city, days=4)
    assert warn("2027-01-05") == 1
    enter_notice(lead, city)

    provisional.refresh_from_db()
    assert (provisional.due_on, provisional.provisional) == (date(2027, 1, 7), False)
    assert warn("2027-01-11") == 0
    for page in ("my_day", "calendar"):
        assert asked not in client.get(reverse(page)).content.decode()


@time_machine.travel("2026-12-28 10:00+08:00", tick=False)
def test_a_notice_that_comes_with_a_new_release_settles_the_dates_overnight(formal, city_officer, admin, monkeypatch):
    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    assert Deadline.objects.open().get().provisional

    monkeypatch.setattr(workdays, "announced_year", lambda: 2027)
    turn_the_day()

    assert not Deadline.objects.open().get().provisional
    assert warn("2026-12-29") == 0


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LEADER, Role.VIEWER])
@time_machine.travel("2026-11-23 10:00+08:00", tick=False)
def test_others_read_of_it_on_the_calendar_page_alone(client, city, role):
    client.force_login(make.person("somebody", city, role))

    assert "请录入 2027 年的放假通知" not in client.get(reverse("my_day")).content.decode()
    assert "请录入 2027 年的放假通知" in client.get(reverse("calendar")).content.decode()


@time_machine.travel("2026-12-28 10:00+08:00", tick=False)
def test_a_date_in_a_year_without_notice_is_marked_in_mail_and_pages(formal, city_officer, firm_user, client):
    from notifications.reminders import plan_reminders

    move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    due_on = Deadline.objects.open().get().due_on

    plan_reminders(today=date(2027, 1, 4))

    reminder = Message.objects.get(recipient=firm_user, kind="reminder")
    assert "（该年放假通知未公布，日期暂定）" in reminder.body
    assert "（该年放假通知未公布，日期暂定）" in reminder.html
    client.force_login(city_officer)
    for page in (reverse("deadlines"), reverse("application", args=[formal.pk])):
        assert "暂定" in client.get(page).content.decode()
    client.force_login(firm_user)
    assert "暂定" in client.get(reverse("portal_application", args=[formal.pk])).content.decode()
    assert due_on - timedelta(days=5) > date(2026, 12, 28)
