"""Our own history for the forecast: every application of a programme with its stages and how it ended, as arrays.

Times are numbers of working days (pipeline.forecasting). Moves that were taken back are left out. A history reaches
back YEARS years; one that is asked as of an earlier day knows nothing of what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm.models import Region
from pipeline.choices import Counter
from pipeline.forecasting import FAR, History, YearSpan
from pipeline.forecasting.history import beginnings
from pipeline.models import Indicator, Recognition, Round
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.courses import NEVER, SUBMIT, Courses, courses
from pipeline.workflows import PROGRAMMES

if TYPE_CHECKING:
    from numpy import ndarray

YEARS = 6
MANY_DAYS = 2**22  # more than any ordinal, so that a firm and a day fit into one number


@dataclass(frozen=True)
class Days:
    """The working days from a first day on, each day with its number; a day off has that of the working day before."""

    first: date
    numbers: ndarray

    def of(self, day: date) -> int:
        """The number of a day; one outside counts as the nearest known."""
        return int(self.of_all(day.toordinal()))

    def of_all(self, days: ndarray | int) -> ndarray:
        """The numbers of many days, given as ordinals; FAR for one that never came."""
        import numpy as np

        places = np.clip(np.subtract(days, self.first.toordinal()), 0, len(self.numbers) - 1)
        return np.where(np.equal(days, NEVER), FAR, self.numbers[places])


@dataclass(frozen=True)
class Titles:
    """The titles of one kind by firm and day, a column each; days are ordinals.

    `longest` is until when the longest lasting of a firm's titles up to this one is valid. `applications` are those
    that led to a title, in order, and `firsts` the day of its first.
    """

    firms: ndarray
    granted: ndarray
    longest: ndarray
    applications: ndarray
    firsts: ndarray

    def firsts_of(self, applications: ndarray) -> ndarray:
        """When each application led to the title first; NEVER where it did not."""
        import numpy as np

        if not len(self.applications):
            return np.full(len(applications), NEVER, dtype=np.int32)
        places = np.searchsorted(self.applications, applications).clip(max=len(self.applications) - 1)
        return np.where(self.applications[places] == applications, self.firsts[places], NEVER)

    def valid_until(self, firms: ndarray, days: ndarray) -> ndarray:
        """Until when a title is valid that these firms got before these days; 0 where they had none."""
        import numpy as np

        known = self.firms * MANY_DAYS + self.granted
        first = np.searchsorted(known, firms * MANY_DAYS)
        before = np.searchsorted(known, firms * MANY_DAYS + days)
        return np.where(before > first, np.append(self.longest, 0)[before - 1], 0)


@dataclass(frozen=True)
class Shelf:
    """Everything known of one programme on a day. `places` are the courses' regions, as places in `paths`."""

    programme: str
    days: Days
    courses: Courses
    places: ndarray
    paths: tuple[str, ...]
    batches: ndarray
    titles: dict[str, Titles]
    rounds: tuple[tuple[str, int, int, date], ...]  # region path, year, batch, last day

    def spans(self, path: str, year: int) -> tuple[YearSpan, tuple[YearSpan, ...]]:
        """A year and those before it, with the rounds that firms of a region file in; above cities, of one."""
        found = [self._span(path, one) for one in range(year - YEARS, year + 1)]
        return found[-1], tuple(found[:-1])

    def _span(self, path: str, year: int) -> YearSpan:
        own = {batch: last for above, of, batch, last in self.rounds if of == year and path.startswith(above)}
        below = {batch: last for under, of, batch, last in self.rounds if of == year and under.startswith(path)}
        first, last = date(year, 1, 1), cut_off(year)
        days = tuple(self.days.of(day) for _batch, day in sorted((own or below).items()) if first <= day <= last)
        return YearSpan(year, self.days.of(first), self.days.of(last), days)

    def inside(self, path: str) -> ndarray:
        """The numbers of the places in a region."""
        import numpy as np

        return np.flatnonzero([own.startswith(path) for own in self.paths])

    def rows(self, indicator: Indicator, year: int, inside: ndarray) -> ndarray:
        """True for the courses at some places that an indicator can count.

        First-time titles leave out firms that held it before; the stock those whose older title lasts anyway.
        """
        import numpy as np

        wanted = np.isin(self.places, inside)
        titles = self.titles.get(outcome_of(indicator))
        if titles is not None and indicator.counter in {Counter.FIRST_TIME, Counter.STOCK, Counter.NET_GROWTH}:
            until = titles.valid_until(self.courses.firms, self.courses.opened)
            if indicator.counter == Counter.FIRST_TIME:
                wanted &= until == 0
            else:
                wanted &= until < _cut_offs(titles.firsts_of(self.courses.keys), year)
        return wanted

    def history(self, indicator: Indicator, rows: ndarray) -> History:
        """Those courses as the forecast reads them: when they counted, by this indicator."""
        import numpy as np

        own, of_moves = self.courses, np.repeat(rows, self.courses.moves)
        titles = self.titles.get(outcome_of(indicator))
        counted = own.filed if titles is None else titles.firsts_of(own.keys)
        return History(
            keys=own.keys[rows],
            opened=self.days.of_all(own.opened[rows]),
            counted=self.days.of_all(counted[rows]),
            lost=self.days.of_all(own.lost[rows]),
            rounds=self.batches[rows],
            places=self.places[rows],
            begins=beginnings(own.moves[rows]),
            stay_stage=own.stages[of_moves],
            stay_from=self.days.of_all(own.days[of_moves]),
        )


