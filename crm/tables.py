"""Reads a table from csv (UTF-8 with or without BOM, GB18030), xlsx, xls or ods, row by row."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from crm.archives import refuse_bombs
from crm.errors import UnreadableFile

SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
TEXTS = {".csv", ".txt", ".tsv"}
CHUNK = 1 << 20
MOST_UNPACKED = 600 * 2**20  # a hundred thousand lines of thirty columns unpack to some 200 MB
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Cells = list[object]


@dataclass(frozen=True)
class Line:
    """One line of the file as a person would number it (1 is the first), with its cells."""

    number: int
    cells: Cells


@dataclass(frozen=True)
class Table:
    """One sheet of a file, opened: its lines, lazily, and which other sheets there are. A text file has no sheets."""

    lines: Iterator[Line]
    height: int
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def refuse_oversize(file: BinaryIO, name: str) -> None:
    """Before a workbook is opened for the first time: one that unpacks to far too much raises UnreadableFile."""
    if Path(name).suffix.lower() in SPREADSHEETS and zipfile.is_zipfile(file):
        refuse_bombs(file, most=MOST_UNPACKED)
    file.seek(0)


def read_lines(file: BinaryIO, name: str, *, is_checked: bool = False) -> Iterator[Line]:
    """The lines of a file, lazily. Raises UnreadableFile when the file as a whole makes no sense.

    `is_checked` where the caller has looked already how far it unpacks.
    """
    if not is_checked:
        refuse_oversize(file, name)
    ending = Path(name).suffix.lower()
    if ending in SPREADSHEETS:
        return _first_sheet(file)
    if ending in TEXTS:
        return _text_lines(file)
    raise _unknown_ending(ending or name)


def open_table(file: BinaryIO, name: str, *, sheet: str = "") -> Table:
    """One sheet of a file, by its name or the first one. Raises UnreadableFile as `read_lines` does.

    It may be opened several times: `refuse_oversize` comes first, once.
    """
    ending = Path(name).suffix.lower()
    if ending in SPREADSHEETS:
        return _open_sheet(file, sheet)
    if ending in TEXTS:
        height = sum(block.count(b"\n") for block in iter(lambda: file.read(CHUNK), b"")) + 1
        return Table(_text_lines(file), height)
    raise _unknown_ending(ending or name)


def _unknown_ending(ending: str) -> UnreadableFile:
    return UnreadableFile(_("不支持“{ending}”格式；请上传 xlsx、xls 或 csv 文件").format(ending=ending))


def encoding_of(file: BinaryIO) -> str:
    """utf-8-sig or gb18030, decided by the whole file; raises UnreadableFile when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        file.seek(0)
        return encoding
    raise UnreadableFile(_("文件编码无法识别；请另存为 UTF-8 的 csv 或 xlsx 后重新上传"))


def _text_lines(file: BinaryIO) -> Iterator[Line]:
    encoding = encoding_of(file)
    start = file.read(4096)
    file.seek(0)
    if b"\0" in start:
        raise UnreadableFile(_("这不是文本文件；请另存为 csv 或 xlsx 后重新上传"))
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    head = text.readline()
    text.seek(0)
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(text, delimiter=delimiter)
    last = 0
    try:
        for cells in reader:
            yield Line(last + 1, list(cells))
            last = reader.line_num
    except csv.Error as error:
        raise UnreadableFile(_("第 {line} 行无法解析（{error}）").format(line=reader.line_num, error=error)) from error
    finally:
        text.detach()


def _first_sheet(file: BinaryIO) -> Iterator[Line]:
    yield from _open_sheet(file).lines


def _open_sheet(file: BinaryIO, wanted: str = "") -> Table:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(file)
        of = {sheet.name: sheet.visible == SheetVisibleEnum.Visible for sheet in book.sheets_metadata}
        sheets = tuple(name for name, visible in of.items() if visible)
        if not sheets:
            raise UnreadableFile(_("工作簿里没有可见的工作表"))
        sheet = book.get_sheet_by_name(wanted if wanted in sheets else sheets[0])
    except (CalamineError, OSError, ValueError) as error:
        reason = _("表格文件无法打开（可能已加密，或不是真正的 Excel 文件）；请用 Excel 另存为 xlsx 后重新上传")
        raise UnreadableFile(reason) from error
    lines = (Line(number, list(cells)) for number, cells in enumerate(sheet.iter_rows(), start=1))
    return Table(lines, sheet.total_height, sheet.name, sheets, tuple(name for name in of if name not in sheets))


def guarded(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
