"""Chinese working days: holidays and make-up working days. Pure; the bureau's own entries come in as `overrides`.

Counting starts on the working day after the event (our convention, DOMAIN §6.4). A year whose holiday notice is not
out yet has statutory holidays only, without the swapped days: dates that touch it are provisional (暂定).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays
from holidays.countries.china import ChinaStaticHolidays

WORKDAYS, DAYS = "workdays", "days"  # the two units of a term
ONE_DAY = timedelta(days=1)
SEARCH_LIMIT = 3000  # days; nothing here counts further than eight years


def months_after(start: date, months: int) -> date:
    """The same day some months later, or earlier where negative; the month's last day where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def iso_week(day: date) -> str:
    """2026-W47"""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


@lru_cache(maxsize=1)
def announced_year() -> int:
    """The last year whose State Council notice the library carries."""
    return max(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=64)
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year)


@lru_cache(maxsize=64)
def _names(year: int) -> Mapping[date, str]:
    return holidays.country_holidays("CN", years=year, language="zh_CN")


@dataclass(frozen=True)
class Pause:
    """Days that do not count: those after `stopped_on` up to and including `resumed_on`."""

    stopped_on: date
    resumed_on: date

    def __contains__(self, day: date) -> bool:
        return self.stopped_on < day <= self.resumed_on


@dataclass(frozen=True)
class WorkCalendar:
    """The working days as known now. `overrides` says of single days whether they are worked, `names` why."""

    overrides: Mapping[date, bool] = field(default_factory=dict)
    names: Mapping[date, str] = field(default_factory=dict)
    noticed_years: frozenset[int] = frozenset()  # years whose notice the bureau has entered itself

    def is_workday(self, day: date) -> bool:
        worked = self.overrides.get(day)
        return _year(day.year).is_working_day(day) if worked is None else worked

    def is_provisional(self, *days: date) -> bool:
        """True when one of the days lies in a year without a holiday notice."""
        return bool(self.unannounced(*days))

    def unannounced(self, *days: date) -> list[int]:
        """The years of these days whose holiday notice is not out yet."""
        years = sorted({day.year for day in days})
        return [year for year in years if year > announced_year() and year not in self.noticed_years]

    def holiday_name(self, day: date) -> str:
        """The name of the holiday in Chinese, empty for a day that is off because another day is worked instead."""
        if self.names.get(day):
            return self.names[day]
        name = _names(day.year).get(day, "").split("（")[0]
        return {"休息日": "", "农历除夕": "春节"}.get(name, name)

    def add(self, day: date, length: int) -> date:
        """The `length`-th working day after `day`; `day` itself when length is 0."""
        left, found = length, day
        for _step in range(SEARCH_LIMIT):
            if left <= 0:
                return found
            found += ONE_DAY
            left -= self.is_workday(found)
        raise ValueError(f"no {length} working days within {SEARCH_LIMIT} days of {day}")

    def end(self, start: date, length: int, unit: str = WORKDAYS, pauses: Iterable[Pause] = ()) -> date:
        """The last day of a term that begins the day after `start` and stands still during the pauses.

        A term stopped on its very last day was not missed: it ends on the day it is resumed.
        """
        held = sorted(pauses, key=lambda pause: pause.stopped_on)
        left, due = length, start
        for _step in range(SEARCH_LIMIT):
            if left <= 0:
                break
            due += ONE_DAY
            counts = unit == DAYS or self.is_workday(due)
            left -= counts and not any(due in pause for pause in held)
        else:
            raise ValueError(f"no {length} {unit} within {SEARCH_LIMIT} days of {start}")
        for pause in held:
            due = pause.resumed_on if pause.stopped_on == due else due
        return due

    def used(self, start: date, until: date, unit: str = WORKDAYS, pauses: Iterable[Pause] = ()) -> int:
        """How many days of a term have been used up to and including `until`, without those of the pauses."""
        held, days = list(pauses), (start + ONE_DAY * step for step in range(1, (until - start).days + 1))
        return sum((unit == DAYS or self.is_workday(day)) and not any(day in pause for pause in held) for day in days)

    def on_or_before(self, day: date) -> date:
        """The day itself when it is worked, else the working day before."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def back(self, day: date, length: int) -> date:
        """The `length`-th working day before `day`; `day` itself when length is 0."""
        for _step in range(length):
            day = self.on_or_before(day - ONE_DAY)
        return day

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

    def made_up(self, start: date, end: date) -> list[date]:
        """The weekend days between that are worked (调休)."""
        days = (start + ONE_DAY * step for step in range(1, (end - start).days + 1))
        return [day for day in days if day.weekday() >= 5 and self.is_workday(day)]

    def holidays_between(self, start: date, end: date) -> list[tuple[list[str], date, date]]:
        """The runs of days off between that hold more than a weekend: their names, first and last day."""
        runs: list[list[date]] = []
        for step in range(1, (end - start).days + 1):
            day = start + ONE_DAY * step
            if self.is_workday(day):
                continue
            if runs and runs[-1][-1] == day - ONE_DAY:
                runs[-1].append(day)
            else:
                runs.append([day])
        return [(self._names_of(run), run[0], run[-1]) for run in runs if any(day.weekday() < 5 for day in run)]

    def _names_of(self, run: list[date]) -> list[str]:
        return list(dict.fromkeys(name for day in run if (name := self.holiday_name(day))))
