"""An import, shaped for its pages: rows with what would change, and columns with what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.change_words import field_words, value_words
from crm.choices import DECISIONS, RowDecision, RowOutcome
from crm.columns import Layout, known_meanings, layout_of
from crm.fact_codes import FACT_CODES
from crm.headings import FACT, FIELD_LABELS, is_money, is_yearly
from crm.identifiers import blank
from crm.models import Import, ImportRow, Region
from crm.services.import_files import refused_cells, shown_cell
from crm.services.import_mappings import layout_at
from crm.services.import_reading import seen_lines

SAMPLES = 3


@dataclass(frozen=True)
class RowView:
    """One row as its page shows it: `cells` are heading, text and reason; `changes` are label, before and after."""

    row: ImportRow
    title: str
    code: str
    cells: list[tuple[str, str, str]]
    changes: list[tuple[str, str, str]]
    text: list[tuple[str, str]]


def row_views(batch: Import, rows: Iterable[ImportRow]) -> list[RowView]:
    """The rows with names for codes. One query, for the regions."""
    layout = Layout.from_dict(batch.layout) if batch.layout else Layout(0, (), ())
    regions = dict(Region.objects.values_list("code", "name"))
    return [_row_view(row, layout, regions) for row in rows]


def _row_view(row: ImportRow, layout: Layout, regions: dict[str, str]) -> RowView:
    text = [
        (layout.headings[n], shown_cell(cell))
        for n, cell in enumerate(row.raw)
        if cell != "" and n < len(layout.headings)
    ]
    changes = [_change(name, said, regions) for name, said in row.changes.items()]
    return RowView(
        row=row,
        title=_cell(row, layout, "name"),
        code=_cell(row, layout, "credit_code"),
        cells=refused_cells(row, layout),
        changes=changes,
        text=text,
    )


def _cell(row: ImportRow, layout: Layout, field: str) -> str:
    column = layout.fields.get(field)
    return shown_cell(row.raw[column.index]) if column and column.index < len(row.raw) else ""


def _change(name: str, said: list[Any], regions: dict[str, str]) -> tuple[str, str, str]:
    old, new = str(said[0]), str(said[1])
    if name == "region":
        return (field_words(name), regions.get(old, old), regions.get(new, new))
    return (field_words(name), value_words(name, old), value_words(name, new))


@dataclass(frozen=True)
class Expected:
    """What confirming would do, after everything that was decided."""

    created: int = 0
    updated: int = 0
    left_out: int = 0


def expected(batch: Import) -> Expected:
    """How many firms would be made and changed, and how many rows stay out. One query."""
    said = batch.rows.exclude(decision="").order_by().values_list("outcome", "decision").annotate(Count("pk"))
    decided: dict[str, dict[str, int]] = {}
    for outcome, decision, number in said:
        decided.setdefault(outcome, {})[decision] = number
    totals = {RowDecision.CREATE: 0, RowDecision.KNOWN: 0, RowDecision.SKIP: 0, RowDecision.TAKE: 0, "": 0}
    created = updated = 0
    for outcome in DECISIONS:
        by = dict(decided.get(outcome, {}))
        by_choice = batch.choices.get(outcome, "")
        by[by_choice] = by.get(by_choice, 0) + batch.counts.get(outcome, 0) - sum(by.values())
        taken = by.get("", 0) + by.get(RowDecision.TAKE, 0)
        created += by.get(RowDecision.CREATE, 0) + (taken if outcome == RowOutcome.CREATED else 0)
        updated += by.get(RowDecision.KNOWN, 0) + (taken if outcome == RowOutcome.UPDATED else 0)
        totals[RowDecision.SKIP] += by.get(RowDecision.SKIP, 0) + (taken if outcome == RowOutcome.PENDING else 0)
    return Expected(created, updated, totals[RowDecision.SKIP] + batch.counts.get(RowOutcome.REFUSED, 0))


@dataclass(frozen=True)
class ColumnView:
    """One column of the sheet: its heading, its first cells, and what it is taken for."""

    index: int
    heading: str
    samples: list[str]
    field: str
    unit: str
    year: int

    @property
    def is_money(self) -> bool:
        return is_money(self.field)

    @property
    def is_yearly(self) -> bool:
        return is_yearly(self.field)


def shown_layout(batch: Import, *, header_line: int, height: int) -> Layout:
    """The heading to show: the one that is settled, or another that was asked for, or the fullest line."""
    if batch.layout and (not header_line or _is_settled(batch, header_line, height)):
        return Layout.from_dict(batch.layout)
    if header_line:
        return layout_at(batch, header_line=header_line, height=height)
    lines = seen_lines(batch)
    fullest = max(lines, key=lambda line: sum(1 for cell in line.cells if not blank(cell)), default=None)
    return layout_of([fullest]) if fullest else Layout(0, (), ())


def _is_settled(batch: Import, header_line: int, height: int) -> bool:
    return (batch.layout["header_line"], batch.layout["height"]) == (header_line, height)


def column_views(batch: Import, layout: Layout) -> list[ColumnView]:
    """Every column that has a heading or a cell, with the first cells below the heading."""
    below = [line.cells for line in seen_lines(batch) if line.number > layout.header_line]
    meanings = known_meanings(layout)
    width = max([len(layout.headings), *(len(cells) for cells in below)], default=0)
    views = []
    for index in range(width):
        samples = [shown_cell(cells[index]) for cells in below if index < len(cells) and not blank(cells[index])]
        heading = layout.headings[index] if index < len(layout.headings) else ""
        field, unit, year = meanings.get(index, ("", "", 0))
        if heading:
            views.append(ColumnView(index, heading, samples[:SAMPLES], field, unit, year))
    return views


def field_groups() -> list[tuple[str, list[tuple[str, str | Promise]]]]:
    """Every field that a column may hold, in the groups of the page."""
    yearly = [(FACT + fact.code, fact.label) for fact in FACT_CODES.values() if fact.per_year]
    other = [(FACT + fact.code, fact.label) for fact in FACT_CODES.values() if not fact.per_year]
    return [(_("企业"), list(FIELD_LABELS.items())), (_("年度数据"), yearly), (_("不分年度的数据"), other)]
