"""What a round has in common: a stricter panel, a late notice. Its spread is learned from earlier rounds.

On the logit scale an earlier round lies `(counted − expected) / variance` from the rates, known with a variance of
`1 / variance`. A spread explains what is left; a prior keeps few rounds from saying that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.forecasting.rates import Residue

if TYPE_CHECKING:
    from numpy import ndarray
    from numpy.random import Generator

SPREADS = 40
WIDEST = 2.0
PRIOR = 0.4  # of half a normal over the spread, in logits
LEVEL = 0.3  # how far the level itself may lie from the rates, before anything is seen


@dataclass(frozen=True)
class Shock:
    """What is known of the spread: weights over a grid, and for each the level's mean and deviation."""

    spreads: ndarray
    weights: ndarray
    level: ndarray
    level_sd: ndarray

    def draw(self, rng: Generator, number: int, rounds: int, extra: float = 0.0) -> ndarray:
        """`number` worlds × rounds: shifts in logits; `extra` widens them where the rules are new."""
        import numpy as np

        chosen = rng.choice(len(self.spreads), size=number, p=self.weights)
        common = rng.normal(self.level[chosen], np.hypot(self.level_sd[chosen], extra))
        return common[:, None] + rng.normal(size=(number, rounds)) * self.spreads[chosen][:, None]


def learn(residue: Residue) -> Shock:
    """The spread of earlier rounds, by its marginal likelihood on a grid."""
    import numpy as np

    spreads = np.linspace(0.02, WIDEST, SPREADS)
    useful = residue.variance > 0.05
    variance = residue.variance[useful]
    away = (residue.counted[useful] - residue.expected[useful]) / variance
    total = 1 / variance[None, :] + spreads[:, None] ** 2
    precision = (1 / total).sum(1) + 1 / LEVEL**2
    level = (away[None, :] / total).sum(1) / precision
    fits = -0.5 * (np.log(total) + (away[None, :] - level[:, None]) ** 2 / total).sum(1)
    log = fits - 0.5 * np.log(precision) - 0.5 * (level / LEVEL) ** 2 - 0.5 * (spreads / PRIOR) ** 2
    weights = np.exp(log - log.max())
    return Shock(spreads, weights / weights.sum(), level, precision**-0.5)
