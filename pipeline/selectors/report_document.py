"""The work report as a Word document: every number carries the mark of its source, and the sources stand at the end."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from pipeline.report_pictures import bar_picture
from pipeline.report_words import Figure
from pipeline.selectors.report_parts import BARS, CHAPTER, PART, TABLE, TITLE, Block

SONG, HEI = "宋体", "黑体"
PAGE_CM, NAME_CM, BAR_CM = 15.6, 3.2, 8.4


class Notes:
    """Numbers the sources in the order in which they are first named; the same source keeps its number."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def number(self, source: str) -> int:
        return self.known.setdefault(source, len(self.known) + 1)


def as_docx(blocks: Sequence[Block]) -> DocumentObject:
    """The document: A4, Song type, titles in the order of an official report."""
    document, notes = Document(), Notes()
    _page(document)
    for block in blocks:
        if block.kind in {TABLE, BARS}:
            _titled_table(document, block, notes)
        else:
            _paragraph(document, block, notes)
    _sources(document, notes)
    return document


def _page(document: DocumentObject) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - PAGE_CM) / 2)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), SONG)
    style.paragraph_format.line_spacing = 1.5
    style.paragraph_format.space_after = Pt(0)


def _paragraph(document: DocumentObject, block: Block, notes: Notes) -> None:
    paragraph = document.add_paragraph()
    size, font = {TITLE: (18, HEI), PART: (14, HEI), CHAPTER: (12, HEI)}.get(block.kind, (12, SONG))
    if block.kind == TITLE:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(12)
    else:
        paragraph.paragraph_format.first_line_indent = Pt(24)
    if block.kind in {PART, CHAPTER}:
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)
    _write(paragraph, block.pieces, notes, size=size, font=font)


def _write(paragraph: Paragraph, pieces: Sequence[Figure], notes: Notes, *, size: int, font: str = SONG) -> None:
    for piece in pieces:
        _run(paragraph, f"（{piece.text}）" if not piece.known else piece.text, size, font, blank=not piece.known)
        if piece.source:
            mark = _run(paragraph, f"[{notes.number(piece.source)}]", size, font)
            mark.font.superscript = True


def _run(paragraph: Paragraph, text: str, size: int, font: str, *, blank: bool = False) -> Any:
    run: Any = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.bold = font == HEI or None
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if blank:
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    return run


def _titled_table(document: DocumentObject, block: Block, notes: Notes) -> None:
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before = Pt(8)
    title.paragraph_format.keep_with_next = True
    _write(title, block.pieces, notes, size=11, font=HEI)
    if block.kind == TABLE:
        _table(document, block, notes)
    else:
        _bars(document, block, notes)
    document.add_paragraph().paragraph_format.line_spacing = 0.8


def _table(document: DocumentObject, block: Block, notes: Notes) -> None:
    table = document.add_table(rows=len(block.rows), cols=len(block.rows[0]), style="Table Grid")
    _repeat_head(table.rows[0])
    for row, values in zip(table.rows, block.rows, strict=True):
        _together(row)
        for cell, pieces in zip(row.cells, values, strict=True):
            _fill(cell, pieces, notes)


def _bars(document: DocumentObject, block: Block, notes: Notes) -> None:
    """A name, a bar to the scale of its own target with one line at 100 %, and the numbers."""
    table = document.add_table(rows=len(block.rows), cols=3, style="Table Grid")
    table.autofit = False
    widths = [Cm(NAME_CM), Cm(BAR_CM + 0.4), Cm(PAGE_CM - NAME_CM - BAR_CM - 0.4)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width  # Word reads the cells, LibreOffice the columns
    for row, (name, said), share in zip(table.rows, block.rows, block.bars, strict=True):
        _together(row)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
        _fill(row.cells[0], name, notes)
        _draw(row.cells[1], share, f"{name[0].text}：完成{share}%")
        _fill(row.cells[2], said, notes)


def _draw(cell: _Cell, share: int, said: str) -> None:
    """The bar as a picture, with its length in words for who cannot see it."""
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = 1.0
    picture: Any = paragraph.add_run().add_picture(BytesIO(bar_picture(share)), width=Cm(BAR_CM))
    picture._inline.docPr.set("descr", said)


def _fill(cell: _Cell, pieces: Sequence[Figure], notes: Notes) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    _write(paragraph, pieces, notes, size=10)


def _repeat_head(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _together(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _sources(document: DocumentObject, notes: Notes) -> None:
    """The numbered sources; highlighted places are for people to fill in."""
    heading = document.add_paragraph()
    heading.paragraph_format.space_before = Pt(12)
    _write(heading, [Figure("数据来源")], notes, size=11, font=HEI)
    for source, number in list(notes.known.items()):
        line = document.add_paragraph()
        line.paragraph_format.line_spacing = 1.1
        _write(line, [Figure(f"[{number}] {source}。")], notes, size=9)
    closing = document.add_paragraph()
    closing.paragraph_format.line_spacing = 1.1
    _write(closing, [Figure("标黄的“（＿＿，待填）”为系统中没有的数，请填写后再报送。")], notes, size=9)
