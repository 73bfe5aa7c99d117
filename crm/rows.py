"""Turns one line of a table into a firm's fields and facts, or into the reasons why not. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.choices import STATED_SOURCES, Basis, Source
from crm.columns import Column, Layout
from crm.fact_codes import FACT_CODES, NO_YEAR, YES_NO, YUAN, FactCode
from crm.identifiers import Unreadable, blank, credit_code, day, is_destroyed, said, tidy
from crm.money import money, number
from crm.tables import Line

YES = {"是", "有", "1", "1.0", "y", "yes", "true", "√", "✓"}
NO = {"否", "无", "0", "0.0", "n", "no", "false", "×"}
TEXT_LIMITS = {"name": 120, "firm_type": 60, "legal_representative": 60, "business_scope": 5000, "address": 200}
INDUSTRY = re.compile(r"^[A-T]?\d{2}(\d(\d)?)?$|^[A-T]$")
COUNTED = re.compile(r"\s*[人名项件个家分]$")
OTHER_LIMITS = {"former_name": 120, "contact_name": 60, "contact_phone": 40}
FIRST_YEAR = 1990
FactKey = tuple[int, str, str, str]  # year, code, basis, source


WHOLE_ROW = -1  # in place of a column, where a reason is about the row


@dataclass
class ParsedRow:
    """One line, read: what it says of the firm, or every reason why it cannot be used, each with its column."""

    line: int
    raw: list[Any]
    credit_code: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    county: str = ""
    city: str = ""
    former_name: str = ""
    contact: dict[str, str] = field(default_factory=dict)
    facts: dict[FactKey, Decimal] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def refuse(self, reason: str, place: int = WHOLE_ROW) -> None:
        self.reasons.append(reason)
        self.places.append(place)


def parse_row(line: Line, layout: Layout, *, this_year: int) -> ParsedRow | None:
    """Read one line; None for an empty one. Every reason against it is collected, none hides another."""
    if layout.is_empty(line.cells):
        return None
    row = ParsedRow(line.number, layout.kept(line.cells))
    if is_destroyed("".join(map(str, line.cells))):
        bad = next((index for index, cell in enumerate(line.cells) if is_destroyed(cell)), WHOLE_ROW)
        row.refuse(_("文字在来源处已损坏（含无法还原的字符），未作猜测；请向来源单位索取正确文本后重新导入"), bad)
        return row
    reader = _Reader(row, line, layout)
    reader.firm()
    reader.facts(this_year)
    return row


class _Reader:
    """Reads the cells of one line by field name and collects what is wrong with them."""

    def __init__(self, row: ParsedRow, line: Line, layout: Layout) -> None:
        self.row = row
        self.columns = layout.fields
        self.fact_columns = layout.facts
        self.cells = line.cells

    def at(self, column: Column | None) -> object:
        return self.cells[column.index] if column and column.index < len(self.cells) else ""

    def read(self, column: Column | None, reader: Callable[[Any], Any]) -> Any:
        """The value of a cell, or None with the reason noted."""
        try:
            return reader(self.at(column))
        except Unreadable as error:
            named = column is not None and column.field != "credit_code"  # its sentences name it themselves
            reason = f"{column.heading}：{error}" if named else str(error)  # type: ignore[union-attr]
            self.row.refuse(reason, column.index if column else WHOLE_ROW)
            return None

    def field(self, name: str, reader: Callable[[Any], Any]) -> Any:
        return self.read(column, reader) if (column := self.columns.get(name)) else None

    def text(self, name: str) -> str:
        return said(self.at(self.columns.get(name)))

    def firm(self) -> None:
        row = self.row
        row.credit_code = self.read(self.columns.get("credit_code"), credit_code) or ""
        values = {name: self.field(name, reader) for name, reader in FIELD_READERS.items()}
        capital = self.columns.get("capital")
        if capital and (amount := self.read(capital, lambda value: money(value, unit=capital.unit))):
            values |= {"capital_amount": amount.amount, "capital_currency": amount.currency}
        row.fields = {name: value for name, value in values.items() if value not in (None, "")}
        row.county, row.city, row.former_name = (self.text(name) for name in ("county", "city", "former_name"))
        if name := self.text("contact_name"):
            row.contact = {"name": name, "phone": self.text("contact_phone"), "email": self.text("contact_email")}
        self.limits()

    def limits(self) -> None:
        """What its column cannot hold is refused before the database refuses it."""
        if self.text("contact_email"):
            self.field("contact_email", _email)
        for name, limit in OTHER_LIMITS.items():
            if len(self.text(name)) > limit:
                self.field(name, _limited(limit))

    def facts(self, this_year: int) -> None:
        filled = [column for column in self.fact_columns if not blank(self.at(column))]
        if not filled:
            return
        year = self.read(self.columns.get("year"), lambda value: _year(value, this_year))
        source = self.read(self.columns.get("source"), _source)
        basis = self.read(self.columns.get("basis"), _basis)
        for column in filled:
            self._fact(column, column.year or year, basis, source, this_year)

    def _fact(self, column: Column, year: int | None, basis: str | None, source: str | None, this_year: int) -> None:
        kind = FACT_CODES[column.field.removeprefix("fact:")]
        value = self.read(column, lambda cell: fact_value(kind, cell, unit=column.unit))
        if kind.per_year and year == NO_YEAR:
            reason = _("{heading}：没有写明年度；请加“年度”一列").format(heading=column.heading)
            self.row.refuse(reason, column.index)
        if column.year > this_year:
            self.row.refuse(_("{heading}：年度在未来；请核对表头").format(heading=column.heading), column.index)
        if value is None or year is None or basis is None or source is None:
            return
        fits = basis if basis in kind.bases else (kind.bases[0] if kind.bases else Basis.NONE)
        self.row.facts[(year if kind.per_year else NO_YEAR, kind.code, str(fits), source)] = value


def fact_value(kind: FactCode, cell: object, *, unit: str = "") -> Decimal | None:
    """A fact's value from what somebody typed: yuan for money, 1 or 0 for yes/no. Raises Unreadable."""
    if kind.unit == YES_NO:
        return _yes_no(cell)
    value = _yuan(cell, unit) if kind.unit == YUAN else number(_without_unit(cell))
    if value is not None and value < 0 and not kind.may_be_negative:
        raise Unreadable(_("“{value}”不能为负数").format(value=cell))
    if value is not None and abs(value) >= Decimal(10) ** 15:
        raise Unreadable(_("“{value}”过大；请核对单位").format(value=cell))
    return value


