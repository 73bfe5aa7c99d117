"""The tables that can be exported: firms as the list shows them or with all that is known, applications, titles.

Each reads its rows through `visible_to` at the moment of writing, some keys at a time, in a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import Basis, ExportColumns, FirmStatus, Source
from crm.fact_codes import FACT_CODES, UNIT_LABELS, YUAN
from crm.models import Contact, Export, Fact, Firm, FirmTag, Task
from crm.services.exports import Table, exports
from crm.sheets import Cell
from pipeline.models import Application, Recognition
from pipeline.selectors.firms import RUNG_WORDS, Rung, ladders_of
from pipeline.workflows import PROGRAMMES

WAN = Decimal(10_000)
BASES = dict(Basis.choices)
Cells = list[Cell]


@dataclass(frozen=True)
class Own:
    """Columns that the firm's own row fills: each with its head, the value it is made of, and how."""

    columns: Sequence[tuple[str, str, Callable[[Any], Cell] | None]]

    @property
    def heads(self) -> list[str]:
        return [head for head, _field, _make in self.columns]


@dataclass(frozen=True)
class Beside:
    """Columns that other rows fill: their heads, and what reads the cells of many firms at once, by key."""

    heads: list[str]
    cells: Callable[[Sequence[int]], dict[int, Cells]]


Part = Own | Beside


@exports("firms")
def firm_table(export: Export) -> Table:
    parts = _of_list() if export.columns == ExportColumns.LIST else _of_everything(export)
    return Table([head for part in parts for head in part.heads], lambda keys: _firm_rows(export, parts, keys))


def _firm_rows(export: Export, parts: Sequence[Part], keys: Sequence[int]) -> list[Cells]:
    """The rows of the keys that the owner may see, in their order. Values, not objects: an export is long."""
    fields = [field for part in parts if isinstance(part, Own) for _head, field, _make in part.columns]
    visible = Firm.objects.visible_to(export.owner).filter(pk__in=keys)
    found = {row[0]: iter(row[1:]) for row in visible.values_list("pk", *fields)}
    order = [key for key in keys if key in found]
    rows: dict[int, Cells] = {key: [] for key in order}
    for part in parts:
        if isinstance(part, Beside):
            read = part.cells(order)
            for key, cells in rows.items():
                cells += read[key]
            continue
        for key, cells in rows.items():
            values = found[key]
            cells += [make(next(values)) if make else next(values) for _head, _field, make in part.columns]
    return list(rows.values())


def _in_order(rows: QuerySet[Any], keys: Sequence[int]) -> list[Any]:
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys if key in found]


def _named() -> Own:
    return Own(
        [
            (_("企业名称"), "name", None),
            (_("统一社会信用代码"), "credit_code", None),
            (_("区划"), "region__name", None),
            (_("经办人员"), "officer__name", None),
        ]
    )


def _dated() -> Own:
    words = {value: str(label) for value, label in FirmStatus.choices}
    return Own(
        [
            (_("登记状态"), "status", words.__getitem__),
            (_("成立日期"), "registered_on", None),
            (_("更新日期"), "updated_at", _day),
        ]
    )


def _ladder_part() -> Beside:
    words = {state: str(word) for state, word in RUNG_WORDS.items()}
    heads = [str(table.short_label) for table in PROGRAMMES.values()]

    def cells(firms: Sequence[int]) -> dict[int, Cells]:
        return {pk: [_rung(rung, words) for rung in rungs] for pk, rungs in ladders_of(firms).items()}

    return Beside(heads, cells)


def _rung(rung: Rung, words: dict[str, str]) -> str:
    return f"{words[rung.state]} {rung.year}" if rung.year else words[rung.state]


def _of_list() -> list[Part]:
    """The columns of the firm list, and the tags."""
    return [_named(), _ladder_part(), _tag_part(), _dated()]


def _tag_part() -> Beside:
    def cells(firms: Sequence[int]) -> dict[int, Cells]:
        found: dict[int, list[str]] = {firm: [] for firm in firms}
        rows = FirmTag.objects.filter(firm__in=firms).order_by("tag__name")
        for firm, name in rows.values_list("firm", "tag__name"):
            found[firm].append(name)
        return {firm: ["、".join(names)] for firm, names in found.items()}

    return Beside([_("标签")], cells)


def _of_everything(export: Export) -> list[Part]:
    return [*_of_list(), _register_part(), _contact_part(), _next_part(export), _spoken_part(), _fact_part(export)]


