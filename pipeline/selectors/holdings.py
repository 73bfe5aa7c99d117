"""A firm's rights counted as rules count them, beside the numbers that somebody stated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from crm.choices import RightKind
from crm.fact_codes import FACT_CODES
from crm.models import Fact, Firm, IntellectualProperty
from pipeline.selectors.facts import COUNTED_RIGHTS, UTILITY_OR_SOFTWARE

# The same as COUNTED_RIGHTS, for rows that were read already; a test holds both together.
COUNTS: dict[str, Callable[[IntellectualProperty], bool]] = {
    "ip_class1": lambda right: right.is_class_one,
    "ip_class2": lambda right: not right.is_class_one,
    "ip_invention_patents": lambda right: right.kind == RightKind.INVENTION,
    "ip_utility_or_software": lambda right: right.kind in UTILITY_OR_SOFTWARE,
    "ip_self_developed": lambda right: right.self_developed,
}


@dataclass(frozen=True)
class RightCount:
    """One count: by the rows (None while no right is recorded), and as each source states it."""

    label: str
    counted: int | None
    stated: tuple[Fact, ...]

    @property
    def is_conflict(self) -> bool:
        return self.counted is not None and any(fact.value != Decimal(self.counted) for fact in self.stated)


def rights_against_statements(firm: Firm, rights: Iterable[IntellectualProperty]) -> list[RightCount]:
    """Each count that rules read, where anything is known of it. One query."""
    rows = list(rights)
    valid = [right for right in rows if right.in_force]
    stated: dict[str, list[Fact]] = {}
    for fact in firm.facts.filter(code__in=COUNTED_RIGHTS):
        stated.setdefault(fact.code, []).append(fact)
    return [
        RightCount(str(FACT_CODES[code].label), sum(map(counts, valid)) if rows else None, tuple(stated.get(code, ())))
        for code, counts in COUNTS.items()
        if rows or code in stated
    ]
