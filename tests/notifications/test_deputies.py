"""While somebody is away, what they would be told goes to who stands in, never beyond what that person may see."""

from datetime import date

import pytest
import time_machine

from crm.choices import Role
from crm.models import Leave, Post, User
from crm.services.leaves import end_leave, plan_leave
from crm.services.tasks import plan_task
from notifications.models import Message
from notifications.people import Staff, of_user
from notifications.reminders import plan_reminders
from notifications.snoozes import snooze, stop_reminding
from pipeline.selectors.calendar import work_calendar
from pipeline.services.applications import move_application
from tests import make
from tests.notifications.test_planning import FRIDAY, MONDAY, reports

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def deputy(county) -> User:
    return make.person("deputy", county, Role.OFFICER)


@pytest.fixture
def leave(officer, deputy) -> Leave:
    planned = plan_leave(officer, deputy=deputy, from_on=MONDAY, until_on=FRIDAY, actor=officer, today=MONDAY)
    Message.objects.all().delete()
    return planned


def plan(day):
    with time_machine.travel(f"{day} 08:00+08:00", tick=False):
        return plan_reminders()


def told():
    return list(Message.objects.order_by("pk").values_list("to", "state", "stands_for", "subject"))


def test_the_deputy_is_told_by_mail_and_the_absent_one_finds_it_in_the_site(county, officer, leave):
    reports(county, 1, officer=officer)

    plan(MONDAY)

    subject = "【剩 4 天】年度报告 年报企业0"
    found = told()
    assert [(to, state, lent) for to, state, lent, _subject in found] == [
        ("officer@example.cn", "in_app", ""),
        ("deputy@example.cn", "queued", "姓名officer"),
    ]
    assert found[1][3] == f"代 姓名officer · {found[0][3]}" != subject
    assert "您正代理姓名officer的工作。" in Message.objects.get(to="deputy@example.cn").body


def test_a_deputy_whose_post_ended_is_told_nothing(county, officer, deputy, leave):
    Post.objects.filter(user=deputy).delete()
    reports(county, 1, officer=officer)

    plan(MONDAY)

    assert [row[:3] for row in told()] == [("officer@example.cn", "queued", "")]


def test_the_day_after_the_last_one_everything_is_as_before(county, officer, leave):
    end_leave(leave, actor=officer, today=TUESDAY)
    Message.objects.all().delete()
    reports(county, 1, officer=officer)

    plan(TUESDAY)

    assert [row[:3] for row in told()] == [("officer@example.cn", "queued", "")]


def test_a_full_morning_is_one_mail_to_the_deputy_that_says_for_whom(county, officer, leave):
    reports(county, 12, officer=officer)

    plan(MONDAY)

    mail = Message.objects.get(kind="morning")
    assert (mail.to, mail.state) == ("deputy@example.cn", "queued")
    assert "代 姓名officer · 年度报告" in mail.body
    assert set(Message.objects.filter(to="officer@example.cn").values_list("state", flat=True)) == {"in_app"}


def test_what_was_put_off_or_stopped_stays_so_for_the_deputy(county, officer, leave):
    put_off, stopped = reports(county, 2, officer=officer)
    with time_machine.travel("2026-11-23 07:00+08:00", tick=False):
        snooze(put_off, officer, TUESDAY, today=MONDAY, calendar=work_calendar())
        stop_reminding(stopped, officer, "企业已电话告知")

    plan(MONDAY)
    monday = told()
    plan(TUESDAY)

    assert monday == []
    assert [row[:3] for row in told()] == [
        ("officer@example.cn", "in_app", ""),
        ("deputy@example.cn", "queued", "姓名officer"),
    ]


def test_who_is_told_for_themselves_is_not_told_again_as_deputy(county, officer, deputy, leave):
    staff = Staff(MONDAY)

    people = staff.present([of_user(officer), of_user(deputy)], county.path)

    assert [(person.user_id, person.away, person.for_name) for person in people] == [
        (officer.pk, True, ""),
        (deputy.pk, False, ""),
    ]


def test_what_a_firm_does_is_told_to_the_deputy(formal, firm_user, officer, city_officer, deputy, leave):
    with time_machine.travel("2026-11-24 10:00+08:00", tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
        formal.refresh_from_db()
        type(formal).objects.filter(pk=formal.pk).update(officer=officer)
        formal.refresh_from_db()
        Message.objects.all().delete()
        move_application(formal, "submit", actor=firm_user, note="已补")

    rows = Message.objects.filter(kind="stage", to_firm=False).order_by("pk")
    assert list(rows.values_list("recipient", "state", "stands_for")) == [
        (officer.pk, "in_app", ""),
        (deputy.pk, "queued", "姓名officer"),
    ]


def test_the_deputy_hears_of_an_absence_and_of_its_end(officer, deputy, lead):
    leave = plan_leave(officer, deputy=deputy, from_on=MONDAY, until_on=FRIDAY, actor=lead, today=MONDAY)
    end_leave(leave, actor=officer, today=TUESDAY)

    keys = Message.objects.order_by("pk").values_list("key", "to")
    assert list(keys) == [
        (f"leave:{leave.pk}:planned:u{deputy.pk}", "deputy@example.cn"),
        (f"leave:{leave.pk}:planned:u{officer.pk}", "officer@example.cn"),
        (f"leave:{leave.pk}:ended:u{deputy.pk}", "deputy@example.cn"),
        (f"leave:{leave.pk}:ended:u{officer.pk}", "officer@example.cn"),
    ]


def test_both_see_it_on_their_day(county, officer, deputy, leave):
    due = reports(county, 1, officer=officer)[0]

    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        plan_task(due.firm, title="催报年报", due_on=FRIDAY, actor=officer)
        own = make.logged_in(officer).get("/").content.decode()
        lent = make.logged_in(deputy).get("/").content.decode()

    assert "不在岗，期间的提醒转给姓名deputy。" in own
    assert "代 姓名officer" in lent and "年报企业0" in lent and "催报年报" in lent
