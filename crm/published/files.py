"""From a published file to lines of cells: one reader per format, each lazy and each refusing in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from crm.archives import refuse_bombs
from crm.errors import UnreadableFile
from crm.tables import Line, encoding_of, read_lines

MAX_BYTES = 10 * 2**20
MAX_PAGES = 600
ZIP, PDF, OLE = b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"
_WIDE_GAP = re.compile(r"\t|\s{2,}|[,，;；|｜]")


def published_lines(file: BinaryIO, name: str) -> Iterator[Line]:
    """The lines of a published list. Raises UnreadableFile when the file as a whole makes no sense."""
    ending = Path(name).suffix.lower()
    reader = READERS.get(ending)
    if reader is None:
        reason = _("不支持“{ending}”格式；请上传 xlsx、xls、csv、docx、pdf 或 txt 文件，或直接粘贴名单文字")
        raise UnreadableFile(reason.format(ending=ending or name))
    _require_kind(file, ending)
    return reader(file, name)


def _require_kind(file: BinaryIO, ending: str) -> None:
    """The content must be what the name says."""
    start = file.read(8)
    file.seek(0)
    wanted = {".xlsx": ZIP, ".xlsm": ZIP, ".docx": ZIP, ".pdf": PDF, ".xls": OLE}.get(ending)
    if wanted and not start.startswith(wanted):
        reason = _("文件内容不是真正的 {ending}（可能改过扩展名或已加密）；请用原软件另存后重新上传")
        raise UnreadableFile(reason.format(ending=ending))


def _sheet(file: BinaryIO, name: str) -> Iterator[Line]:
    if not name.lower().endswith(".xls"):
        refuse_bombs(file)
    return read_lines(file, name, is_checked=True)


def text_lines(text: str) -> Iterator[Line]:
    """Pasted text: a line that tabs, commas or wide gaps divide becomes cells, any other one cell."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield Line(number, [cell.strip() for cell in _WIDE_GAP.split(line.strip(" "))])


def _text(file: BinaryIO, name: str) -> Iterator[Line]:
    encoding = encoding_of(file)
    text = file.read().decode(encoding)
    if "\0" in text:
        raise UnreadableFile(_("这不是文本文件；请另存为 csv 或 xlsx 后重新上传"))
    return text_lines(text)


def _document(file: BinaryIO, name: str) -> Iterator[Line]:
    """The rows of every table of a Word file; where it has none, its paragraphs."""
    from docx import Document
    from docx.oxml.ns import qn

    refuse_bombs(file)
    try:
        body = Document(file).element.body
    except Exception as error:  # the library raises whatever a broken part makes it stumble on
        raise UnreadableFile(_("Word 文档无法打开；请用 Word 另存为 docx 后重新上传")) from error
    rows = list(body.iter(qn("w:tr")))
    if not rows:
        return text_lines("\n".join(_words(paragraph, qn) for paragraph in body.iter(qn("w:p"))))
    return _table_rows(rows, qn)


def _table_rows(rows: list[Any], qn: Callable[[str], str]) -> Iterator[Line]:
    above: list[str] = []
    for number, row in enumerate(rows, start=1):
        cells: list[str] = []
        for cell in row.iterchildren(qn("w:tc")):
            span, continued = _merged(cell, qn)
            place = len(cells)
            said = above[place] if continued and place < len(above) else _words(cell, qn)
            cells += [said, *[""] * (span - 1)]
        above = cells
        yield Line(number, list(cells))


def _merged(cell: Any, qn: Callable[[str], str]) -> tuple[int, bool]:
    """Over how many columns a cell reaches, and whether it goes on from the row above."""
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    wide = span.get(qn("w:val"), "1") if span is not None else "1"
    continued = merge is not None and merge.get(qn("w:val"), "continue") == "continue"
    return (min(int(wide), 64) if wide.isdecimal() else 1), continued


def _words(element: Any, qn: Callable[[str], str]) -> str:
    return "".join(run.text or "" for run in element.iter(qn("w:t"))).strip()


def _pages(file: BinaryIO, name: str) -> Iterator[Line]:
    """The text of a PDF, line by line. A scan has none."""
    import pypdf

    try:
        reader = pypdf.PdfReader(file)
        if reader.is_encrypted:
            raise UnreadableFile(_("PDF 已加密；请去除密码后重新上传，或粘贴名单文字"))
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableFile(_("PDF 超过 {limit} 页；请只保留名单部分后上传").format(limit=MAX_PAGES))
        text = "\n".join(page.extract_text() for page in reader.pages)
    except UnreadableFile:
        raise
    except Exception as error:  # a broken PDF makes the library raise almost anything
        raise UnreadableFile(_("PDF 无法读取（可能已损坏）；请换一个文件，或粘贴名单文字")) from error
    if not text.strip():
        raise UnreadableFile(_("PDF 里没有文字，可能是扫描件；请上传表格，或粘贴名单文字"))
    return text_lines(text)


Reader = Callable[[BinaryIO, str], Iterator[Line]]
READERS: dict[str, Reader] = {
    ".xlsx": _sheet,
    ".xlsm": _sheet,
    ".xls": _sheet,
    ".csv": read_lines,
    ".tsv": read_lines,
    ".txt": _text,
    ".docx": _document,
    ".pdf": _pages,
}
