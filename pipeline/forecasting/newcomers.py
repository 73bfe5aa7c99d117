"""Who is not there yet: applications opened later this year that still count in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.forecasting.history import WEEK, History, YearSpan

if TYPE_CHECKING:
    from numpy import ndarray
    from numpy.random import Generator

MEANS = 60
SIZES = 16
STEP = 4 * WEEK
CAUTION = 8  # starts that are added on both sides, so that few of them say little of the year


def liveliness(starts: int, before: Sequence[int]) -> float:
    """How this year's starts so far compare with those of earlier years by the same day; 1 where they are alike."""
    usual = sum(before) / len(before)
    return (starts + CAUTION) / (usual + CAUTION)


def starts(history: History, past: Sequence[YearSpan], now: YearSpan, day: int) -> tuple[tuple[int, float], ...]:
    """How many working days ahead, in steps of four weeks, and the share of those begun just before who counted.

    Who begins later has no better chance: the shares never rise. One half in a hundred stands for what was never seen.
    """
    found: list[tuple[int, float]] = []
    for ahead in range(day + STEP, now.last + 1, STEP):
        begun = counted = 0
        for span in past:
            last = span.aligned(ahead, now)
            came = (history.opened > last - STEP) & (history.opened <= last)
            begun += int(came.sum())
            counted += int((came & (history.counted <= span.last)).sum())
        share = (counted + 0.005) / (begun + 1)
        found.append((ahead - day, round(min(share, found[-1][1]) if found else share, 4)))
    return tuple(found)


def draw(rng: Generator, seen: Sequence[int], weights: Sequence[float], number: int, tilt: ndarray) -> ndarray:
    """Numbers of newcomers in `number` worlds, from those of earlier years; `tilt` multiplies each world's mean.

    Negative binomial: years differ by more than chance. Mean and size are drawn from what the years leave possible.
    """
    import numpy as np

    past, weight = np.array(seen), np.array(weights)
    means = np.geomspace(0.05, max(4.0, 4.0 * float(past.max())), MEANS)
    sizes = np.geomspace(1.0, 60.0, SIZES)
    mean, size = (grid.ravel() for grid in np.meshgrid(means, sizes))
    fits = _log_chances(past[None, :], size[:, None], mean[:, None]) @ weight
    chance = np.exp(fits - fits.max())
    chosen = rng.choice(len(mean), size=number, p=chance / chance.sum())
    tilted = mean[chosen] * tilt
    return rng.negative_binomial(size[chosen], size[chosen] / (size[chosen] + tilted))


def _log_chances(seen: ndarray, size: ndarray, mean: ndarray) -> ndarray:
    """Logarithms of the negative binomial's probabilities; scipy.stats would cost a worker 50 MB."""
    import numpy as np
    from scipy.special import gammaln

    ways = gammaln(seen + size) - gammaln(size) - gammaln(seen + 1)
    return ways + size * np.log(size / (size + mean)) + seen * np.log(mean / (size + mean))
