"""What if: the figures an edition reads as a form, and the verdict with other figures. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from crm.fact_codes import COUNT, NO_YEAR, UNIT_LABELS, YUAN
from crm.identifiers import Unreadable
from crm.rows import fact_value
from pipeline.assessment import Assessment as Document
from pipeline.assessment import Facts, Path, assess, cheapest_paths, figures_used
from pipeline.policy import Policy
from pipeline.policy.tables import FIGURES
from pipeline.policy.texts import speaks_english
from pipeline.policy.words import WAN, grouped
from pipeline.rules import Number, exact, size
from pipeline.selectors.gaps import figure_label

Key = tuple[str, int]


@dataclass(frozen=True)
class TrialField:
    """One figure of the form: what is recorded, what was typed, and what is wrong with that."""

    code: str
    year: int
    label: str
    recorded: str
    typed: str
    error: str = ""

    @property
    def name(self) -> str:
        return f"{self.code}-{self.year}"

    @property
    def unit(self) -> str:
        return str(UNIT_LABELS[FIGURES[self.code].unit])

    @property
    def is_money(self) -> bool:
        return FIGURES[self.code].unit == YUAN

    @property
    def value(self) -> str:
        return self.typed or self.recorded

    @property
    def is_changed(self) -> bool:
        return bool(self.typed) and self.typed != self.recorded


@dataclass(frozen=True)
class Trial:
    """A form and what comes of it. `document` is None while nothing was changed, or something cannot be read."""

    fields: tuple[TrialField, ...]
    facts: Facts
    document: Document | None

    @property
    def current(self) -> list[TrialField]:
        """The figures of the newest year, and those of no year."""
        newest = max((field.year for field in self.fields), default=NO_YEAR)
        return [field for field in self.fields if field.year in (newest, NO_YEAR)]

    @property
    def earlier(self) -> list[TrialField]:
        shown = self.current
        return [field for field in self.fields if field not in shown]

    @property
    def is_earlier_changed(self) -> bool:
        return any(field.is_changed for field in self.earlier)

    @property
    def wrong(self) -> list[TrialField]:
        return [field for field in self.fields if field.error]

    @property
    def changed(self) -> dict[str, str]:
        """What was typed and differs from what is recorded: the state that an address carries."""
        return {field.name: field.typed for field in self.fields if field.is_changed}


def trial(policy: Policy, facts: Facts, on: date, typed: Mapping[str, str]) -> Trial:
    """Judge the firm with the figures that were typed; a field left empty keeps what is recorded. No query."""
    fields: list[TrialField] = []
    values: dict[Key, Number] = {}
    for used in figures_used(policy, facts, on):
        key = (used.code, used.year)
        recorded = written(used.code, used.chosen.value) if used.chosen else ""
        text = typed.get(f"{used.code}-{used.year}", "").strip()[:40]
        value, error = _read(used.code, text)
        fields.append(TrialField(*key, figure_label(*key), recorded, text, error))
        if value is not None and (used.chosen is None or value != used.chosen.value):
            values[key] = value
    if not values or any(field.error for field in fields):
        return Trial(tuple(fields), facts, None)
    changed = facts.with_figures(values)
    return Trial(tuple(fields), changed, assess(policy, changed, on))


def _read(code: str, text: str) -> tuple[Number | None, str]:
    """The exact number that was typed, or what is wrong with it."""
    try:
        value = fact_value(FIGURES[code], text, unit="元")
    except Unreadable as error:
        return None, str(error)
    if value is not None and FIGURES[code].unit == COUNT and value != value.to_integral_value():
        return None, _("“{label}”应为整数").format(label=FIGURES[code].label)
    return (None if value is None else exact(value)), ""


def written(code: str, value: Number) -> str:
    """A figure as it may be typed again without loss: 200万元, 96.5; yuan where English is read."""
    in_wan = FIGURES[code].unit == YUAN and size(value) >= WAN and (value * 100) % 1 == 0
    if in_wan and not speaks_english():
        return f"{grouped(Fraction(value) / WAN)}万元"
    return grouped(value)


def ways(policy: Policy, facts: Facts, on: date) -> list[tuple[Path, str]]:
    """The cheapest paths, each with the query that fills the form with it."""
    found = []
    for path in cheapest_paths(policy, facts, on):
        typed = {f"{step.code}-{step.year}": written(step.code, step.to) for step in path.steps}
        found.append((path, urlencode({"programme": policy.programme} | typed)))
    return found
