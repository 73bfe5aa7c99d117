"""What one firm gives to each counter, day by day. Pure: titles and filings in, changes of numbers out.

The same definitions as `selectors.counts`, said the other way round: that module asks the whole database for one day,
this one asks one firm for all days. A test holds them against each other.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from pipeline.choices import Counter, Title

ONE = 1_000_000  # amounts are in millionths, so that decimals stay exact
VERIFIED, UNVERIFIED = "verified", "unverified"

Key = tuple[str, str, str, date]  # family, programme or indicator, region path, the day the number changes
Given = Tally[Key]


@dataclass(frozen=True)
class Held:
    """A title as the counters see it. `stays` are the places of its firm before: (until when, path), in order."""

    programme: str
    title: str
    granted_on: date
    valid_until: date | None
    ended_on: date | None
    evidenced: bool
    granted_at: str
    now_at: str
    stays: tuple[tuple[date, str], ...] = ()

    def place_on(self, day: date) -> str:
        """Where the title counts in the stock on a day, whether valid or not; empty where its firm had left."""
        return next((path for until, path in self.stays if until > day), self.now_at)

    def stands_on(self, day: date) -> bool:
        return self.granted_on <= day and (self.ended_on is None or self.ended_on > day)

    def valid_on(self, day: date) -> bool:
        return self.stands_on(day) and (self.valid_until is None or self.valid_until >= day)


def firm_gives(titles: Iterable[Held], filings: Iterable[tuple[str, str, date]]) -> Given:
    """The changes that one firm makes to every counter. `filings` are (programme, path, day), one per application and
    year; titles without evidence count nowhere, though they show that a later one is not the first."""
    given: Given = Tally()
    for programme, path, day in filings:
        given[(str(Counter.FILED), programme, path, day)] += ONE
    by_programme = sorted(titles, key=lambda title: (title.programme, title.granted_on))
    for programme, group in groupby(by_programme, key=lambda title: title.programme):
        own = list(group)
        for family, steps in _families(own):
            for path, day, amount in steps:
                given[(str(family), programme, path, day)] += amount
    return Tally({key: amount for key, amount in given.items() if amount})


Steps = Iterable[tuple[str, date, int]]


def _families(own: Sequence[Held]) -> Iterator[tuple[Counter, Steps]]:
    """Each family with the steps of one firm's titles of one programme, which come in order of their grant."""
    certificates = [title for title in own if title.title != Title.LIBRARY]
    counted = [title for title in certificates if title.evidenced]
    library = [title for title in own if title.title == Title.LIBRARY and title.evidenced]
    yield Counter.FIRST_TIME, _granted(title for title in counted if _is_first(title, certificates))
    yield Counter.CERTIFIED_IN_YEAR, _granted(_first_of_each_year(counted))
    yield Counter.IN_LIBRARY, _granted(_first_of_each_year(library))
    yield Counter.REGISTERED, _registered([title for title in counted if title.title == Title.REGISTRATION])
    yield Counter.STOCK, _stock(counted)


def _is_first(title: Held, among: Sequence[Held]) -> bool:
    return not any(other.title == title.title and other.granted_on < title.granted_on for other in among)


def _granted(titles: Iterable[Held]) -> Steps:
    return ((title.granted_at, title.granted_on, ONE) for title in titles)


def _first_of_each_year(titles: Sequence[Held]) -> Iterator[Held]:
    for _year, group in groupby(titles, key=lambda title: title.granted_on.year):
        yield next(group)


def _registered(numbers: Sequence[Held]) -> Steps:
    """A firm counts in a year while one of the numbers of that year stands, where the oldest standing one was given."""
    for year, group in groupby(numbers, key=lambda title: title.granted_on.year):
        own = list(group)
        days = {day for title in own for day in (title.granted_on, title.ended_on) if day and day.year == year}

        def place(day: date, own: Sequence[Held] = own) -> str:
            return next((title.granted_at for title in own if title.stands_on(day)), "")

        yield from _steps(days, place)


def _stock(titles: Sequence[Held]) -> Steps:
    """A firm counts while one of its titles is valid: where the newest of them counts that day."""
    days: set[date] = set()
    for title in titles:
        days |= {title.granted_on, *(until for until, _path in title.stays)}
        days |= {title.ended_on} if title.ended_on else set()
        days |= {date.fromordinal(title.valid_until.toordinal() + 1)} if title.valid_until else set()
    newest_first = titles[::-1]

    def place(day: date) -> str:
        return next((at for title in newest_first if title.valid_on(day) and (at := title.place_on(day))), "")

    return _steps(days, place)


def _steps(days: Iterable[date], place: Callable[[date], str]) -> Steps:
    """What changes on each of these days: one place less, another more."""
    before = ""
    for day in sorted(days):
        now = place(day)
        if now != before:
            yield from ((path, day, amount) for path, amount in ((before, -ONE), (now, ONE)) if path)
        before = now
