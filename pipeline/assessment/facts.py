"""The facts of one firm, ready to be judged: exact numbers, each with its basis (口径) and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from crm.fact_codes import FLAG_PREFIX, NO_YEAR
from pipeline.policy.tables import EXPERT_SCORES, FIGURES, FLAGS, IP_PREFIX, PRECEDENCE, expert_code
from pipeline.rules import Number, exact


class Figure(NamedTuple):
    """One stated number. An empty basis means the one that the criterion asks for; an empty source, the firm's own."""

    value: Number
    basis: str = ""
    source: str = ""


class Claim(NamedTuple):
    """One stated yes or no."""

    value: bool
    source: str = ""


FactRow = tuple[int, str, str, str, Decimal]  # year (NO_YEAR where there is none), code, basis, source, value
Key = tuple[str, int]  # the code of a figure and its year, NO_YEAR where it belongs to none


@dataclass(frozen=True)
class Holding:
    """A credential that the firm holds; what is not stated of it is None."""

    kind: str
    valid_until: date | None = None
    on: date | None = None
    rank: int | None = None
    level: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is stated of a firm. What is not here is unknown, never zero; only a credential not listed is not held."""

    figures: Mapping[Key, tuple[Figure, ...]] = field(default_factory=dict)
    flags: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    expert: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    registered_on: date | None = None
    industry: str = ""

    def with_figures(self, values: Mapping[Key, Number]) -> Facts:
        """The same firm with other figures: each replaces whatever was stated for its code and year."""
        figures = {**self.figures, **{key: (Figure(value),) for key, value in values.items()}}
        return Facts(figures, self.flags, self.holdings, self.expert, self.registered_on, self.industry)


def facts_from_rows(
    rows: Iterable[FactRow], *, holdings: Iterable[Holding] = (), registered_on: date | None = None, industry: str = ""
) -> Facts:
    """The facts that a firm's rows state: year, code, basis, source and value, as the table of facts holds them."""
    figures: dict[Key, tuple[Figure, ...]] = {}
    flags: dict[str, tuple[Claim, ...]] = {}
    points: dict[str, dict[str, int]] = {}
    for year, code, basis, source, value in rows:
        if code in FIGURES:
            figures[(code, year)] = (*figures.get((code, year), ()), Figure(exact(value), basis, source))
        elif code in FLAGS or code.startswith(FLAG_PREFIX):
            name = code.removeprefix(FLAG_PREFIX)
            flags[name] = (*flags.get(name, ()), Claim(value != 0, source))
        else:
            points.setdefault(code, {})[source] = int(value)
    return Facts(figures, flags, tuple(holdings), _expert(points), registered_on, industry)


def _expert(points: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """What experts said beforehand, where one source states both ends of the range."""
    found = {}
    for name in EXPERT_SCORES:
        low, high = (points.get(expert_code(name, end), {}) for end in ("low", "high"))
        source = next((source for source in PRECEDENCE if source in low and source in high), None)
        if source is not None:
            found[name] = (min(low[source], high[source]), max(low[source], high[source]))
    return found


def key_of(code: str, year: int) -> Key:
    """Where a figure is kept: under its year, or under none."""
    return code, year if FIGURES[code].per_year else NO_YEAR


def spoken_name(code: str) -> str:
    """What the facts object calls a figure: `ip_class1` stands there as `class1`, inside `ip`."""
    return code.removeprefix(IP_PREFIX)


def code_of(name: str) -> str:
    """The figure's code for the name in a facts object, a missing entry or a step."""
    prefixed = IP_PREFIX + name
    return prefixed if prefixed in FIGURES else name


def apply_steps(facts: Facts, steps: Any) -> Facts:
    """The facts after the steps of a path (pipeline.assessment.paths.Step)."""
    return facts.with_figures({(step.code, step.year): step.to for step in steps})