def cut_off(year: int) -> date:
    """The last day that counts for a year."""
    return date(year, 12, 31)


def outcome_of(indicator: Indicator) -> str:
    """What must happen to an application so that it counts: a title, or the filing."""
    if indicator.counter == Counter.FILED:
        return SUBMIT
    titles = PROGRAMMES[indicator.programme].titles
    return titles[0] if indicator.counter == Counter.IN_LIBRARY else titles[-1]


def shelf(programme: str, as_of: date) -> Shelf:
    """The history of a programme up to a day. Seven statements, and some for what changed since it was kept."""
    import numpy as np

    first = date(as_of.year - YEARS, 1, 1)
    rounds = list(
        Round.objects.filter(programme=programme).values_list("pk", "region_path", "year", "batch", "last_on")
    )
    known = known_on(courses(programme), first, as_of)
    regions, places = np.unique(known.regions, return_inverse=True)
    paths = dict(Region.objects.filter(pk__in=regions.tolist()).values_list("pk", "path"))
    return Shelf(
        programme=programme,
        days=_days(first, cut_off(as_of.year)),
        courses=known,
        places=places.astype(np.int32),
        paths=tuple(paths[region] for region in regions.tolist()),
        batches=_batches(known.rounds, {pk: batch for pk, _path, _year, batch, _last in rounds}),
        titles={title: _titles(programme, title, as_of) for title in PROGRAMMES[programme].titles},
        rounds=tuple(
            (path, year, batch, last) for _pk, path, year, batch, last in sorted(rounds, key=lambda row: row[2:4])
        ),
    )


def known_on(known: Courses, first: date, as_of: date) -> Courses:
    """The courses opened since a first day, without the moves into an end and all that came after a day."""
    import numpy as np

    day = as_of.toordinal()
    known = known.chosen((known.opened >= first.toordinal()) & (known.opened <= day))
    stays = (known.stages >= 0) & (known.days <= day)
    ends = beginnings(stays)[known.begins]
    filed, lost = (np.where(column <= day, column, NEVER) for column in (known.filed, known.lost))
    return replace(
        known, filed=filed, lost=lost, moves=np.diff(ends), stages=known.stages[stays], days=known.days[stays]
    )


def _cut_offs(days: ndarray, year: int) -> ndarray:
    """The cut-off of the year of each day, as ordinals; that of `year` for what never came."""
    import numpy as np

    ends = np.array([cut_off(one).toordinal() for one in range(year - 2 * YEARS, year + 1)])
    days = np.where(days == NEVER, cut_off(year).toordinal(), days)
    return ends[np.searchsorted(ends, days).clip(max=len(ends) - 1)]


def _batches(rounds: ndarray, batches: dict[int, int]) -> ndarray:
    """The batch of each round; 0 where there is none."""
    import numpy as np

    different, which = np.unique(rounds, return_inverse=True)
    return np.array([batches.get(one, 0) for one in different.tolist()], dtype=np.int32)[which]


def _days(first: date, last: date) -> Days:
    import numpy as np

    calendar = work_calendar()
    worked = [calendar.is_workday(first + timedelta(days=step)) for step in range((last - first).days + 1)]
    return Days(first, np.cumsum(worked, dtype=np.int32))


def _titles(programme: str, title: str, as_of: date) -> Titles:
    import numpy as np

    kinds = [("firm", "i8"), ("application", "i8"), ("granted", "i4"), ("until", "i4")]
    rows = np.fromiter(_granted(programme, title, as_of), dtype=kinds)
    rows = rows[np.lexsort((rows["granted"], rows["firm"]))]
    # Valid the longest up to here, firm by firm: a later firm's number outweighs any day.
    firm = np.cumsum(np.diff(rows["firm"], prepend=0) != 0, dtype=np.int64) * MANY_DAYS
    longest = np.maximum.accumulate(firm + rows["until"]) - firm
    own = rows[rows["application"] > 0]
    own = own[np.lexsort((own["granted"], own["application"]))]
    applications, first = np.unique(own["application"], return_index=True)
    return Titles(rows["firm"], rows["granted"], longest, applications, own["granted"][first])


def _granted(programme: str, title: str, as_of: date) -> Iterator[tuple[int, int, int, int]]:
    """(firm, application or 0, granted on, valid until). One statement, streamed."""
    rows = Recognition.objects.filter(programme=programme, title=title, granted_on__lte=as_of).order_by()
    columns = rows.values_list("firm_id", "application_id", "granted_on", "valid_until")
    for firm, application, granted, until in columns.iterator(chunk_size=5000):
        yield firm, application or 0, granted.toordinal(), until.toordinal() if until else NEVER
