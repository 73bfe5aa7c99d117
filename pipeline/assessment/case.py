"""One firm before one edition on one day: which figure counts, what a measure amounts to, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from crm.fact_codes import NO_YEAR
from pipeline.assessment.facts import Facts, Figure, Holding, key_of
from pipeline.policy.nodes import Policy
from pipeline.policy.tables import DERIVED, FIGURES
from pipeline.rules import ANYTHING, NOT_NEGATIVE, Number, Range, Verdict, known, minus

STATED_BY_FIRM = "declared"  # the source of a figure that names none


class Case:
    """Reads the facts as the edition asks: its data year, its bases, its order of sources."""

    __slots__ = ("_ranges", "facts", "on", "parts", "policy", "values", "verdicts", "year")

    def __init__(self, policy: Policy, facts: Facts, on: date) -> None:
        self.policy, self.facts, self.on = policy, facts, on
        self.year = data_year(policy, facts, on)
        self._ranges: dict[tuple[str, int], Range] = {}
        # What was already reckoned: values by measure, points by part, verdicts by condition.
        self.values: dict[tuple[int, int], Range] = {}
        self.parts: dict[str, Range] = {}
        self.verdicts: dict[str, Verdict] = {}

    def fact(self, code: str, shift: int = 0) -> Range:
        """The figure of the data year, or of the year so many before it; every possible value when it is unknown."""
        key = (code, shift)
        found = self._ranges.get(key)
        if found is None:
            found = self._ranges[key] = self._fact(code, shift)
        return found

    def _fact(self, code: str, shift: int) -> Range:
        if (figure := self.chosen(code, self.year_at(code, shift))) is not None:
            return known(figure.value)
        if code in DERIVED:
            first, second = DERIVED[code]
            return minus(self.fact(first, shift), self.fact(second, shift))
        return ANYTHING if FIGURES[code].may_be_negative else NOT_NEGATIVE

    def year_at(self, code: str, shift: int) -> int:
        return self.year + shift if FIGURES[code].per_year else NO_YEAR

    def chosen(self, code: str, year: int) -> Figure | None:
        """The figure that counts: of the basis that the edition asks for, from the source that comes first."""
        figures = self.facts.figures.get((code, year), ())
        wanted = self.policy.bases.get(code, "")
        fitting = [figure for figure in figures if not figure.basis or not wanted or figure.basis == wanted]
        if len(fitting) > 1:
            return min(fitting, key=self.rank)
        return fitting[0] if fitting else None

    def rank(self, figure: Figure) -> tuple[int, bool]:
        """Where a figure stands in the order of sources; of one source, the figure with a stated basis comes first."""
        return self.source_rank(figure.source), not figure.basis

    def source_rank(self, source: str) -> int:
        order, name = self.policy.precedence, source or STATED_BY_FIRM
        return order.index(name) if name in order else len(order)

    def flag(self, name: str) -> bool | None:
        """Yes, no, or None when nobody has said."""
        claims = self.facts.flags.get(name, ())
        return min(claims, key=lambda claim: self.source_rank(claim.source)).value if claims else None

    def holdings(self, kind: str) -> Iterator[Holding]:
        return (holding for holding in self.facts.holdings if holding.kind == kind)

    def shifts(self, years: int, shift: int = 0) -> range:
        """The `years` years up to the shift, counted from it, oldest first; none from before the registration."""
        founded = self.facts.registered_on
        first = 1 - years if founded is None else max(1 - years, founded.year - self.year - shift)
        return range(first, 1)

    def lived_in(self, shift: int) -> bool:
        """False when the firm is known to have been registered only after that year."""
        founded = self.facts.registered_on
        return founded is None or founded.year <= self.year + shift

    def other_bases(self, code: str, year: int) -> list[Figure]:
        """The figures that were not taken because they were counted on another basis."""
        wanted = self.policy.bases.get(code, "")
        stated = self.facts.figures.get((code, year), ())
        return [figure for figure in stated if wanted and figure.basis and figure.basis != wanted]

    def with_figures(self, values: Mapping[tuple[str, int], Number]) -> Case:
        """The same case after a change of figures, each by code and shift."""
        moved = {key_of(code, self.year + shift): value for (code, shift), value in values.items()}
        return Case(self.policy, self.facts.with_figures(moved), self.on)


def data_year(policy: Policy, facts: Facts, on: date) -> int:
    """The fiscal year whose figures decide: the one before, unless the edition fixes it or the firm is new."""
    if policy.data_year is not None:
        return policy.data_year
    founded = facts.registered_on
    if policy.new_firm_own_year and founded is not None and founded.year >= on.year:
        return on.year
    return on.year - 1
