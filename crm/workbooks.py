"""Writes xlsx files that a spreadsheet opens as they are meant: text stays text, and nothing in them is a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from crm.tables import FORMULA_STARTS

EXACT = 10**15  # a spreadsheet keeps fifteen digits: longer numbers go in as text


@dataclass
class Book:
    """A workbook that is written row by row from the top, in memory that does not grow with the rows."""

    writer: Any

    def __post_init__(self) -> None:
        self.text = self.writer.add_format({"num_format": "@"})
        self.guarded = self.writer.add_format({"num_format": "@", "quote_prefix": True})
        self.head = self.writer.add_format({"num_format": "@", "bold": True, "bg_color": "#f0eee9", "text_wrap": True})
        self.wrong = self.writer.add_format({"num_format": "@", "bg_color": "#fbe3e0"})

    def sheet(self, name: str, *, headings: Sequence[str] = (), widths: Sequence[int] = ()) -> Sheet:
        """A further sheet. With headings its first row is written and stays in sight."""
        sheet = Sheet(self, self.writer.add_worksheet(name[:31]))
        for column, width in enumerate(widths):
            sheet.inner.set_column(column, column, width)
        if headings:
            sheet.write(headings, look=self.head)
            sheet.inner.freeze_panes(1, 0)
        return sheet


@dataclass
class Sheet:
    """One sheet; rows are written downwards."""

    book: Book
    inner: Any
    rows: int = 0

    def write(self, cells: Sequence[object], *, look: Any = None, wrong: Sequence[int] = ()) -> None:
        """The next row. `look` is a format for all of it; the columns in `wrong` are marked."""
        for column, cell in enumerate(cells):
            self._write(column, cell, self.book.wrong if column in wrong else look)
        self.rows += 1

    def _write(self, column: int, cell: object, look: Any) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < EXACT:
            self.inner.write_number(self.rows, column, cell)
            return
        text = str(cell)
        guard = self.book.guarded if text.startswith(FORMULA_STARTS) else self.book.text
        self.inner.write_string(self.rows, column, text[:32767], look or guard)


def xlsx_writer(file: IO[bytes] | str, **options: Any) -> Any:
    """The writer of every workbook of ours: a text is never taken for a formula or a link."""
    import xlsxwriter

    return xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, **options})


@contextmanager
def new_book(file: IO[bytes] | str) -> Iterator[Book]:
    """A workbook written to a file, whole once the block is left."""
    writer = xlsx_writer(file, constant_memory=True)
    yield Book(writer)
    writer.close()