def _yuan(cell: object, unit: str) -> Decimal | None:
    """An amount in yuan, perhaps negative; other currencies are refused, because nobody said at what rate."""
    text = tidy(cell)
    negative = text.startswith(("-", "−"))
    amount = money(text.lstrip("-−") if negative else cell, unit=unit)
    if amount is None:
        return None
    if amount.currency != "CNY":
        raise Unreadable(_("“{value}”不是人民币；请折算成人民币后填写").format(value=cell))
    return -amount.amount if negative else amount.amount


def _without_unit(cell: object) -> object:
    """`35人` and `3 项` are figures that name their unit."""
    return COUNTED.sub("", tidy(cell)) if isinstance(cell, str) else cell


def _limited(limit: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = said(value)
        if len(text) > limit:
            raise Unreadable(_("超过 {limit} 个字；请核对该列").format(limit=limit))
        return text

    return read


def _industry(value: object) -> str:
    text = said(value).upper().split(" ")[0]
    if text and not INDUSTRY.match(text):
        raise Unreadable(_("“{value}”不是国民经济行业代码；请写成 C3612").format(value=value))
    return text


FIELD_READERS: dict[str, Callable[[Any], Any]] = {
    **{name: _limited(limit) for name, limit in TEXT_LIMITS.items()},
    "industry": _industry,
    "registered_on": day,
}


def _email(value: object) -> str:
    try:
        validate_email(tidy(value))
    except ValidationError:
        raise Unreadable(_("“{value}”不是有效的邮箱地址").format(value=value)) from None
    return tidy(value)


def _year(value: object, this_year: int) -> int:
    if blank(value):
        return NO_YEAR
    text = tidy(value).removesuffix("年").removesuffix("年度").removesuffix(".0")
    if not text.isdecimal() or not FIRST_YEAR <= int(text) <= this_year:
        reason = _("年度“{value}”应在 {first} 与 {last} 之间")
        raise Unreadable(reason.format(value=value, first=FIRST_YEAR, last=this_year))
    return int(text)


@lru_cache(maxsize=8)
def _words(choices: Any) -> dict[str, str]:
    """Each value by its code and by its label in every language: a file need not be in the reader's own."""
    found = {choice.value: choice.value for choice in choices}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(choice.label): choice.value for choice in choices}
    return found


def _source(value: object) -> str:
    if blank(value):
        return Source.DECLARED.value
    found = _words(Source).get(tidy(value))
    if found is not None and found != Source.REGISTER:
        return found
    names = "、".join(str(label) for _value, label in STATED_SOURCES)
    raise Unreadable(_("来源“{value}”无法识别；可填：{names}").format(value=value, names=names))


def _basis(value: object) -> str:
    if blank(value):
        return Basis.NONE.value
    if (found := _words(Basis).get(tidy(value))) is not None:
        return found
    names = "、".join(str(choice.label) for choice in Basis)
    raise Unreadable(_("口径“{value}”无法识别；可填：{names}").format(value=value, names=names))


def _yes_no(value: object) -> Decimal | None:
    if tidy(value) == "":
        return None
    text = tidy(value).lower()
    if text in YES:
        return Decimal(1)
    if text in NO:
        return Decimal(0)
    raise Unreadable(_("“{value}”应填“是”或“否”").format(value=value))
