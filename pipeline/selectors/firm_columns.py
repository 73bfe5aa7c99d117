"""The columns that the firm list can show beside 企业 and 梯度, and their cells for the rows of one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.choices import Source
from crm.models import Fact, Firm, FirmTag, Tag, Task, User
from crm.templatetags.show import day, figure, wan
from pipeline.models import Application, Recognition
from pipeline.selectors.chips import GapChip
from pipeline.workflows import PROGRAMMES

SOURCES = list(Source.values)  # in the order in which they count
NOTHING = "—"


@dataclass(frozen=True)
class Cell:
    """What stands in one place of the table; a `tone` makes it a pill with an icon, `css` is the cell's class."""

    text: str
    css: str = ""
    tone: str = ""


@dataclass
class Rows:
    """What the columns know of the firms of one page; each part is read when a column asks, in one query."""

    firms: Sequence[Firm]
    user: User
    today: date
    chips: Mapping[int, tuple[GapChip, ...]]
    codes: list[str] = field(default_factory=list)  # the figures that are shown

    @cached_property
    def keys(self) -> list[int]:
        return [firm.pk for firm in self.firms]

    @cached_property
    def tags(self) -> dict[int, list[str]]:
        mine = Tag.objects.visible_to(self.user)
        rows = FirmTag.objects.filter(firm__in=self.keys, tag__in=mine).order_by("tag__name")
        return _gathered(rows.values_list("firm", "tag__name"))

    @cached_property
    def plans(self) -> dict[int, list[str]]:
        rows = Task.objects.visible_to(self.user).open().filter(firm__in=self.keys).order_by("due_on", "pk")
        return _gathered(rows.values_list("firm", "title"))

    @cached_property
    def running(self) -> dict[int, list[str]]:
        rows = Application.objects.visible_to(self.user).in_progress().filter(firm__in=self.keys)
        rows = rows.only("firm", "programme", "workflow_code", "stage").order_by("programme", "year", "pk")
        said = (
            (
                row.firm_id,
                _("{programme}：{state}").format(programme=row.programme_label, state=row.current.label),
            )
            for row in rows
        )
        return _gathered(said)

    @cached_property
    def ends(self) -> dict[int, list[str]]:
        rows = Recognition.objects.valid_on(self.today).filter(firm__in=self.keys).exclude(valid_until=None)
        found = rows.order_by("valid_until", "pk").values_list("firm", "programme", "valid_until")
        return _gathered(
            (firm, _("{programme}：{state}").format(programme=PROGRAMMES[programme].short_label, state=day(until)))
            for firm, programme, until in found
        )

    @cached_property
    def figures(self) -> dict[tuple[int, str], tuple[Any, int]]:
        """The newest figure of each firm and code with its year; of several sources the one that comes first."""
        rows = Fact.objects.filter(firm__in=self.keys, code__in=self.codes)
        found: dict[tuple[int, str], tuple[Any, int]] = {}
        listed = rows.values_list("firm", "code", "year", "source", "value")
        for firm, code, year, _source, value in sorted(listed, key=lambda row: (-row[2], SOURCES.index(row[3]))):
            found.setdefault((firm, code), (value, year))
        return found


