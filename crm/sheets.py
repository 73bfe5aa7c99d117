"""Writes tables for people who open them in a spreadsheet: codes stay text, nothing is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from crm.tables import FORMULA_STARTS, guarded
from crm.workbooks import xlsx_writer

Cell = str | int | float | Decimal | date | None
LONG_NUMBER = 12  # digits from which a spreadsheet that opens a csv rounds what it takes for a number


def write_xlsx(path: Path, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """One sheet, row by row; no row stays in memory. Returns how many rows there were."""
    with xlsx_writer(str(path), constant_memory=True, tmpdir=str(path.parent)) as book:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(heads) - 1, 16)
        sheet.write_row(0, 0, heads, book.add_format({"bold": True}))
        return _fill(book, sheet, rows)


def _fill(book: Any, sheet: Any, rows: Iterable[Sequence[Cell]]) -> int:
    plain = book.add_format({"num_format": "@"})
    quoted = book.add_format({"num_format": "@", "quote_prefix": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text, number, instant = sheet.write_string, sheet.write_number, sheet.write_datetime
    line = 0
    for line, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            if not cell and cell != 0:
                continue
            if type(cell) is str:
                text(line, column, cell, quoted if cell[0] in FORMULA_STARTS else plain)
            elif isinstance(cell, date):
                instant(line, column, cell, day)
            else:
                number(line, column, cell)
    return line


def write_csv(path: Path, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """UTF-8 with the mark by which Excel knows it. Returns how many rows there were."""
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for cells in rows:
            writer.writerow([_said(cell) for cell in cells])
            written += 1
    return written


def _said(cell: Cell) -> str:
    if isinstance(cell, str):
        digits = cell.isdecimal() and (len(cell) >= LONG_NUMBER or cell[0] == "0")
        return f"{cell}\t" if digits else guarded(cell)  # a tab behind it keeps the digits as they are
    return "" if cell is None else str(cell)


WRITERS = {"xlsx": write_xlsx, "csv": write_csv}
