"""The ladders: which rung a day has reached, the next day on which somebody is told, and who hears above the officer."""

from datetime import date, timedelta

import pytest

from pipeline.choices import DeadlineKind, OccasionKind, Overdue
from pipeline.rungs import DEFAULTS, Due, LadderTable, Rung, due_rung, dues, escalations, first_rung, next_rung
from pipeline.workdays import WORKDAYS, WorkCalendar

CALENDAR = WorkCalendar()
CORRECTION, CERTIFICATE = DEFAULTS[DeadlineKind.CORRECTION_DUE], DEFAULTS[DeadlineKind.CERTIFICATE_EXPIRY]
BOTH = ("firm", "agent", "officer")
TUESDAY = date(2026, 12, 1)


def key(ladder, due_on, today):
    due = due_rung(ladder, due_on, today, CALENDAR)
    return due and due.key


@pytest.mark.parametrize(
    ("ladder", "days_before", "rung", "following"),
    [
        (CORRECTION, 5, None, date(2026, 11, 30)),
        (CORRECTION, 2, None, date(2026, 11, 30)),  # the rung of 3 days is a Saturday: told on Monday, with that of 1
        (CORRECTION, 1, "1d", date(2026, 12, 1)),
        (CORRECTION, 0, "0d", date(2026, 12, 2)),
        (CORRECTION, -1, "-1d", date(2026, 12, 3)),
        (CORRECTION, -3, "-3d", date(2026, 12, 7)),  # Friday: on Monday again
        (CORRECTION, -29, "-29d", date(2026, 12, 31)),
        (CORRECTION, -30, "-30d", None),
        (CORRECTION, -31, None, None),
        (CERTIFICATE, 181, "03-01", date(2026, 6, 4)),
        (CERTIFICATE, 180, "180d", date(2026, 9, 2)),
        (CERTIFICATE, 60, "90d", date(2026, 11, 2)),  # 1 November is a Sunday
        (CERTIFICATE, 10, "30d", None),
        (CERTIFICATE, -1, None, None),
    ],
)
def test_the_ladder_gives_the_tightest_rung_and_the_next(ladder, days_before, rung, following):
    today = TUESDAY - timedelta(days=days_before)

    assert key(ladder, TUESDAY, today) == rung
    assert next_rung(ladder, TUESDAY, today, CALENDAR) == following


def test_the_first_rung_is_the_widest():
    assert first_rung(CORRECTION, date(2026, 12, 3), CALENDAR) == date(2026, 11, 30)
    assert first_rung(CERTIFICATE, TUESDAY, CALENDAR) == date(2026, 3, 2)  # 1 March is a Sunday


@pytest.mark.parametrize(
    ("due_on", "told_on"),
    [(date(2026, 10, 5), date(2026, 9, 30)), (date(2026, 11, 29), date(2026, 11, 27)), (TUESDAY, TUESDAY)],
)
def test_what_ends_on_a_day_off_is_told_on_the_working_day_before(due_on, told_on):
    last = LadderTable("x", (Rung(0, roles=BOTH),))

    assert first_rung(last, due_on, CALENDAR) == told_on
    assert due_rung(last, due_on, told_on, CALENDAR) == Due("0d", BOTH, True, told_on)


def test_the_first_of_march_counts_only_before_the_expiry():
    fixed = LadderTable("x", (Rung(None, roles=BOTH, month_day=(3, 1)),))

    assert first_rung(fixed, date(2029, 8, 28), CALENDAR) == date(2029, 3, 1)
    assert first_rung(fixed, date(2029, 2, 28), CALENDAR) is None


def test_working_days_are_counted_through_holidays():
    """Seven days of National Day in 2026, and 10 October is worked for them."""
    ladder = LadderTable("x", (Rung(3, WORKDAYS, BOTH),))

    assert first_rung(ladder, date(2026, 10, 12), CALENDAR) == date(2026, 10, 8)
    assert key(ladder, date(2026, 10, 12), date(2026, 10, 8)) == "3w"


def test_a_rung_after_the_date_is_told_once_it_is_past():
    follow_up, friday = DEFAULTS[OccasionKind.FOLLOW_UP], date(2026, 11, 27)

    days = [date(2026, 11, day) for day in (26, 27, 30)] + [date(2026, 12, 1)]
    assert [key(follow_up, friday, day) for day in days] == [None, "0d", "-3d", "-3d"]
    assert next_rung(follow_up, friday, friday, CALENDAR) == date(2026, 11, 30)


def test_superiors_hear_after_the_working_days_set_and_each_once():
    days = [TUESDAY + timedelta(days=step) for step in range(12)]

    told = {day: [due.key for due in escalations(CORRECTION, TUESDAY, day, day, CALENDAR)] for day in days}

    assert {day: keys for day, keys in told.items() if keys} == {
        date(2026, 12, 4): ["lead"],
        date(2026, 12, 8): ["leader"],
    }


def test_after_downtime_every_missed_escalation_is_told_beside_the_tightest_rung():
    today = date(2026, 12, 10)

    assert dues(CORRECTION, TUESDAY, date(2026, 11, 30), today, CALENDAR) == [
        Due("-9d", (*BOTH, "city"), True, today, 7),
        Due("lead", ("lead",), True, date(2026, 12, 4), 7),
        Due("leader", ("leader",), True, date(2026, 12, 8), 7),
    ]


def test_a_ladder_without_daily_asking_still_escalates():
    ladder = LadderTable("x", (Rung(1, roles=BOTH),), lead_after=2)

    assert next_rung(ladder, TUESDAY, TUESDAY, CALENDAR) == date(2026, 12, 3)
    assert [due.key for due in dues(ladder, TUESDAY, date(2026, 12, 3), date(2026, 12, 4), CALENDAR)] == ["lead"]


def test_a_ladder_that_is_off_tells_nothing():
    off = LadderTable("x", (Rung(1, roles=BOTH),), overdue=Overdue.DAILY, lead_after=1, active=False)

    assert first_rung(off, TUESDAY, CALENDAR) is None
    assert dues(off, TUESDAY, date(2026, 11, 1), date(2026, 12, 3), CALENDAR) == []


def test_every_kind_has_a_default():
    assert set(DEFAULTS) == {*DeadlineKind.values, *OccasionKind.values}
