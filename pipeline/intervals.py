"""What small numbers allow to be said: the interval of a share, and how long stays last while some go on. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt

NINETY = 1.6448536269514722  # the normal quantile of a two-sided 90 % interval


def wilson(hits: int, number: int, *, z: float = NINETY) -> tuple[float, float] | None:
    """The Wilson interval of `hits` out of `number`, 0–1; None where there is nothing to divide by."""
    if not number:
        return None
    share, square = hits / number, z * z
    middle = share + square / (2 * number)
    reach = z * sqrt(share * (1 - share) / number + square / (4 * number * number))
    scale = 1 + square / number
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass
class Lengths:
    """Lengths of stays: of those that ended, and of those that still go on (censored), each with how many."""

    ended: Counter[int] = field(default_factory=Counter)
    going_on: Counter[int] = field(default_factory=Counter)

    def add(self, days: int, number: int, *, ended: bool) -> None:
        (self.ended if ended else self.going_on)[days] += number

    def quantile(self, share: float) -> int | None:
        """The smallest length by which `share` of the stays have ended; None while too few of them have.

        Kaplan–Meier: a stay that still goes on counts among those at risk until its present length, so that neither
        leaving it out nor taking it for ended makes the stage look faster than it is.
        """
        at_risk = self.ended.total() + self.going_on.total()
        staying = 1.0
        for days in sorted({*self.ended, *self.going_on}):
            if at_risk and self.ended[days]:
                staying *= 1 - self.ended[days] / at_risk
            if self.ended[days] and staying <= 1 - share + 1e-9:
                return days
            at_risk -= self.ended[days] + self.going_on[days]
        return None
