"""Opens the kept file of an import: its sheets, its heading and what its columns mean, as far as anybody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from crm.columns import HEADER_SEARCH_LINES, Layout, best_layout, layout_of, no_heading, possible_layouts
from crm.errors import UnreadableFile
from crm.headings import Meaning
from crm.models import Import, ImportMapping
from crm.tables import Line, Table, open_table, refuse_oversize

SHEETS_TRIED = 10
SHOWN_BELOW = 8  # lines kept below the heading search, for the page where columns are matched
LONGEST_CELL, MOST_CELLS = 120, 200


@dataclass
class Opened:
    """A file at the first line below its heading."""

    layout: Layout
    lines: Iterator[Line]


@dataclass
class _Look:
    """One sheet's first lines, and the heading found in them."""

    table: Table
    head: list[Line]
    layout: Layout | None
    mapping: ImportMapping | None


def open_import(batch: Import, file: BinaryIO, *, keep: bool) -> Opened:
    """The table of an import. What was settled before is used again; else it is looked for, and with `keep` stored.

    Raises UnreadableFile, also when no heading is found; what was seen is kept all the same, so that a person can say.
    """
    refuse_oversize(file, batch.name)
    if not batch.layout:
        _find(batch, file, keep=keep)
    layout = Layout.from_dict(batch.layout)
    file.seek(0)
    table = open_table(file, batch.name, sheet=batch.sheet)
    return Opened(layout, (line for line in table.lines if line.number > layout.header_line))


def _find(batch: Import, file: BinaryIO, *, keep: bool) -> None:
    """Look for sheet and heading. The sheet is let go again here: two of 100,000 rows need 200 MB together."""
    look = _look(batch, file)
    _note(batch, look)
    if keep:
        batch.save(update_fields=["sheet", "looked", "layout", "mapping"])
    if look.layout is None:
        raise UnreadableFile(no_heading(look.head[:HEADER_SEARCH_LINES]))


def _look(batch: Import, file: BinaryIO) -> _Look:
    """The sheet that was asked for, else the first one that has a heading, else the first."""
    table = open_table(file, batch.name, sheet=batch.sheet)
    first = _look_at(table, batch)
    others = [] if batch.sheet or first.layout else table.sheets[1:SHEETS_TRIED]
    for name in others:
        file.seek(0)
        look = _look_at(open_table(file, batch.name, sheet=name), batch)
        if look.layout:
            return look
    return first


def _look_at(table: Table, batch: Import) -> _Look:
    head = list(islice(table.lines, HEADER_SEARCH_LINES + SHOWN_BELOW))
    layout, mapping = recognise(head[:HEADER_SEARCH_LINES], batch.mapping)
    return _Look(table, head, layout, mapping)


def recognise(head: Sequence[Line], named: ImportMapping | None) -> tuple[Layout | None, ImportMapping | None]:
    """The heading among these lines, by a mapping that knows it or by the synonyms. One query."""
    possible = list(possible_layouts(head))
    known = ImportMapping.objects.filter(signature__in={layout.signature for layout in possible})
    mapping = named or known.order_by("-updated_at").first()
    if mapping is None:
        return best_layout(head), None
    chosen = meanings(mapping)
    for layout in possible:
        if layout.signature == mapping.signature:
            place = next(index for index, line in enumerate(head) if line.number == layout.header_line)
            found = layout_of(head[place + 1 - layout.height : place + 1], chosen)
            if found.is_usable:
                return found, mapping
    return best_layout(head, chosen), mapping


def meanings(mapping: ImportMapping) -> dict[str, Meaning]:
    return {key: Meaning(*said) for key, said in mapping.columns.items()}


def _note(batch: Import, look: _Look) -> None:
    batch.sheet = look.table.sheet[:100]
    batch.mapping = look.mapping
    batch.layout = look.layout.as_dict() if look.layout else {}
    batch.looked = {
        "head": [[line.number, _shortened(line)] for line in look.head],
        "sheets": list(look.table.sheets),
        "hidden": list(look.table.hidden),
        "height": look.table.height,
    }


def _shortened(line: Line) -> list[Any]:
    cells = Layout(0, (), ()).kept(line.cells)[:MOST_CELLS]
    return [cell[:LONGEST_CELL] if isinstance(cell, str) else cell for cell in cells]


def seen_lines(batch: Import) -> list[Line]:
    """The first lines of the sheet, as they were seen."""
    return [Line(number, cells) for number, cells in batch.looked.get("head", ())]
