"""Points by band: each band begins at its lower end and runs up to the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.rules.ranges import Number, Range, hull


@dataclass(frozen=True)
class Band:
    """The points from `lower` upwards. `points` is a range where the band leaves a choice to experts."""

    lower: Number
    points: Range
    lower_included: bool = True
    is_open: bool = False  # the text does not say how many points; `points` is our bound

    def begins_below(self, value: Number | None) -> bool:
        """True when the value lies in this band or in a higher one; None is a value without limit above."""
        return value is None or (value >= self.lower if self.lower_included else value > self.lower)


def possible_bands(value: Range, bands: Iterable[Band]) -> list[Band | None]:
    """The bands that a value may fall into, best first; None among them when it may lie below all. Bands best first."""
    found: list[Band | None] = []
    for band in bands:
        if band.begins_below(value.high):
            found.append(band)
            if value.low is not None and band.begins_below(value.low):
                return found
    return [*found, None]


def points_in(value: Range, bands: Iterable[Band], otherwise: Range) -> Range:
    """The points that the value may give; `otherwise` below every band."""
    found = [otherwise if band is None else band.points for band in possible_bands(value, bands)]
    return found[0] if len(found) == 1 else hull(found)
