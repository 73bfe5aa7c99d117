"""The workbooks of the import: the rows that did not come in, in their own layout, and the template."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.utils.translation import gettext as _

from crm.choices import STATED_SOURCES, Basis, RowOutcome
from crm.columns import REASON_HEADING, Layout
from crm.fact_codes import FACT_CODES, UNIT_LABELS, YES_NO, YUAN, FactCode
from crm.headings import FIELD_LABELS, FIRM_HEADERS
from crm.models import Import, ImportRow, Region
from crm.services.import_reading import seen_lines
from crm.workbooks import EXACT, Book, Sheet, new_book

NOT_IN = (RowOutcome.REFUSED, RowOutcome.PENDING)
TEMPLATE_ROWS = 1000
SAMPLE = {
    "credit_code": "示例 91450800MA5L00000X",
    "name": "示例企业（本行导入时自动跳过）",
    "registered_on": "2015-03-01",
    "firm_type": "有限责任公司",
    "legal_representative": "张三",
    "capital": "500万元",
    "business_scope": "电子产品制造与销售",
    "industry": "C3983",
    "contact_name": "李四",
    "contact_phone": "0775-4200000",
    "contact_email": "lisi@example.cn",
}


def keep_refused(batch: Import) -> None:
    """Store the rows that did not come in as a workbook beside the file; none where every row did."""
    rows = batch.rows.filter(outcome__in=NOT_IN).order_by("line")
    batch.refused = ""
    if not rows.exists():
        return
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        write_refused(batch, file.name)
        stem = Path(batch.name).stem[:60]
        batch.refused.save(_("{name}-未导入.xlsx").format(name=stem), File(file), save=False)


def write_refused(batch: Import, path: str) -> None:
    """The sheet as it was: titles, heading and columns in their places, and one column more that says why."""
    layout = Layout.from_dict(batch.layout)
    place = layout.headings.index(REASON_HEADING) if REASON_HEADING in layout.headings else len(layout.headings)
    with new_book(path) as book:
        sheet = book.sheet(_sheet_name(batch))
        sheet.inner.set_column(0, place, 16)
        sheet.inner.set_column(place, place, 60)
        _write_head(sheet, batch, layout, place)
        for row in batch.rows.filter(outcome__in=NOT_IN).order_by("line").iterator(chunk_size=1000):
            sheet.write(_with_reason(row.raw, place, "；".join(row.reasons)), wrong=[*row.places, place])


def _sheet_name(batch: Import) -> str:
    return "".join(sign for sign in batch.sheet if sign not in "[]:*?/\\'")[:31] or "Sheet1"


def _write_head(sheet: Sheet, batch: Import, layout: Layout, place: int) -> None:
    above = [line for line in seen_lines(batch) if line.number <= layout.header_line]
    first = layout.header_line - layout.height + 1
    for line in above:
        sheet.rows = line.number - 1
        cells = _with_reason(line.cells, place, REASON_HEADING) if line.number == first else line.cells
        sheet.write(cells, look=sheet.book.head if line.number >= first else None)
    sheet.rows = layout.header_line


def _with_reason(cells: Sequence[Any], place: int, reason: str) -> list[Any]:
    found = [*cells[:place], *[""] * (place - len(cells)), reason]
    return found + list(cells[place + 1 :])


def shown_cell(cell: Any) -> str:
    """A cell as a spreadsheet shows it: a whole number without the nought behind its point."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT else cell)


def refused_cells(row: ImportRow, layout: Layout) -> list[tuple[str, str, str]]:
    """Each reason of a row with the heading and the text of the cell that it is about."""
    found = []
    for number, reason in enumerate(row.reasons):
        place = row.places[number] if number < len(row.places) else -1
        heading = layout.headings[place] if 0 <= place < len(layout.headings) else ""
        found.append((heading, shown_cell(row.raw[place]) if 0 <= place < len(row.raw) else "", reason))
    return found