def _register_part() -> Own:
    return Own(
        [
            (_("企业类型"), "firm_type", None),
            (_("法定代表人"), "legal_representative", None),
            (_("注册资本（万元）"), "capital_amount", lambda amount: None if amount is None else amount / WAN),
            (_("币种"), "capital_currency", None),
            (_("行业代码"), "industry", None),
            (_("注册地址"), "address", None),
            (_("经营范围"), "business_scope", None),
        ]
    )


def _contact_part() -> Beside:
    """The first contact of each firm."""

    def cells(firms: Sequence[int]) -> dict[int, Cells]:
        found: dict[int, Cells] = {firm: ["", "", "", ""] for firm in firms}
        rows = Contact.objects.filter(firm__in=firms).order_by("-pk")
        for firm, *contact in rows.values_list("firm", "name", "title", "phone", "email"):
            found[firm] = list(contact)
        return found

    return Beside([_("联系人"), _("职务"), _("电话"), _("邮箱")], cells)


def _next_part(export: Export) -> Beside:
    """What is planned next with each firm."""

    def cells(firms: Sequence[int]) -> dict[int, Cells]:
        found: dict[int, Cells] = {firm: [""] for firm in firms}
        tasks = Task.objects.visible_to(export.owner).open().filter(firm__in=firms)
        for firm, title in tasks.order_by("-due_on", "-pk").values_list("firm", "title"):
            found[firm] = [title]
        return found

    return Beside([_("下一步")], cells)


def _spoken_part() -> Own:
    """By when it is planned, and when somebody last spoke to the firm."""
    return Own([(_("下一步日期"), "next_action_on", None), (_("最近联系"), "last_contact_on", None)])


def _fact_part(export: Export) -> Beside:
    """The figures of a year, each basis in its own column; of several sources the one that comes first."""
    keys = [(kind.code, basis) for kind in FACT_CODES.values() if kind.per_year for basis in kind.bases or ("",)]
    places = {key: place for place, key in enumerate(keys)}
    sources = list(Source.values)

    def cells(firms: Sequence[int]) -> dict[int, Cells]:
        found: dict[int, Cells] = {firm: [None] * len(keys) for firm in firms}
        rows = Fact.objects.filter(firm__in=firms, year=export.year).values_list(
            "firm", "code", "basis", "source", "value"
        )
        for firm, code, basis, _source, value in sorted(rows, key=lambda row: -sources.index(row[3])):
            if (place := places.get((code, basis))) is not None:
                found[firm][place] = value
        return found

    return Beside([_fact_head(code, basis, export.year) for code, basis in keys], cells)


def _fact_head(code: str, basis: str, year: int) -> str:
    kind = FACT_CODES[code]
    unit = _("元") if kind.unit == YUAN else UNIT_LABELS[kind.unit]
    way = f"·{BASES[basis]}" if basis else ""
    return _("{year} 年{label}{way}（{unit}）").format(year=year, label=kind.label, way=way, unit=unit)


@exports("applications")
def application_table(export: Export) -> Table:
    heads = [_("受理编号"), _("企业名称"), _("统一社会信用代码"), _("计划"), _("年度"), _("阶段"), _("轮到"), _("区划")]
    heads += [_("经办人员"), _("发起日期"), _("本阶段自"), _("下一步"), _("下一步日期")]

    def rows(keys: Sequence[int]) -> list[Cells]:
        visible = Application.objects.visible_to(export.owner).filter(pk__in=keys)
        return [_application(row) for row in _in_order(visible.select_related("firm", "region", "officer"), keys)]

    return Table(heads, rows)


def _application(row: Application) -> Cells:
    return [
        row.reference,
        row.firm.name,
        row.firm.credit_code,
        str(row.programme_label),
        row.year,
        str(row.current.label),
        str(row.current.turn.label),
        row.region.name,
        row.officer.name if row.officer else "",
        _day(row.opened_at),
        _day(row.stage_since),
        row.next_action,
        row.next_action_on,
    ]


def _day(instant: Any) -> date:
    return timezone.localtime(instant).date()


@exports("recognitions")
def recognition_table(export: Export) -> Table:
    heads = [_("企业名称"), _("统一社会信用代码"), _("区划"), _("计划"), _("资格"), _("编号"), _("公告文号")]
    heads += [_("认定日期"), _("有效期至"), _("终止日期")]

    def rows(keys: Sequence[int]) -> list[Cells]:
        visible = Recognition.objects.visible_to(export.owner).filter(pk__in=keys)
        return [_recognition(row) for row in _in_order(visible.select_related("firm", "region"), keys)]

    return Table(heads, rows)


def _recognition(row: Recognition) -> Cells:
    return [
        row.firm.name,
        row.firm.credit_code,
        row.region.name,
        str(row.programme_label),
        row.get_title_display(),
        row.number,
        row.document,
        row.granted_on,
        row.valid_until,
        row.ended_on,
    ]
