from datetime import date, timedelta

import chinese_calendar
import pytest

from pipeline.workdays import WorkCalendar, announced_year

PLAIN = WorkCalendar()


def test_the_worked_example_over_national_day():
    assert PLAIN.add(date(2025, 9, 24), 10) == date(2025, 10, 14)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 10, 1), False),
        (date(2025, 10, 8), False),
        (date(2025, 9, 28), True),
        (date(2025, 10, 11), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 16), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
    ],
)
def test_holidays_and_make_up_days(day, worked):
    assert PLAIN.is_workday(day) is worked


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025, 2026])
def test_every_announced_day_agrees_with_an_independent_calendar(year):
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]

    assert [PLAIN.is_workday(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


def test_counting_begins_on_the_next_working_day():
    friday = date(2026, 11, 20)

    assert PLAIN.add(friday, 1) == date(2026, 11, 23)
    assert PLAIN.add(friday, 0) == friday


@pytest.mark.parametrize(
    ("due", "left"),
    [(date(2026, 11, 27), 4), (date(2026, 11, 23), 0), (date(2026, 11, 20), -1), (date(2026, 11, 22), -1)],
)
def test_working_days_left(due, left):
    assert PLAIN.left(date(2026, 11, 23), due) == left


def test_the_bureaus_own_entry_wins():
    calendar = WorkCalendar(overrides={date(2026, 11, 24): False})

    assert calendar.add(date(2026, 11, 23), 1) == date(2026, 11, 25)
    assert calendar.skipped(date(2026, 11, 23), date(2026, 11, 25)) == [date(2026, 11, 24)]


def test_a_year_without_a_notice_is_provisional_until_it_is_entered():
    next_year = date(announced_year() + 1, 3, 1)

    assert PLAIN.is_provisional(next_year)
    assert not PLAIN.is_provisional(date(announced_year(), 12, 31))
    assert not WorkCalendar(noticed_years=frozenset({next_year.year})).is_provisional(next_year)
