"""Finds where the table of an uploaded sheet begins and what its columns mean. Pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _

from crm.errors import UnreadableFile
from crm.fact_codes import NO_YEAR
from crm.headings import FACT, Meaning, is_money, plain, stated_unit, under
from crm.identifiers import blank, tidy
from crm.tables import Cells, Line

HEADER_SEARCH_LINES = 20
REASON_HEADING = "未导入原因"  # the column that a file of refused rows has in addition
_SERIAL = {"序号", "编号", "no", "no.", "序"}
_TOTAL = re.compile(r"^(合\s*计|总\s*计|小\s*计|共\s*计|本页合计|累\s*计)")
_NOTE = re.compile(r"^(注|备注|说明|填表|填报|制表|审核|复核|单位负责人|负责人|打印|示例)")
_NOT_A_GROUP = re.compile(
    r"(台账|名单|名录|汇总表?|一览表|统计表|登记表|明细表|情况表)|^(单位|填报|制表|填表|日期|时间)"
)
Chosen = Mapping[str, Meaning]  # what somebody has said of headings, by their keys


@dataclass(frozen=True)
class Column:
    """What one column holds: a field of the firm, or a fact (`fact:sales_cny`), with the unit and the year that its
    heading names."""

    index: int
    field: str
    heading: str
    unit: str = ""
    year: int = NO_YEAR


@dataclass(frozen=True)
class Layout:
    """Where the table starts and what its columns mean. `unknown` headings are kept in the row, not imported.

    `height` is the number of lines that the heading takes; `header_line` is the last of them.
    """

    header_line: int
    columns: tuple[Column, ...]
    headings: tuple[str, ...]
    height: int = 1

    @cached_property
    def fields(self) -> dict[str, Column]:
        """The columns by the field that they hold."""
        return {column.field: column for column in self.columns}

    @cached_property
    def facts(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.field.startswith(FACT))

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        taken = {column.index for column in self.columns}
        return tuple(heading for index, heading in enumerate(self.headings) if heading and index not in taken)

    @cached_property
    def _serials(self) -> frozenset[int]:
        return frozenset(index for index, heading in enumerate(self.headings) if plain(heading) in _SERIAL)

    @property
    def is_usable(self) -> bool:
        return "credit_code" in self.fields and len(self.columns) >= 2

    @cached_property
    def signature(self) -> str:
        """The same for every file with this heading, whatever was done to it elsewhere."""
        return signature_of(self.headings)

    def is_empty(self, cells: Cells) -> bool:
        """True for a line that says nothing; a running number alone says nothing."""
        return all(blank(cell) or index in self._serials for index, cell in enumerate(cells))

    def is_note(self, cells: Cells) -> bool:
        """True for a line that is no firm: a total, a footnote, the heading repeated, the example of the template."""
        column = self.fields["credit_code"]
        code = tidy(cells[column.index]) if column.index < len(cells) else ""
        if code:
            is_heading = plain(column.heading).endswith(plain(code))
            return is_heading or code.startswith("示例") or _TOTAL.match(code) is not None
        texts = [tidy(cell) for index, cell in enumerate(cells) if index not in self._serials and not blank(cell)]
        named = self.fields.get("name")
        if texts and named and named.index < len(cells) and not blank(cells[named.index]):
            return _TOTAL.match(tidy(cells[named.index])) is not None
        first = next((tidy(cell) for cell in cells if not blank(cell)), "")
        return _TOTAL.match(first) is not None or _NOTE.match(first) is not None

    def kept(self, cells: Cells) -> list[Any]:
        """The line as it stood, in a form that can be stored and written back."""
        found = [cell if isinstance(cell, int | float) else _as_text(cell) for cell in cells]
        while found and found[-1] == "":
            found.pop()
        return found

    def as_dict(self) -> dict[str, Any]:
        columns = [[c.index, c.field, c.unit, c.year] for c in self.columns]
        return {
            "header_line": self.header_line,
            "height": self.height,
            "headings": list(self.headings),
            "columns": columns,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Layout:
        headings = tuple(stored["headings"])
        columns = tuple(Column(index, field, headings[index], *rest) for index, field, *rest in stored["columns"])
        return cls(stored["header_line"], columns, headings, stored["height"])

    def with_meanings(self, meanings: Mapping[int, Meaning]) -> Layout:
        """The same table with other meanings of its columns, by their places."""
        said = {index: meaning for index, meaning in sorted(meanings.items()) if meaning.field}
        return replace(self, columns=_columns(self.headings, said))


def _as_text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.replace("\0", "")  # which no database stores
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def heading_keys(headings: Sequence[str]) -> list[str]:
    """A key for each heading; the second of a name has another one. The column of reasons has none."""
    seen: dict[str, int] = {}
    keys = []
    for heading in headings:
        name = "" if heading == REASON_HEADING else plain(heading)
        seen[name] = seen.get(name, 0) + 1
        keys.append(f"{name}#{seen[name]}" if name and seen[name] > 1 else name)
    return keys


def signature_of(headings: Sequence[str]) -> str:
    keys = heading_keys(headings)
    while keys and not keys[-1]:
        keys.pop()
    return hashlib.sha256("\x1f".join(keys).encode()).hexdigest()[:40]


def find_layout(lines: Iterable[Line], chosen: Chosen | None = None) -> tuple[Layout, Iterator[Line]]:
    """The layout of a table and the lines below its heading. Title rows above it are skipped.

    Raises UnreadableFile when no heading with a credit code is found in the first lines.
    """
    stream = iter(lines)
    head = list(islice(stream, HEADER_SEARCH_LINES))
    layout = best_layout(head, chosen)
    if layout is None:
        raise UnreadableFile(no_heading(head))
    below = (line for line in head if line.number > layout.header_line)
    return layout, chain(below, stream)


def best_layout(head: Sequence[Line], chosen: Chosen | None = None) -> Layout | None:
    """The first heading that holds a credit code; of one line or of two, whichever makes out more columns."""
    for place in range(len(head)):
        found = [layout for layout in _layouts_at(head, place, chosen or {}) if layout.is_usable]
        if found:
            return _with_stated_unit(max(found, key=_understood), head[:place])
    return None


def no_heading(head: Sequence[Line]) -> str:
    found = max((tuple(column.heading for column in layout_of([line]).columns) for line in head), key=len, default=())
    reason = _("前 {count} 行没有找到带“统一社会信用代码”的表头（认出的列：{found}）；请下载模板对照表头")
    return reason.format(count=HEADER_SEARCH_LINES, found="、".join(found) or _("没有"))


def _understood(layout: Layout) -> tuple[int, int]:
    return len(layout.columns), sum(1 for column in layout.columns if column.year)


def possible_layouts(head: Sequence[Line]) -> Iterator[Layout]:
    """Every heading of one line or of two that these lines might have."""
    for place in range(len(head)):
        yield from _layouts_at(head, place, {})


def _layouts_at(head: Sequence[Line], place: int, chosen: Chosen) -> Iterator[Layout]:
    single = layout_of([head[place]], chosen)
    yield single
    if place + 1 < len(head) and is_group(head[place]):
        code = single.fields.get("credit_code")
        below = head[place + 1].cells
        if code is None or code.index >= len(below) or blank(below[code.index]):
            yield layout_of(head[place : place + 2], chosen)


def is_group(line: Line) -> bool:
    """True where a line may be the upper half of a heading: not a title, not a remark."""
    texts = [(index, tidy(cell)) for index, cell in enumerate(line.cells) if not blank(cell)]
    if not texts or any(_NOT_A_GROUP.search(text) for _index, text in texts):
        return False
    return len(texts) > 1 or texts[0][0] > 0


def layout_of(lines: Sequence[Line], chosen: Chosen | None = None) -> Layout:
    """The layout with these lines, one or two, as its heading."""
    pairs = _heading_pairs(lines)
    headings = tuple(f"{group} {own}".strip() for group, own in pairs)
    said = {}
    for index, (key, (group, own)) in enumerate(zip(heading_keys(headings), pairs, strict=True)):
        found = (chosen or {}).get(key) or (under(group, own) if key else None)
        if found is not None and found.field:
            said[index] = found
    return Layout(lines[-1].number, _columns(headings, said), headings, len(lines))


def _heading_pairs(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """For each column what stands above and what stands below; a merged cell holds its text in its first column."""
    lower = [tidy(cell) for cell in lines[-1].cells]
    if len(lines) == 1:
        return [("", own) for own in lower]
    upper = [tidy(cell) for cell in lines[0].cells]
    pairs, group = [], ""
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else ""
        own = lower[index] if index < len(lower) else ""
        group = above or (group if own else "")
        pairs.append((group, own) if own else ("", above))
    return pairs


def _columns(headings: Sequence[str], said: Mapping[int, Meaning]) -> tuple[Column, ...]:
    """One column for each field and year: the first that claims it."""
    found: dict[tuple[str, int], Column] = {}
    for index, (field, unit, year) in said.items():
        found.setdefault((field, year), Column(index, field, headings[index], unit, year))
    return tuple(found.values())


def _with_stated_unit(layout: Layout, above: Sequence[Line]) -> Layout:
    """Money columns that name no unit take the one that a title row states for the table."""
    stated = next((unit for line in above for cell in line.cells if (unit := stated_unit(tidy(cell)))), "")
    if not stated:
        return layout
    columns = (replace(c, unit=stated) if is_money(c.field) and not c.unit else c for c in layout.columns)
    return replace(layout, columns=tuple(columns))


def known_meanings(layout: Layout) -> dict[int, Meaning]:
    """The meaning of each column by its place."""
    return {column.index: Meaning(column.field, column.unit, column.year) for column in layout.columns}