def _gathered(pairs: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for firm, text in pairs:
        found.setdefault(firm, []).append(text)
    return found


Read = Callable[[Rows, Firm], Cell]


@dataclass(frozen=True)
class Column:
    """One column: its code in the address, its head, how its cells are read, and the order that its head asks for."""

    code: str
    label: Any
    read: Read
    sort: str = ""
    css: str = ""


def _region(rows: Rows, firm: Firm) -> Cell:
    if firm.region_pending:
        return Cell(_("县区待定"), "nowrap", "soon")
    return Cell(firm.region.short_name, "nowrap")


def _next(rows: Rows, firm: Firm) -> Cell:
    if firm.next_action_on is None:
        return Cell(NOTHING, "soft")
    late = firm.next_action_on < rows.today
    words = [day(firm.next_action_on), _("已逾期") if late else "", *rows.plans.get(firm.pk, [])[:1]]
    return Cell(" ".join(word for word in words if word), "act" if late else "")


def _capital(rows: Rows, firm: Firm) -> Cell:
    if firm.capital_amount is None:
        return Cell(NOTHING, "num")
    return Cell(_("{amount} 万{currency}").format(amount=wan(firm.capital_amount), currency=_currency(firm)), "num")


def _currency(firm: Firm) -> str:
    return _("元") if firm.capital_currency in ("", "CNY") else firm.capital_currency


def _figure(code: str) -> Read:
    def read(rows: Rows, firm: Firm) -> Cell:
        value, year = rows.figures.get((firm.pk, code), (None, 0))
        if value is None:
            return Cell(NOTHING, "num")
        if code == "employees":
            return Cell(_("{n} 人（{year}）").format(n=figure(value), year=year), "num nowrap")
        return Cell(_("{n} 万元（{year}）").format(n=wan(value), year=year), "num nowrap")

    return read


def _day(name: str) -> Read:
    return lambda rows, firm: Cell(day(getattr(firm, name)) or NOTHING, "nowrap soft")


def _words(name: str) -> Read:
    return lambda rows, firm: Cell(getattr(firm, name) or NOTHING)


def _listed(part: str) -> Read:
    return lambda rows, firm: Cell("、".join(getattr(rows, part).get(firm.pk, ())) or NOTHING)


def _gap(rows: Rows, firm: Firm) -> Cell:
    chips = rows.chips.get(firm.pk, ())
    said = [
        _("{programme}：{state}").format(programme=PROGRAMMES[chip.programme].short_label, state=chip.text)
        for chip in chips
    ]
    return Cell(_("；").join(said) or NOTHING)


FIGURES = {"sales": "sales_cny", "rd": "rd_cny", "staff": "employees"}
COLUMNS = {
    column.code: column
    for column in (
        Column("region", gettext_lazy("区划"), _region, sort="region"),
        Column("officer", gettext_lazy("经办"), lambda rows, firm: Cell(str(firm.officer or NOTHING), "nowrap")),
        Column(
            "registered",
            gettext_lazy("成立"),
            lambda rows, firm: Cell(firm.registered_on.isoformat() if firm.registered_on else NOTHING, "nowrap soft"),
            sort="registered",
        ),
        Column("updated", gettext_lazy("更新"), _day("updated_at"), sort="updated"),
        Column("contact", gettext_lazy("最近联系"), _day("last_contact_on"), sort="contact"),
        Column("next", gettext_lazy("下一步"), _next, sort="next"),
        Column("tags", gettext_lazy("标签"), _listed("tags")),
        Column("industry", gettext_lazy("行业"), _words("industry")),
        Column("legal", gettext_lazy("法定代表人"), _words("legal_representative")),
        Column("capital", gettext_lazy("注册资本"), _capital, css="num"),
        Column("sales", gettext_lazy("销售收入"), _figure("sales_cny"), css="num"),
        Column("rd", gettext_lazy("研发费用"), _figure("rd_cny"), css="num"),
        Column("staff", gettext_lazy("职工人数"), _figure("employees"), css="num"),
        Column("gap", gettext_lazy("差距"), _gap),
        Column("stage", gettext_lazy("办理阶段"), _listed("running")),
        Column("until", gettext_lazy("有效期至"), _listed("ends")),
    )
}
USUAL = ("region", "officer", "registered", "updated")


def columns_of(asked: Sequence[str]) -> list[Column]:
    """The columns that an address asks for, in their usual order; the usual ones where it asks for none."""
    wanted = set(asked) if asked else set(USUAL)
    return [column for code, column in COLUMNS.items() if code in wanted]


def cells_of(
    columns: Sequence[Column],
    firms: Sequence[Firm],
    *,
    user: User,
    today: date,
    chips: Mapping[int, tuple[GapChip, ...]],
) -> dict[int, list[Cell]]:
    """The cells of each firm in the order of the columns.

    One query each for tags, next actions, running applications and ends of titles, one for all figures together;
    none for the others.
    """
    codes = [FIGURES[column.code] for column in columns if column.code in FIGURES]
    rows = Rows(firms, user, today, chips, codes)
    return {firm.pk: [column.read(rows, firm) for column in columns] for firm in firms}
