"""Chinese working days: holidays and make-up working days. Pure; the bureau's own entries come in as `overrides`.

Counting starts on the working day after the event (our convention, DOMAIN §6.4). A year whose holiday notice is not
out yet has statutory holidays only, without the swapped days: dates that touch it are provisional (暂定).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays
from holidays.countries.china import ChinaStaticHolidays

ONE_DAY = timedelta(days=1)
SEARCH_LIMIT = 3000  # days; nothing here counts further than eight years


def months_after(start: date, months: int) -> date:
    """The same day some months later, or earlier where negative; the month's last day where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=1)
def announced_year() -> int:
    """The last year whose State Council notice the library carries."""
    return max(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=64)
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year)


@dataclass(frozen=True)
class WorkCalendar:
    """The working days as known now. `overrides` says of single days whether they are worked."""

    overrides: Mapping[date, bool] = field(default_factory=dict)
    noticed_years: frozenset[int] = frozenset()  # years whose notice the bureau has entered itself

    def is_workday(self, day: date) -> bool:
        worked = self.overrides.get(day)
        return _year(day.year).is_working_day(day) if worked is None else worked

    def is_provisional(self, *days: date) -> bool:
        """True when one of the days lies in a year without a holiday notice."""
        return any(day.year > announced_year() and day.year not in self.noticed_years for day in days)

    def add(self, day: date, length: int) -> date:
        """The `length`-th working day after `day`; `day` itself when length is 0."""
        left, found = length, day
        for _step in range(SEARCH_LIMIT):
            if left <= 0:
                return found
            found += ONE_DAY
            left -= self.is_workday(found)
        raise ValueError(f"no {length} working days within {SEARCH_LIMIT} days of {day}")

    def on_or_after(self, day: date) -> date:
        """The day itself when it is worked, else the next working day."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def left(self, today: date, due: date) -> int:
        """Working days that remain: those after `today` up to and including `due`; negative once `due` has passed."""
        if due < today:
            return -sum(self.is_workday(due + ONE_DAY * step) for step in range(1, (today - due).days + 1))
        return sum(self.is_workday(today + ONE_DAY * step) for step in range(1, (due - today).days + 1))

    def skipped(self, start: date, end: date) -> list[date]:
        """The days between that are not worked although they are weekdays: the ones a person asks about."""
        days = (start + ONE_DAY * step for step in range(1, (end - start).days + 1))
        return [day for day in days if day.weekday() < 5 and not self.is_workday(day)]
