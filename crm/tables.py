"""Reads a table from csv (UTF-8 with or without BOM, GB18030), xlsx, xls or ods, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from crm.errors import UnreadableFile

SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
TEXTS = {".csv", ".txt", ".tsv"}
CHUNK = 1 << 20
Cells = list[object]


@dataclass(frozen=True)
class Line:
    """One line of the file as a person would number it (1 is the first), with its cells."""

    number: int
    cells: Cells


def read_lines(file: BinaryIO, name: str) -> Iterator[Line]:
    """The lines of a file, lazily. Raises UnreadableFile when the file as a whole makes no sense."""
    ending = Path(name).suffix.lower()
    if ending in SPREADSHEETS:
        return _spreadsheet_lines(file)
    if ending in TEXTS:
        return _text_lines(file)
    raise UnreadableFile(_("不支持“{ending}”格式；请上传 xlsx、xls 或 csv 文件").format(ending=ending or name))


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


def _spreadsheet_lines(file: BinaryIO) -> Iterator[Line]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(file)
        sheets = [sheet for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        if not sheets:
            raise UnreadableFile(_("工作簿里没有可见的工作表"))
        sheet = book.get_sheet_by_name(sheets[0].name)
    except (CalamineError, OSError, ValueError) as error:
        reason = _("表格文件无法打开（可能已加密，或不是真正的 Excel 文件）；请用 Excel 另存为 xlsx 后重新上传")
        raise UnreadableFile(reason) from error
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield Line(number, list(cells))


def guarded(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
