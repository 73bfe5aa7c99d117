"""Measures: the quantities that conditions speak of. `shift` counts years from the data year, -1 is the year before."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.policy.texts import Label
from pipeline.rules import Number


@dataclass(frozen=True)
class Fact:
    """A stated figure; one that belongs to no year ignores the shift."""

    code: str


@dataclass(frozen=True)
class Total:
    """The sum over the last `years` years, or their mean; years before the firm was registered do not count."""

    of: Measure
    years: int
    is_mean: bool = False


@dataclass(frozen=True)
class Plus:
    terms: tuple[Measure, ...]


@dataclass(frozen=True)
class Minus:
    left: Measure
    right: Measure


@dataclass(frozen=True)
class Ratio:
    top: Measure
    bottom: Measure
    when_zero: Number | None = None


@dataclass(frozen=True)
class Allowable:
    """A total of which one part counts only in share, and another only up to a share of what is counted."""

    total: Measure
    discounted: Measure
    share: Number
    capped: Measure
    cap: Number


@dataclass(frozen=True)
class Growth:
    """Yearly growth over `intervals` years. `method` compound, mean or lowest; see pipeline.rules.growth.

    With `shortens` a young firm's growth is counted over the years it has, and zero bases as 195号 says.
    """

    of: Measure
    intervals: int
    method: str
    shortens: bool = False


@dataclass(frozen=True)
class Registered:
    """Time since registration: `days`, `full_years`, complete `fiscal_years`, or the `year` itself."""

    what: str


@dataclass(frozen=True)
class Points:
    """The score, or one part of it."""

    part: str | None = None


Body = Fact | Total | Plus | Minus | Ratio | Allowable | Growth | Registered | Points


@dataclass(frozen=True)
class Measure:
    name: str
    label: Label = field(compare=False)
    unit: str
    body: Body
    shift: int = 0
