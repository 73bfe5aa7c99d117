"""A one-time notice as a Word document: one page to print, with places for date and seal."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from pipeline.selectors.notices import Letter

WIDTHS = (Cm(1.2), Cm(5.0), Cm(4.6), Cm(6.2))


def as_docx(letter: Letter) -> DocumentObject:
    """The document, in the language of the moment."""
    notice, application = letter.notice, letter.notice.application
    document = Document()
    _fonts(document)
    title = document.add_heading(_("一次性告知书"), level=1)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(_("编号：{number}").format(number=notice.reference))
    document.add_paragraph(_("{firm}：").format(firm=application.firm.name))
    text = _("贵单位 {year} 年{programme}申报（受理编号 {reference}）的材料，经审核须补正以下 {count} 项。")
    document.add_paragraph(
        text.format(
            year=application.year,
            programme=application.programme_label,
            reference=application.reference,
            count=len(letter.lines),
        )
    )
    _table(document, letter)
    for sentence in closing(letter):
        document.add_paragraph(sentence)
    signed = document.add_paragraph(_("（盖章）　{day}").format(day=timezone.localdate(notice.at).isoformat()))
    signed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return document


def closing(letter: Letter) -> list[str]:
    """Law, time limit, how to correct, and why again: the sentences below the table."""
    notice = letter.notice
    said = [
        _("依据：{law}。").format(law=letter.law),
        _("补正期限：{day} 前。").format(day=notice.due_on.isoformat()),
        _("补正方式：登录企业门户，在材料清单中逐项重新上传后提交。"),
    ]
    if notice.second:
        said.append(_("再次告知的理由：{reason}").format(reason=notice.reason))
    return said


def _table(document: DocumentObject, letter: Letter) -> None:
    table = document.add_table(rows=1, cols=len(WIDTHS), style="Table Grid")
    heads = (_("序号"), _("材料"), _("问题"), _("怎样补正"))
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = head
    for place, line in enumerate(letter.lines, start=1):
        why = _("、").join(line.why) + line.note
        how = _("；").join([*line.how, line.sample] if line.sample else line.how)
        label = f"{line.label}\n{line.source}" + ("" if line.verified else _("（待核实）"))
        for cell, text in zip(table.add_row().cells, (str(place), label, why, how), strict=True):
            cell.text = text
    for row in table.rows:
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = width


def _fonts(document: DocumentObject) -> None:
    for name in ("Normal", "Heading 1"):
        style = document.styles[name]
        style.font.name = "SimSun"  # type: ignore[attr-defined]
        style.font.size = Pt(16 if name == "Heading 1" else 11)  # type: ignore[attr-defined]
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")  # type: ignore[attr-defined]
