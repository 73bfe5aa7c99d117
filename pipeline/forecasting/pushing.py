"""What one more firm does for a target, and how much of that a push can reach. Plain numbers; no numpy, no Django.

The order of the list is gain × urgency × closability:

* gain: by how much the probability of meeting the target rises if this firm is brought one step further now,
* urgency: near 1 in the last days in which something can still be done, falling with the days that are left,
* closability: how much of what the firm lacks can be closed at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEAR_WORKDAYS = 5  # within so many working days of the last responsible day a push is most urgent
CALM_WORKDAYS = 20  # by so many more its urgency has halved
MISSED = 0.3  # the usual pace no longer reaches the day: only an exception would
NO_DAY = 0.5  # nothing has a date
# Even where a target is safe or out of reach, what adds most to the count comes first; this never outweighs a gain.
COUNT_WEIGHT = 0.01


@dataclass(frozen=True)
class Gain:
    """`probability` of meeting the target more, and `count` expected firms more, if the push succeeds."""

    probability: float
    count: float

    @property
    def value(self) -> float:
        return self.probability + COUNT_WEIGHT * self.count


def others(masses: Sequence[float], chance: float) -> list[float]:
    """The distribution of the number without one firm, whose probability is `chance`, out of the one with it.

    The inverse of adding a yes-or-no; walked from the side from which rounding dies out. Exact for independent firms,
    an approximation where a round's firms share a shock.
    """
    size = len(masses) - 1
    found = [0.0] * max(size, 1)
    if chance <= 0.5:
        before = 0.0
        for number in range(size):
            before = found[number] = max((masses[number] - chance * before) / (1 - chance), 0.0)
    else:
        after = 0.0
        for number in range(size - 1, -1, -1):
            after = found[number] = max((masses[number + 1] - (1 - chance) * after) / chance, 0.0)
    return found


def gain_of(masses: Sequence[float], need: float, chance: float, pushed: float) -> Gain:
    """What a push gives: `need` is how many are missing from the number that `masses[0]` stands for."""
    more = pushed - chance
    if more <= 0:
        return Gain(0.0, 0.0)
    last = _whole(need) - 1  # with so many others, this firm is the one that meets the target
    rest = others(masses, chance) if 0 < chance < 1 else list(masses)
    tips = rest[last] if 0 <= last < len(rest) else 0.0
    return Gain(more * tips, more)


def urgency(workdays: int | None) -> float:
    """1 in the last five working days, half of it twenty later; less again once the day has passed."""
    if workdays is None:
        return NO_DAY
    if workdays < 0:
        return MISSED
    return 1 / (1 + max(workdays - NEAR_WORKDAYS, 0) / CALM_WORKDAYS)


def _whole(number: float) -> int:
    """The smallest whole number that is not below."""
    return -int(-number // 1)
