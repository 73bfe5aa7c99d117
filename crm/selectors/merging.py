"""What a merge would do, before it is done; where an old firm went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.db.models import Field, Model, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.change_words import field_words, value_words
from crm.models import Fact, Firm
from crm.relations import RELATIONS, Fate, Relation, model_of

FIELDS = (
    "name",
    "region",
    "officer",
    "registered_on",
    "firm_type",
    "legal_representative",
    "capital_amount",
    "industry",
    "business_scope",
    "address",
)


@dataclass(frozen=True)
class FieldClash:
    """One field that the two firms state differently; where only one states it, nothing needs choosing."""

    name: str
    label: str
    kept: Any
    other: Any

    @property
    def words(self) -> tuple[str, str]:
        """Both values as people read them."""
        return _said(self.name, self.kept), _said(self.name, self.other)


@dataclass(frozen=True)
class RowClash:
    """Two rows that say the same thing of the two firms, perhaps differently."""

    relation: str
    kept_id: int
    other_id: int
    what: str
    kept: Any
    other: Any
    figure: str = ""  # of a figure: its year, code, basis and source, as history names it

    @property
    def words(self) -> tuple[str, str]:
        """Both values as people read them."""
        return _said(self.figure, self.kept), _said(self.figure, self.other)

    @property
    def key(self) -> str:
        """The name of the choice in a form."""
        return f"{self.relation}:{self.kept_id}"

    @property
    def differs(self) -> bool:
        return bool(self.kept != self.other)


@dataclass(frozen=True)
class Moving:
    """One kind of row: how many move, and which stay because the kept firm has them already."""

    relation: str
    label: str
    moves: list[int]
    stays: int
    clashes: list[RowClash]


@dataclass(frozen=True)
class MergePreview:
    """Everything a merge would do. `reasons` say why it cannot be done; empty when it can."""

    kept: Firm
    other: Firm
    fields: list[FieldClash]
    filled: dict[str, Any]
    moving: list[Moving]
    reasons: list[str]

    @property
    def choices(self) -> list[RowClash]:
        """The rows among which somebody has to choose."""
        return [clash for part in self.moving for clash in part.clashes if clash.differs]


def merge_preview(kept: Firm, other: Firm) -> MergePreview:
    """What would move from `other` into `kept`. Two statements for each kind of row."""
    stated = {name: (getattr(kept, name), getattr(other, name)) for name in FIELDS}
    fields = [
        FieldClash(name, str(cast(Field, Firm._meta.get_field(name)).verbose_name), one, two)
        for name, (one, two) in stated.items()
        if one and two and one != two
    ]
    filled = {name: two for name, (one, two) in stated.items() if two and not one}
    moving, reasons = [], _reasons(kept, other)
    for label, relation in RELATIONS.items():
        if relation.fate != Fate.STAY:
            part = _moving(label, relation, kept, other)
            moving.append(part)
            reasons += _refusals(relation, part)
    return MergePreview(kept, other, fields, filled, [part for part in moving if part.moves or part.stays], reasons)


def _reasons(kept: Firm, other: Firm) -> list[str]:
    if kept.pk == other.pk:
        return [_("不能把企业并入它自己")]
    gone = [firm for firm in (kept, other) if firm.merged_into_id]
    return [_("“{name}”已并入其他企业，请刷新后再试").format(name=firm.name) for firm in gone]


def _refusals(relation: Relation, part: Moving) -> list[str]:
    if relation.fate != Fate.REFUSE:
        return []
    words = _("两家企业都有{label}“{what}”；请先结束或更正其中一条，再合并")
    return [words.format(label=part.label, what=clash.what) for clash in part.clashes]


def _moving(label: str, relation: Relation, kept: Firm, other: Firm) -> Moving:
    own: QuerySet[Model] = model_of(label)._default_manager.all()
    here = list(own.filter(**{relation.link: other}).order_by("pk"))
    taken = {}
    if here and relation.unique:
        rows = own.filter(relation.among, **{relation.link: kept})
        taken = {_key(relation, row): row for row in rows}
        standing = set(own.filter(relation.among, **{relation.link: other}).values_list("pk", flat=True))
    else:
        standing = set()
    clashes = [
        _clash(label, relation, taken[_key(relation, row)], row)
        for row in here
        if row.pk in standing and _key(relation, row) in taken
    ]
    staying = {clash.other_id for clash in clashes}
    moves = [row.pk for row in here if row.pk not in staying]
    return Moving(label, str(relation.label), moves, len(staying), clashes)


def _key(relation: Relation, row: Model) -> tuple[Any, ...]:
    values = (getattr(row, name) for name in relation.unique)
    return tuple(value.lower() if isinstance(value, str) else value for value in values)


def _clash(label: str, relation: Relation, kept: Model, other: Model) -> RowClash:
    shown = [getattr(row, relation.shown) if relation.shown else "" for row in (kept, other)]
    figure = kept.named if isinstance(kept, Fact) else ""
    return RowClash(label, kept.pk, other.pk, field_words(figure) if figure else str(kept), shown[0], shown[1], figure)


def _said(name: str, value: Any) -> str:
    return date_format(value) if isinstance(value, date) else value_words(name, str(value))


def successor_of(credit_code: str) -> Firm | None:
    """The firm that the bearer of this code went into, through later merges too; None when it went nowhere."""
    firm = Firm.objects.filter(credit_code=credit_code).exclude(merged_into=None).first()
    while firm is not None and firm.merged_into_id:
        firm = Firm.objects.get(pk=firm.merged_into_id)
    return firm


def firm_of_code(credit_code: str) -> Firm | None:
    """The firm that a code stands for now: its own, or the one that its firm went into."""
    return Firm.objects.standing().filter(credit_code=credit_code).first() or successor_of(credit_code)


def recent_merges(kept: Firm) -> QuerySet:
    """The standing merges into a firm, newest first."""
    return kept.merges.filter(undone_at=None).select_related("merged", "by").order_by("-pk")  # type: ignore[attr-defined]
