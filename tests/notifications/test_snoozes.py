"""Being reminded later or no more: what is refused, and what is kept."""

from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction

from notifications.errors import SnoozeRefused
from notifications.models import Snooze
from notifications.snoozes import in_force, later_days, resume, silences, snooze, stop_reminding
from pipeline.models import Deadline
from pipeline.selectors.calendar import work_calendar
from pipeline.services.applications import move_application

FRIDAY = date(2026, 11, 27)
pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def deadline(formal, city_officer):
    """A correction due on Monday 30 November 2026."""
    with time_machine.travel("2026-11-23 10:00+08:00", tick=False):
        move_application(formal, "return_for_correction", actor=city_officer, note="缺件")
    return Deadline.objects.open().get()


def put_off(deadline, user, until, today=date(2026, 11, 25)):
    return snooze(deadline, user, until, today=today, calendar=work_calendar())


@pytest.mark.parametrize(
    ("today", "until", "reason"),
    [
        (date(2026, 11, 25), date(2026, 11, 25), "推迟到的日期应在今天之后"),
        (
            date(2026, 11, 25),
            date(2026, 12, 1),
            "12月1日 周二 已晚于截止日 11月30日 周一，到那天再提醒就来不及了；请选更早的一天",
        ),
        (date(2026, 11, 25), date(9999, 12, 31), "9999-12-31 周五 已晚于截止日 11月30日 周一"),
        (date(2026, 12, 1), date(2027, 1, 1), "已逾期的事项最多推迟到 12月31日 周四，请选不晚于这一天的日期"),
    ],
)
def test_a_day_that_helps_nobody_is_refused_with_the_reason(deadline, officer, today, until, reason):
    with time_machine.travel("2026-11-25 10:00+08:00", tick=False), pytest.raises(SnoozeRefused) as refused:
        put_off(deadline, officer, until, today)

    assert [text[: len(reason)] for text in refused.value.reasons] == [reason]
    assert Snooze.objects.count() == 0


def test_a_day_off_before_a_deadline_that_falls_on_one_is_refused(deadline, officer):
    Deadline.objects.filter(pk=deadline.pk).update(due_on=date(2026, 11, 29))
    deadline.refresh_from_db()

    with time_machine.travel("2026-11-25 10:00+08:00", tick=False), pytest.raises(SnoozeRefused) as refused:
        put_off(deadline, officer, date(2026, 11, 28))

    assert refused.value.reasons == [
        "11月28日 周六 放假，下一个工作日 11月30日 周一 已晚于截止日 11月29日 周日，请选更早的一天"
    ]


def test_a_day_off_becomes_the_working_day_after_it(deadline, officer):
    assert put_off(deadline, officer, date(2026, 11, 28)).until == date(2026, 11, 30)
    assert put_off(deadline, officer, FRIDAY).until == FRIDAY  # said anew: one row, the last word holds
    assert Snooze.objects.count() == 1


def test_what_is_overdue_may_be_put_off_past_its_date(deadline, officer):
    assert put_off(deadline, officer, date(2026, 12, 4), date(2026, 12, 1)).until == date(2026, 12, 4)


def test_offered_days_never_pass_the_deadline(deadline):
    calendar = work_calendar()

    offered = {day: later_days(deadline, date(2026, 11, day), calendar) for day in (25, 26, 27, 30)}

    assert offered == {
        25: [date(2026, 11, 26), date(2026, 11, 30)],
        26: [FRIDAY],
        27: [date(2026, 11, 30)],
        30: [],
    }


def test_stopping_needs_a_reason_of_a_length_to_read(deadline, officer):
    for reason, said in (
        ("  ", "请写明不再提醒的原因，逾期后上级会看到"),
        ("长" * 201, "原因有 201 字，请不超过 200 字"),
    ):
        with pytest.raises(SnoozeRefused) as refused:
            stop_reminding(deadline, officer, reason)
        assert refused.value.reasons == [said]
    assert Snooze.objects.count() == 0

    assert stop_reminding(deadline, officer, " 企业 已另行\n联系 ").reason == "企业 已另行 联系"


def test_every_reason_is_told_at_once(deadline, officer, formal, firm_user):
    Deadline.objects.update(closed_at="2026-11-25T00:00Z")
    deadline.refresh_from_db()

    with pytest.raises(SnoozeRefused) as refused:
        stop_reminding(deadline, officer, "")
    assert refused.value.reasons == ["该事项已办结，不会再提醒", "请写明不再提醒的原因，逾期后上级会看到"]
    with pytest.raises(SnoozeRefused) as refused:
        put_off(deadline, officer, date(2026, 11, 25))
    assert refused.value.reasons == ["该事项已办结，不会再提醒", "推迟到的日期应在今天之后"]


def test_resuming_ends_it_once(deadline, officer):
    stop_reminding(deadline, officer, "出差")

    assert [resume(deadline, officer), resume(deadline, officer)] == [True, False]


def test_a_moved_date_ends_what_was_said_of_the_old_one(deadline, officer):
    stop_reminding(deadline, officer, "出差")
    assert list(in_force([deadline.pk])) == [(deadline.pk, officer.pk)]

    Deadline.objects.filter(pk=deadline.pk).update(due_on=date(2026, 12, 2))

    assert in_force([deadline.pk]) == {}


def test_when_a_person_is_silent():
    today = date(2026, 11, 25)
    said = {
        "nothing": None,
        "stopped": Snooze(reason="出差"),
        "later": Snooze(until=FRIDAY),
        "today": Snooze(until=today),
        "told this morning": Snooze(until=today, told_on=today),
        "told before": Snooze(until=date(2026, 11, 24), told_on=date(2026, 11, 24)),
    }

    assert {name: silences(row, today) for name, row in said.items()} == {
        "nothing": False,
        "stopped": True,
        "later": True,
        "today": False,
        "told this morning": True,
        "told before": False,
    }


def test_the_database_keeps_nobody_silent_for_no_reason(deadline, officer):
    with pytest.raises(IntegrityError), transaction.atomic():
        Snooze.objects.create(
            deadline=deadline, user=officer, due_on=deadline.due_on, reason="", at="2026-11-25T00:00Z"
        )
