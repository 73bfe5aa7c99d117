"""Tables that people upload: targets broken down to counties, and entered amounts. All of a file, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import DomainError, UnreadableFile
from crm.identifiers import Unreadable, blank, day, tidy
from crm.models import Region, User
from crm.money import number
from crm.rows import NO, YES
from crm.tables import read_lines
from pipeline.choices import TargetKind
from pipeline.models import Indicator
from pipeline.services.amounts import MOST, add_count
from pipeline.services.targets import set_quota

MOST_ROWS = 5000
YEARS = range(2000, 2101)
HEAD_WITHIN = 5  # the headings stand in one of the first lines
QUOTA_HEADS = {
    "region": ("区划", "县区", "县（市、区）", "地区"),
    "indicator": ("指标", "指标名称"),
    "year": ("年度", "年份"),
    "target": ("目标", "下达指标", "目标数"),
    "stretch": ("争取目标",),
    "pledge": ("自报", "自报数"),
    "officer": ("经办人员", "经办人员用户名"),
    "document": ("文号",),
}
COUNT_HEADS = {
    "region": ("区划", "县区", "县（市、区）", "地区"),
    "indicator": ("指标", "指标名称"),
    "on": ("日期", "完成日期"),
    "value": ("数值", "数量"),
    "evidence": ("依据", "文号或证书号"),
    "verified": ("核验", "是否核验"),
    "amount_class": ("类别",),
    "measure": ("计分金额",),
}
NEEDED = {"quota": ("region", "indicator", "year"), "count": ("region", "indicator", "on", "value", "evidence")}


@dataclass(frozen=True)
class RowReport:
    """One line of the file: what it said, and every reason against it; none where it could be taken."""

    line: int
    said: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class TableReport:
    """What became of a file. Where one row is refused nothing was saved."""

    rows: tuple[RowReport, ...]

    @property
    def refused(self) -> list[RowReport]:
        return [row for row in self.rows if row.reasons]

    @property
    def saved(self) -> int:
        return 0 if self.refused else len(self.rows)


Cells = Mapping[str, object]


class _Refused(Exception):
    """Rolls the file back."""


def import_quotas(file: BinaryIO, *, name: str, actor: User) -> TableReport:
    """A table of targets: region, indicator, year, and target or pledge. Raises UnreadableFile."""
    return _import(file, name, "quota", QUOTA_HEADS, actor, _set_row)


def import_counts(file: BinaryIO, *, name: str, actor: User) -> TableReport:
    """A table of amounts: region, indicator, day, value, evidence and what else is known. Raises UnreadableFile."""
    return _import(file, name, "count", COUNT_HEADS, actor, _add_row)


def _import(
    file: BinaryIO,
    name: str,
    what: str,
    heads: Mapping[str, tuple[str, ...]],
    actor: User,
    apply: Callable[[Cells, _Names, User], None],
) -> TableReport:
    rows, reports = list(_rows(file, name, heads, NEEDED[what])), []
    names = _Names(actor)
    try:
        with transaction.atomic():
            for line, cells in rows:
                said = " ".join(tidy(cell) for cell in cells.values() if not blank(cell))
                reports.append(RowReport(line, said, _reasons(partial(apply, cells, names, actor))))
            if any(report.reasons for report in reports):
                raise _Refused
    except _Refused:
        pass
    return TableReport(tuple(reports))


def _reasons(action: Callable[[], None]) -> tuple[str, ...]:
    try:
        with transaction.atomic():
            action()
    except DomainError as error:
        return tuple(str(reason) for reason in error.reasons)
    except _RowProblems as problems:
        return tuple(problems.args)
    return ()


def _rows(
    file: BinaryIO, name: str, heads: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> Iterator[tuple[int, Cells]]:
    places: dict[str, int] | None = None
    found = 0
    for line in read_lines(file, name):
        if places is None:
            places = _places(line.cells, heads, needed)
            if places is None and line.number >= HEAD_WITHIN:
                break
        elif not all(blank(cell) for cell in line.cells):
            found += 1
            if found > MOST_ROWS:
                raise UnreadableFile(_("超过 {most} 行；请拆分后上传").format(most=MOST_ROWS))
            yield line.number, {key: _cell(line.cells, place) for key, place in places.items()}
    if places is None:
        names = "、".join(heads[key][0] for key in needed)
        raise UnreadableFile(_("没有找到表头；前 {n} 行中应有一行包含：{names}").format(n=HEAD_WITHIN, names=names))
    if not found:
        raise UnreadableFile(_("表头之下没有数据"))


def _cell(cells: list[object], place: int) -> object:
    return cells[place] if place < len(cells) else ""


def _places(cells: list[object], heads: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]) -> dict | None:
    known = {spelling: key for key, spellings in heads.items() for spelling in spellings}
    found = {known[text]: place for place, cell in enumerate(cells) if (text := tidy(cell)) in known}
    return found if all(key in found for key in needed) else None


class _RowProblems(Exception):
    """Every cell of a row that cannot be read."""


class _Names:
    """The regions, indicators and people that a person may name, read once."""

    def __init__(self, actor: User) -> None:
        self.regions: dict[str, Region] = {}
        for region in Region.objects.visible_to(actor).order_by("-path"):
            self.regions |= dict.fromkeys((region.code, region.name, region.short_name), region)
        self.indicators: dict[str, Indicator] = {}
        for indicator in Indicator.objects.filter(active=True):
            self.indicators |= dict.fromkeys((indicator.code, indicator.label), indicator)
        paths = Region.objects.visible_to(actor)
        people = User.objects.filter(posts__region__in=paths, is_active=True)
        self.people = {user.username: user for user in people}


class _Reader:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, cells: Cells) -> None:
        self.cells, self.reasons = cells, []  # type: tuple[Cells, list[str]]

    def get(self, key: str, reader: Callable[[object], Any]) -> Any:
        try:
            return reader(self.cells.get(key, ""))
        except Unreadable as error:
            self.reasons.append(str(error))
            return None

    def need(self, key: str, reader: Callable[[object], Any], missing: str) -> Any:
        """The same of a cell that must say something."""
        if blank(self.cells.get(key, "")):
            self.reasons.append(missing)
            return None
        return self.get(key, reader)

    def one_of(self, key: str, known: Mapping[str, Any], text: str, *, needed: bool = True) -> Any:
        said = tidy(self.cells.get(key, "")) if not blank(self.cells.get(key, "")) else ""
        said = said.removesuffix(".0")
        if not said and not needed:
            return None
        if said not in known:
            self.reasons.append(text.format(said=said))
        return known.get(said)

    def text(self, key: str) -> str:
        cell = self.cells.get(key, "")
        return "" if blank(cell) else tidy(cell)

    def finish(self) -> None:
        if self.reasons:
            raise _RowProblems(*self.reasons)


def _set_row(cells: Cells, names: _Names, actor: User) -> None:
    row = _Reader(cells)
    region = row.one_of("region", names.regions, _("区划“{said}”不在您的辖区内，或无法识别"))
    indicator = row.one_of("indicator", names.indicators, _("没有名为“{said}”的指标"))
    officer = row.one_of("officer", names.people, _("辖区内没有用户名为“{said}”的人员"), needed=False)
    year, target, stretch, pledge = (row.get(key, number) for key in ("year", "target", "stretch", "pledge"))
    if year is None or year not in YEARS:
        row.reasons.append(_("年度无法识别；请填 4 位年份"))
    if target is None and pledge is None:
        row.reasons.append(_("目标和自报数都没有填写"))
    if stretch is not None and target is None:
        row.reasons.append(_("有争取目标而没有目标"))
    row.finish()
    asked = {"document": row.text("document")[:120], "actor": actor, "officer": officer}
    if target is not None:
        set_quota(indicator, region, int(year), target=target, stretch=stretch, **asked)
    if pledge is not None:
        set_quota(indicator, region, int(year), target=pledge, kind=TargetKind.PLEDGE, **asked)


def _add_row(cells: Cells, names: _Names, actor: User) -> None:
    row = _Reader(cells)
    region = row.one_of("region", names.regions, _("区划“{said}”不在您的辖区内，或无法识别"))
    indicator = row.one_of("indicator", names.indicators, _("没有名为“{said}”的指标"))
    on, value = row.need("on", day, _("请填写日期")), row.need("value", number, _("请填写数值"))
    measure, verified = row.get("measure", number), row.get("verified", _verified)
    row.finish()
    add_count(
        indicator,
        region,
        on=on,
        value=_exact(value),
        evidence=row.text("evidence")[:200],
        verified=verified,
        amount_class=row.text("amount_class").upper().removesuffix("类").strip()[:1],
        measure=None if measure is None else _exact(measure),
        actor=actor,
    )


def _verified(cell: object) -> bool:
    """是 or 否; an entry of which the table says nothing is not verified yet."""
    text = "" if blank(cell) else tidy(cell).lower()
    if text in YES | {"已核验"}:
        return True
    if not text or text in NO | {"未核验"}:
        return False
    raise Unreadable(_("核验“{said}”无法识别；请填“是”或“否”").format(said=text))


def _exact(value: Decimal) -> Decimal:
    """A spreadsheet keeps figures as binary fractions: 12.34567 may arrive as 12.345670000000001."""
    return round(value, 6) if abs(value) < MOST else value
