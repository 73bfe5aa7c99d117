"""A board cut across its lanes: one row a county, or one an officer, with the same real counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from crm.models import Region, User
from pipeline.choices import Phase
from pipeline.models import Application
from pipeline.selectors.applications import with_account
from pipeline.workflow import Stage
from pipeline.workflows import PROGRAMMES

CELL_CARDS = 3
MOST_ROWS = 30
COUNTY, OFFICER = "county", "officer"
Key = str | int | None  # a region's path, or an officer; None where nobody is responsible


@dataclass
class Cell:
    """Where a row crosses a stage: the real count, and the newest cards."""

    count: int = 0
    cards: list[Application] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Row:
    """One county or officer; `query` narrows the list of applications to it."""

    name: str
    query: str
    cells: list[Cell]

    @property
    def count(self) -> int:
        return sum(cell.count for cell in self.cells)


@dataclass(frozen=True)
class Swimlanes:
    """`totals` counts each stage over every row, those not shown included."""

    stages: list[Stage]
    totals: list[int]
    rows: list[Row]
    left_out: int  # rows beyond the most that are shown

    @property
    def shown(self) -> list[Application]:
        return [card for row in self.rows for cell in row.cells for card in cell.cards]


def swimlanes(
    applications: QuerySet[Application], programme: str, *, by: str, region: Region, closed: bool = False
) -> Swimlanes:
    """The board of a programme by `county` (the regions right below `region`) or by `officer`. Four statements."""
    stages = [stage for stage in PROGRAMMES[programme].stages if closed or stage.phase != Phase.CLOSED]
    place = {stage.code: number for number, stage in enumerate(stages)}
    column = "region_path" if by == COUNTY else "officer_id"
    wanted = applications.order_by().filter(stage__in=place)
    names, key_of = _counties(region) if by == COUNTY else ({}, lambda value: value)
    counts: Counter[tuple[Key, str]] = Counter()
    for value, stage, number in wanted.values_list(column, "stage").annotate(number=Count("pk")):
        counts[key_of(value), stage] += number
    sizes: Counter[Key] = Counter()
    for (key, _stage), number in counts.items():
        sizes[key] += number
    keys = _in_order(sizes, by)[:MOST_ROWS]
    if by == OFFICER:
        names = {user.pk: user.name for user in User.objects.filter(pk__in=[key for key in keys if key])}
    cells = {key: [Cell(counts[key, stage.code]) for stage in stages] for key in keys}
    for card in _newest(wanted, column):
        row = cells.get(key_of(getattr(card, column)))
        if row and len(row[place[card.stage]].cards) < CELL_CARDS:
            row[place[card.stage]].cards.append(card)
    rows = [Row(_name(key, names), _query(key, by, names), cells[key]) for key in keys]
    totals = [sum(number for (_key, code), number in counts.items() if code == stage.code) for stage in stages]
    return Swimlanes(stages, totals, rows, len(sizes) - len(rows))


def _counties(region: Region) -> tuple[dict[Any, Any], Callable[[str], str]]:
    """The regions right below this one by path, and to which of them a path belongs: what lies in none is its own."""
    below = {child.path: child for child in [region, *Region.objects.filter(parent=region)]}

    def key_of(path: str) -> str:
        head = "/".join(path.split("/")[: region.path.count("/") + 1]) + "/"
        return head if head in below else region.path

    return below, key_of


def _in_order(sizes: Counter[Key], by: str) -> list[Key]:
    """Counties as the map lists them; officers by how much they carry."""
    if by == COUNTY:
        return sorted(sizes, key=str)
    return sorted(sizes, key=lambda key: (-sizes[key], key or 0))


def _name(key: Key, names: dict[Any, Any]) -> str:
    if key is None:
        return _("无人负责")
    return getattr(names[key], "name", names[key])


def _query(key: Key, by: str, names: dict[Any, Any]) -> str:
    if by == COUNTY:
        return f"region={names[key].code}"
    return f"officer={key}" if key else "whose=none"


def _newest(applications: QuerySet[Application], column: str) -> list[Application]:
    """Of each stage and value of the column the newest few, with what a card shows."""
    newest_first = [F("stage_since").desc(), F("pk").desc()]
    rank = Window(RowNumber(), partition_by=[F(column), F("stage")], order_by=newest_first)
    ids = list(applications.annotate(rank=rank).filter(rank__lte=CELL_CARDS).values_list("pk", flat=True))
    cards = with_account(Application.objects.filter(pk__in=ids)).select_related("firm", "region", "officer")
    return list(cards.order_by(*newest_first))
