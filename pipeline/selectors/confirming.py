"""The figures we hold of a firm's last year, for the firm to confirm instead of typing them again (免申即享)."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date

from crm.choices import Source
from crm.models import Fact, Firm, Mandate, Membership
from pipeline.policy.words import amount_text
from pipeline.rules import exact

ORDER = [str(source) for source in Source]


@dataclass(frozen=True)
class HeldFigure:
    """One figure with the source that counts, and the firm's own word on it where it is the same."""

    fact: Fact
    confirmed: Fact | None

    @property
    def text(self) -> str:
        return amount_text(exact(self.fact.value), self.fact.kind.unit)


@dataclass(frozen=True)
class HeldYear:
    """What is held of one year. `seen` changes with any figure, so that nobody confirms what was not shown."""

    year: int
    figures: tuple[HeldFigure, ...]

    @property
    def confirmed(self) -> bool:
        return bool(self.figures) and all(figure.confirmed for figure in self.figures)

    @property
    def last(self) -> Fact | None:
        """The newest word of the firm, where it has confirmed everything: by whom and when."""
        words = [figure.confirmed for figure in self.figures if figure.confirmed]
        return max(words, key=lambda fact: fact.entered_at) if words and self.confirmed else None

    @property
    def seen(self) -> str:
        rows = "|".join(f"{each.fact.code} {each.fact.basis} {each.fact.value:f}" for each in self.figures)
        return hashlib.sha256(f"{self.year}|{rows}".encode()).hexdigest()[:16]


def held_year(firm: Firm, *, on: date) -> HeldYear:
    """The figures of the last full year. Two queries."""
    members = Membership.objects.filter(firm=firm).values_list("user_id")
    own = {pk for (pk,) in members.union(Mandate.objects.filter(firm=firm).order_by().values_list("agent_id"))}
    facts = Fact.objects.filter(firm=firm, year=on.year - 1).select_related("entered_by")
    return _of_year(on.year - 1, facts, own)


def _of_year(year: int, facts: Iterable[Fact], own: Container[int | None]) -> HeldYear:
    by_figure: dict[tuple[str, str], list[Fact]] = {}
    for fact in sorted(facts, key=lambda fact: (fact.code, fact.basis, ORDER.index(fact.source))):
        by_figure.setdefault((fact.code, fact.basis), []).append(fact)
    return HeldYear(year, tuple(_held(rows, own) for rows in by_figure.values()))


def _held(rows: list[Fact], own: Container[int | None]) -> HeldFigure:
    """What an officer typed from a firm's paper is declared, but nobody of the firm has looked at it here."""
    counts = rows[0]
    same = (row for row in rows if row.source == Source.DECLARED and row.value == counts.value)
    return HeldFigure(counts, next((row for row in same if row.entered_by_id and row.entered_by_id in own), None))
