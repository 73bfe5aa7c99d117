"""What a policy edition is made of: measures, rules, score tables. How they are judged is pipeline.assessment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.policy.quantities import (
    Allowable,
    Body,
    Fact,
    Growth,
    Measure,
    Minus,
    Plus,
    Points,
    Ratio,
    Registered,
    Total,
)
from pipeline.policy.texts import STATUS_LABELS, Label, Status, Text
from pipeline.rules import Band, Ladder, Number, Range

# Rules ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """`op` is at_least, more_than, at_most or less_than; the threshold is `bound`, or comes from the tier of `by`."""

    op: str
    measure: Measure
    bound: Number | None = None
    by: Measure | None = None
    ladder: Ladder | None = None


@dataclass(frozen=True)
class Flag:
    flag: str
    expected: bool


@dataclass(frozen=True)
class Credential:
    """Holds a credential of this kind that fits every demand made here; a demand that is None is not made."""

    kind: str
    valid: bool = False
    within_years: int | None = None
    rank_at_most: int | None = None
    levels: tuple[str, ...] = ()
    of_year: int | None = None  # 0 is the year of the assessment


@dataclass(frozen=True)
class Industry:
    codes: tuple[str, ...]
    inside: bool


@dataclass(frozen=True)
class AllOf:
    children: tuple[Criterion, ...]


@dataclass(frozen=True)
class AnyOf:
    children: tuple[Criterion, ...]


@dataclass(frozen=True)
class Not:
    child: Criterion


Rule = Limit | Flag | Credential | Industry | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Criterion:
    """One condition with the article it stands in.

    `waived` means that a direct route stands in for it; a trigger is looked at only from the day `since`.
    """

    code: str
    label: Text
    rule: Rule
    source: str
    status: Status
    waived: bool = False
    since: date | None = None


# The score ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bands:
    measure: Measure
    bands: tuple[Band, ...]  # best first
    otherwise: Range


@dataclass(frozen=True)
class Expert:
    """Points that only experts give: what `facts.expert` says under this name, else anything up to `most`."""

    name: str
    most: int


@dataclass(frozen=True)
class Holds:
    """Points for a credential, and what is possible without it."""

    credential: Credential
    points: Range
    otherwise: Range


@dataclass(frozen=True)
class BestOf:
    items: tuple[Item, ...]


@dataclass(frozen=True)
class SumOf:
    items: tuple[Item, ...]


Item = Bands | Expert | Holds | BestOf | SumOf


def items_of(item: Item) -> Iterator[Item]:
    """A way of scoring and every way inside it, outermost first."""
    yield item
    for inner in getattr(item, "items", ()):
        yield from items_of(inner)


@dataclass(frozen=True)
class Part:
    code: str
    label: Text
    most: int
    item: Item
    source: str
    status: Status


# The edition ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lever:
    """A figure that a firm can move, and what moving it costs an officer and the firm: effort per step of `per`.

    Levers are tried in the order of the file: a denominator stands before what is divided by it.
    """

    fact: str
    per: Number
    effort: int
    upwards: bool = True
    at_most: str = ""  # the figure it cannot exceed


@dataclass(frozen=True)
class Declared:
    """A yes/no fact of this edition alone, beside those that every programme knows."""

    label: Text
    ask: Text


@dataclass(frozen=True)
class Policy:
    """One edition, checked. `content` is its canonical form, `digest` the sha256 of that."""

    programme: str
    region: str
    edition: str
    title: Text
    workflow: str
    source: str
    effective_from: date
    effective_to: date | None
    dates_status: Status
    criteria: tuple[Criterion, ...]
    routes: tuple[Criterion, ...] = ()
    triggers: tuple[Criterion, ...] = ()
    parts: tuple[Part, ...] = ()
    measures: tuple[Measure, ...] = ()
    levers: tuple[Lever, ...] = ()
    caveats: tuple[Text, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, Declared] = field(default_factory=dict)
    precedence: tuple[str, ...] = ()
    data_year: int | None = None  # fixed by the text; None is the year before the assessment
    new_firm_own_year: bool = False  # a firm registered in the year of the assessment is judged by that year
    content: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    digest: str = ""

    def __hash__(self) -> int:
        return hash(self.digest)

    def is_in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


__all__ = [
    "STATUS_LABELS",
    "AllOf",
    "Allowable",
    "AnyOf",
    "Bands",
    "BestOf",
    "Body",
    "Credential",
    "Criterion",
    "Declared",
    "Expert",
    "Fact",
    "Flag",
    "Growth",
    "Holds",
    "Industry",
    "Item",
    "Label",
    "Lever",
    "Limit",
    "Measure",
    "Minus",
    "Not",
    "Part",
    "Plus",
    "Points",
    "Policy",
    "Ratio",
    "Registered",
    "Rule",
    "Status",
    "SumOf",
    "Text",
    "Total",
    "items_of",
]
