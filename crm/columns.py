"""Finds out what the columns of an uploaded table mean, from their Chinese headings. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.utils.translation import gettext as _

from crm.errors import UnreadableFile
from crm.fact_codes import FACT_CODES, YUAN
from crm.identifiers import tidy
from crm.money import header_scale
from crm.tables import Cells, Line

HEADER_SEARCH_LINES = 20
FIRM_HEADERS = {
    "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码"),
    "name": ("企业名称", "单位名称", "公司名称", "名称"),
    "former_name": ("曾用名", "原名称"),
    "registered_on": ("注册日期", "成立日期", "成立时间", "注册时间"),
    "firm_type": ("企业类型", "公司类型", "登记类型"),
    "legal_representative": ("法定代表人", "法人代表", "法人"),
    "capital": ("注册资金", "注册资本"),
    "business_scope": ("经营范围",),
    "province": ("所在省份", "省份", "省"),
    "city": ("地区", "地市", "所在城市", "城市"),
    "county": ("县区", "所属县区", "县(市、区)", "县市区", "所属区划", "园区"),
    "address": ("注册地址", "地址", "住所", "企业地址"),
    "industry": ("行业代码", "国民经济行业代码", "行业"),
    "contact_name": ("联系人", "联系人姓名"),
    "contact_phone": ("联系电话", "电话", "手机"),
    "contact_email": ("邮箱", "电子邮箱", "电子邮件"),
    "year": ("年度", "数据年度", "年份", "会计年度"),
    "basis": ("口径", "统计口径"),
    "source": ("来源", "数据来源"),
}
_UNIT = re.compile(r"[(（\[【]\s*(?:单位[:：])?\s*(元|千元|万元|百万元|亿元|人|项|件|家|个|分|%|％)\s*[)）\]】]$")
_SPACE = re.compile(r"[\s*＊:：]+")


@dataclass(frozen=True)
class Column:
    """What one column holds: a field of the firm, or a fact (`fact:sales_cny`), and the unit its heading names."""

    index: int
    field: str
    heading: str
    unit: str = ""


@dataclass(frozen=True)
class Layout:
    """Where the table starts and what its columns mean. `unknown` headings are kept in the row, not imported."""

    header_line: int
    columns: tuple[Column, ...]
    headings: tuple[str, ...]
    unknown: tuple[str, ...]

    @cached_property
    def fields(self) -> dict[str, Column]:
        """The columns by the field that they hold."""
        return {column.field: column for column in self.columns}

    @cached_property
    def facts(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.field.startswith("fact:"))

    def raw(self, cells: Cells) -> dict[str, str]:
        """The line as it stood, by heading: what a person sees in the report and can fix."""
        return {
            heading or f"第{index + 1}列": text
            for index, heading in enumerate(self.headings)
            if index < len(cells) and (text := tidy(cells[index]))
        }


def _synonyms() -> dict[str, str]:
    known = {_plain(name): field for field, names in FIRM_HEADERS.items() for name in names}
    for fact in FACT_CODES.values():
        for name in (*fact.headers, fact.code):
            known[_plain(name)] = f"fact:{fact.code}"
    return known


def _plain(heading: str) -> str:
    return _SPACE.sub("", heading).replace("（", "(").replace("）", ")").lower()


def column_for(index: int, heading: object, known: dict[str, str]) -> Column | None:
    """The meaning of one heading such as `研发费用（万元）`; None when no field goes by that name."""
    text = tidy(heading)
    unit = ""
    field = known.get(_plain(text))
    if field is None and (found := _UNIT.search(text)):
        unit = found[1]
        field = known.get(_plain(text[: found.start()]))
    if field is None and text.endswith("元"):
        bare = re.sub(r"[,，/]?(万|千|百万|亿)?元$", "", text)
        unit, field = text[len(bare) :].lstrip(",，/"), known.get(_plain(bare))
    return Column(index, field, text, unit) if field else None


def find_layout(lines: Iterable[Line]) -> tuple[Layout, Iterator[Line]]:
    """The layout of a table and the lines below its heading. Title rows above it are skipped.

    Raises UnreadableFile when no heading with a credit code is found in the first lines.
    """
    known, stream = _synonyms(), iter(lines)
    best: tuple[str, ...] = ()
    for line in islice(stream, HEADER_SEARCH_LINES):
        layout = _layout_of(line, known)
        if "credit_code" in layout.fields and len(layout.columns) >= 2:
            return layout, stream
        best = max(best, tuple(column.heading for column in layout.columns), key=len)
    found = "、".join(best) or _("没有")
    reason = _("前 {count} 行没有找到带“统一社会信用代码”的表头（认出的列：{found}）；请下载模板对照表头")
    raise UnreadableFile(reason.format(count=HEADER_SEARCH_LINES, found=found))


def _layout_of(line: Line, known: dict[str, str]) -> Layout:
    columns: dict[str, Column] = {}
    unknown: list[str] = []
    for index, heading in enumerate(line.cells):
        column = column_for(index, heading, known)
        if column and column.field not in columns:
            columns[column.field] = column
        elif tidy(heading):
            unknown.append(tidy(heading))
    headings = tuple(tidy(cell) for cell in line.cells)
    return Layout(line.number, tuple(columns.values()), headings, tuple(unknown))


def money_without_unit(layout: Layout) -> list[str]:
    """Headings of amounts that do not say whether they are 元 or 万元: their bare numbers will be refused."""
    return [
        column.heading
        for column in layout.facts
        if FACT_CODES[column.field[5:]].unit == YUAN and header_scale(column.unit) is None
    ]