def write_template(file: IO[bytes], region: Region | None) -> None:
    """A workbook to fill in: code columns as text, an example row, lists to choose from, and a page of explanations."""
    columns = [(name, FIRM_HEADERS[name][0]) for name in FIELD_LABELS if name not in {"province", "city"}]
    facts = list(FACT_CODES.values())
    headings = [heading for _name, heading in columns] + [_fact_heading(fact) for fact in facts]
    with new_book(file) as book:
        sheet = book.sheet("企业", headings=headings, widths=[24, 30, *[16] * (len(headings) - 2)])
        sheet.inner.set_column(0, 0, 24, book.text)
        sheet.write([*(_sample(name, region) for name, _heading in columns), *map(_fact_sample, facts)])
        for place, choices in _choices(columns, facts, region):
            _restrict(sheet, place, choices)
        _explain(book, columns, facts)


def _fact_heading(fact: FactCode) -> str:
    return (
        f"{fact.headers[0]}({'万元' if fact.unit == YUAN else UNIT_LABELS[fact.unit]})"
        if fact.unit != YES_NO
        else (fact.headers[0])
    )


def _sample(name: str, region: Region | None) -> str:
    places = {"county": _places(region)[0], "address": f"{_places(region)[0]}工业园区1号"}
    stated = {"year": "2024", "source": str(STATED_SOURCES[3][1])}
    return {**SAMPLE, **places, **stated}.get(name, "")


def _fact_sample(fact: FactCode) -> str:
    return "是" if fact.unit == YES_NO else ""


def _places(region: Region | None) -> list[str]:
    """The counties and zones that a firm may be put into; the region's own name where it has none below."""
    if region is None:
        return [""]
    below = Region.objects.filter(path__startswith=region.path).exclude(pk=region.pk).order_by("path")
    return list(below.values_list("name", flat=True)[:200]) or [region.name]


def _choices(
    columns: Sequence[tuple[str, str]], facts: Sequence[FactCode], region: Region | None
) -> list[tuple[int, list[str]]]:
    lists = {
        "county": _places(region),
        "source": [str(label) for _value, label in STATED_SOURCES],
        "basis": [str(choice.label) for choice in Basis],
    }
    found = [(place, lists[name]) for place, (name, _heading) in enumerate(columns) if name in lists]
    return found + [(len(columns) + n, ["是", "否"]) for n, fact in enumerate(facts) if fact.unit == YES_NO]


def _restrict(sheet: Sheet, place: int, choices: list[str]) -> None:
    """A list to choose from; a spreadsheet takes no more than 255 characters of it."""
    while len(",".join(choices)) > 255:
        choices = choices[:-1]
    sheet.inner.data_validation(1, place, TEMPLATE_ROWS, place, {"validate": "list", "source": choices})


def _explain(book: Book, columns: Sequence[tuple[str, str]], facts: Sequence[FactCode]) -> None:
    sheet = book.sheet("填写说明", headings=["列", "说明", "也认这些表头"], widths=[30, 50, 60])
    said = {
        "credit_code": _("必填，18 位，识别企业的关键；请保持文本格式"),
        "name": _("新企业必填"),
        "registered_on": _("如 2015-03-01、2015年3月1日"),
        "capital": _("写明单位，如 500万元、100万美元"),
        "county": _("从列表中选择；不填时按地址和代码判断"),
        "year": _("各项数据所属的年度，如 2024；分年度的数据必填"),
        "basis": _("职工、研发费用等分口径的数据填写"),
        "source": _("数据来自哪里；不填为企业申报"),
    }
    firm = ([heading, said.get(name, ""), "、".join(FIRM_HEADERS[name])] for name, heading in columns)
    figures = ([_fact_heading(fact), str(fact.label), "、".join(fact.headers)] for fact in facts)
    for row in chain(firm, figures):
        sheet.write(row)
