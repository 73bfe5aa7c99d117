"""What if: a forecast with some firms settled, a round moved, another target, more newcomers. No numpy, no Django.

The stored distribution is changed firm by firm: without it as it was, with it as it is imagined. That is exact for
independent firms; what a round has in common stays as it was forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, comb

from pipeline.forecasting.pushing import others

MOST_STARTS = 200  # more newcomers than this are no plan
LEAST_SHARE = 0.05  # where fewer than one in twenty who begin still count, beginning is no plan either


@dataclass(frozen=True)
class Numbers:
    """A distribution: `masses[k]` is the probability of `first + k` firms."""

    first: float
    masses: tuple[float, ...]

    @property
    def expected(self) -> float:
        whole = sum(self.masses) or 1.0
        return self.first + sum(place * mass for place, mass in enumerate(self.masses)) / whole

    def point(self, share: float) -> float:
        """The smallest number that is not exceeded with at least this probability."""
        whole = sum(self.masses)
        reached = accumulate(self.masses)
        return self.first + next((k for k, mass in enumerate(reached) if mass >= share * whole), len(self.masses) - 1)

    def reaches(self, target: float) -> float:
        """The probability of the target or more."""
        need, whole = max(ceil(target - self.first), 0), sum(self.masses)
        return min(sum(self.masses[need:]) / whole, 1.0) if whole else 0.0


def changed(numbers: Numbers, changes: Iterable[tuple[float, float]]) -> Numbers:
    """The distribution with other probabilities: pairs of what a firm's was and what it is imagined to be."""
    masses: Sequence[float] = numbers.masses
    for before, after in changes:
        if abs(before - after) < 1e-9:
            continue
        rest = others(masses, before) if 0 < before < 1 else masses[1:] if before >= 1 else masses[:-1]
        masses = _with(rest, after)
    return Numbers(numbers.first, tuple(masses))


def joined(numbers: Numbers, newcomers: int, share: float) -> Numbers:
    """The distribution with so many more newcomers, each of whom counts with this probability."""
    coming = [comb(newcomers, k) * share**k * (1 - share) ** (newcomers - k) for k in range(newcomers + 1)]
    total = [0.0] * (len(numbers.masses) + newcomers)
    for place, mass in enumerate(numbers.masses):
        for more, chance in enumerate(coming):
            total[place + more] += mass * chance
    return Numbers(numbers.first, tuple(total))


def starts_needed(numbers: Numbers, target: float, share: float, *, wanted: float) -> int | None:
    """How many more must begin so that the target is met with the wanted probability; None where it is too late.

    `share` is the probability that one who begins by that day still counts.
    """
    if numbers.reaches(target) >= wanted:
        return 0
    if share < LEAST_SHARE or joined(numbers, MOST_STARTS, share).reaches(target) < wanted:
        return None
    low, high = 0, MOST_STARTS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if joined(numbers, middle, share).reaches(target) >= wanted else (middle, high)
    return high


def _with(rest: Sequence[float], chance: float) -> list[float]:
    """One more firm that counts with this probability."""
    found = [0.0] * (len(rest) + 1)
    for place, mass in enumerate(rest):
        found[place] += mass * (1 - chance)
        found[place + 1] += mass * chance
    return found
