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
    """Who was open on a day: places in the history, stages, classes of age, rounds, and outcomes by a later day."""

    cases: ndarray
    stages: ndarray
    ages: ndarray
    rounds: ndarray
    outcomes: ndarray

    def __len__(self) -> int:
        return len(self.cases)


@dataclass(frozen=True)
class History:
    """All applications of one programme, one row each; the stays of all in one line, in the order of the rows."""

    keys: ndarray
    opened: ndarray
    counted: ndarray
    lost: ndarray
    rounds: ndarray
    stay_case: ndarray
    stay_stage: ndarray
    stay_from: ndarray

    @classmethod
    def of(cls, cases: Iterable[Case]) -> History:
        import numpy as np

        rows = list(cases)
        keys, opened, stays, *ends = zip(*rows, strict=True) if rows else ((),) * 6
        counted, lost, rounds = (np.array(column, dtype=np.int64) for column in ends)
        flat = np.array([stay for own in stays for stay in own], dtype=np.int64).reshape(-1, 2)
        of_case = np.repeat(np.arange(len(keys)), [len(own) for own in stays])
        first = np.array(keys, dtype=np.int64), np.array(opened, dtype=np.int64)
        return cls(*first, counted, lost, rounds, of_case, flat[:, 0].copy(), flat[:, 1].copy())

    def __len__(self) -> int:
        return len(self.keys)

    def standing(self, day: int, until: int) -> Standing:
        """Everybody open at the end of `day`, with what became of them by `until`."""
        import numpy as np

        reached = self.stay_from <= day
        stage, since = np.full(len(self), -1), np.zeros(len(self), dtype=np.int64)
        stage[self.stay_case[reached]] = self.stay_stage[reached]  # of several the last one holds
        since[self.stay_case[reached]] = self.stay_from[reached]
        alive = (stage >= 0) & (self.counted > day) & (self.lost > day)
        cases = np.flatnonzero(alive)
        ages = np.digitize((day - since[cases]) / WEEK, AGES)
        ends = np.where(self.counted <= until, COUNTED, np.where(self.lost <= until, LOST, OPEN))
        return Standing(cases, stage[cases], ages, self.rounds[cases], ends[cases])

    def starts(self, first: int, day: int, here: ndarray | None = None) -> int:
        """How many were opened from `first` to `day`."""
        began = (self.opened >= first) & (self.opened <= day)
        return int(began.sum() if here is None else began[here].sum())

    def newcomers(self, day: int, until: int, here: ndarray | None = None) -> int:
        """How many were opened after `day` and counted by `until`; `here` names the places that are asked for."""
        came = (self.opened > day) & (self.counted <= until)
        return int(came.sum() if here is None else came[here].sum())
