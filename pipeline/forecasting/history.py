"""What happened so far, as arrays: each application's stages and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy import ndarray

FAR = 10**9  # a working day that never comes
WEEK = 5
YEAR = 250
AGES = (2, 4, 8, 16, 32)  # weeks in the stage at which another class of age begins
OPEN, COUNTED, LOST = 0, 1, 2


class Case(NamedTuple):
    """One application. `stays` are (stage, working day it was reached) in order; `counted` and `lost` may be FAR."""

    key: int
    opened: int
    stays: tuple[tuple[int, int], ...]
    counted: int = FAR
    lost: int = FAR
    round: int = 0  # the batch it files in, 0 where none is known
    place: int = 0  # the number of its region


@dataclass(frozen=True)
class YearSpan:
    """A year in working days: its first, the last that counts, and the last days of its rounds in order."""

    year: int
    first: int
    last: int
    rounds: tuple[int, ...] = ()

    def aligned(self, day: int, other: YearSpan) -> int:
        """The day of this year that lies between the same rounds as `day` does in another year."""
        import numpy as np

        known = min(len(self.rounds), len(other.rounds))
        here = np.maximum.accumulate([self.first, *self.rounds[:known], self.last])
        there = np.maximum.accumulate([other.first, *other.rounds[:known], other.last])
        return round(float(np.interp(day, there, here)))


@dataclass(frozen=True)
class Standing:
    """Who was open on a day: rows of the history, stages, classes of age, rounds, and outcomes by a later day."""

    cases: ndarray
    stages: ndarray
    ages: ndarray
    rounds: ndarray
    outcomes: ndarray

    def __len__(self) -> int:
        return len(self.cases)


@dataclass(frozen=True)
class History:
    """All applications of one programme, one row each. The stays of row n lie from `begins[n]` to `begins[n + 1]`."""

    keys: ndarray
    opened: ndarray
    counted: ndarray
    lost: ndarray
    rounds: ndarray
    places: ndarray
    begins: ndarray
    stay_stage: ndarray
    stay_from: ndarray

    @classmethod
    def of(cls, cases: Iterable[Case]) -> History:
        import numpy as np

        rows = list(cases)
        keys, opened, stays, *ends = zip(*rows, strict=True) if rows else ((),) * 7
        counted, lost, rounds, places = (np.array(column, dtype=np.int64) for column in ends)
        flat = np.array([stay for own in stays for stay in own], dtype=np.int64).reshape(-1, 2)
        first = np.array(keys, dtype=np.int64), np.array(opened, dtype=np.int64)
        begins = beginnings(np.array([len(own) for own in stays], dtype=np.int64))
        return cls(*first, counted, lost, rounds, places, begins, flat[:, 0].copy(), flat[:, 1].copy())

    def __len__(self) -> int:
        return len(self.keys)

    def standing(self, day: int, until: int) -> Standing:
        """Everybody open at the end of `day`, with what became of them by `until`."""
        import numpy as np

        alive = np.flatnonzero((self.opened <= day) & (self.counted > day) & (self.lost > day))
        last = self._last_stays(alive, day)
        cases, last = alive[last >= 0], last[last >= 0]
        ages = np.digitize((day - self.stay_from[last]) / WEEK, AGES)
        counted, lost = self.counted[cases], self.lost[cases]
        ends = np.where(counted <= until, COUNTED, np.where(lost <= until, LOST, OPEN))
        return Standing(cases, self.stay_stage[last], ages, self.rounds[cases], ends)

    def _last_stays(self, cases: ndarray, day: int) -> ndarray:
        """For each case the last of its stays, in their order, that began by a day; -1 where none had."""
        import numpy as np

        first, number = self.begins[cases], np.diff(self.begins)[cases]
        found = np.full(len(cases), -1, dtype=np.int64)
        for step in range(number.max(initial=0)):
            going = np.flatnonzero(number > step)
            at = first[going] + step
            begun = self.stay_from[at] <= day
            found[going[begun]] = at[begun]
        return found

    def started(self, first: int, day: int) -> ndarray:
        """How many were opened from `first` to `day`, by place."""
        return self._by_place((self.opened >= first) & (self.opened <= day))

    def newcomers(self, day: int, until: int) -> ndarray:
        """How many were opened after `day` and counted by `until`, by place."""
        return self._by_place((self.opened > day) & (self.counted <= until))

    def _by_place(self, chosen: ndarray) -> ndarray:
        import numpy as np

        return np.bincount(self.places[chosen], minlength=int(self.places.max(initial=0)) + 1)


def beginnings(numbers: ndarray) -> ndarray:
    """Where the parts of a line begin that are so long, and where the last one ends."""
    import numpy as np

    return np.concatenate(([0], np.cumsum(numbers)))
