"""The workbook of a leader's brief: every target of the region and of those below, the push list, and what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.workbooks import xlsx_writer
from pipeline.selectors.brief_words import LIGHT_WORDS, editions_words
from pipeline.selectors.briefs import Brief, BriefLine
from pipeline.selectors.forecasts import chance
from pipeline.selectors.targets import PACE_LABELS
from pipeline.workflows import PROGRAMMES

Cell = str | Decimal | int | None


@dataclass(frozen=True)
class Column:
    """A column: its head, how wide it is in characters, and its cell of one line."""

    head: str
    width: int
    cell: Callable[[Any], Cell]
    form: str = "#,##0.######"


def as_xlsx(briefs: Sequence[Brief]) -> bytes:
    """The workbook of one or several regions; the same briefs give the same bytes.

    Text stays text: no cell is taken for a number, a link or a formula.
    """
    file = BytesIO()
    with xlsx_writer(file, in_memory=True) as book:
        book.set_properties({"created": briefs[0].compiled.taken_at.replace(tzinfo=None)})
        lines = [line for brief in briefs for line in (*brief.lines, *brief.counties)]
        _sheet(book, _("目标"), _target_columns(), lines)
        _sheet(book, _("催办名单"), _push_columns(), [push for brief in briefs for push in brief.pushes])
        _sheet(book, _("说明"), _note_columns(), [row for brief in briefs for row in _notes(brief)])
    return file.getvalue()


def _sheet(book: Any, name: str, columns: Sequence[Column], lines: Iterable[Any]) -> None:
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    text = book.add_format({"num_format": "@"})
    forms = [book.add_format({"num_format": column.form}) for column in columns]
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.head, bold)
    for at, line in enumerate(lines, start=1):
        for place, column in enumerate(columns):
            value = column.cell(line)
            if isinstance(value, str):
                sheet.write_string(at, place, value, text)
            elif value is not None:
                sheet.write_number(at, place, value, forms[place])
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _target_columns() -> list[Column]:
    def of_forecast(name: str) -> Callable[[BriefLine], Cell]:
        return lambda line: getattr(line.forecast, name) if line.forecast else None

    return [
        Column(_("指标"), 26, lambda line: line.row.name),
        Column(_("区划代码"), 10, lambda line: line.row.region),
        Column(_("区划"), 14, lambda line: line.row.region_name),
        Column(_("状态"), 9, lambda line: str(LIGHT_WORDS[line.light])),
        Column(_("目标"), 9, lambda line: line.row.target),
        Column(_("已完成"), 9, lambda line: line.row.done),
        Column(_("缺口"), 9, lambda line: line.row.gap),
        Column(_("预计"), 9, of_forecast("expected"), "#,##0"),  # as page and mail say it
        Column(_("预计低值（10%）"), 10, of_forecast("low")),
        Column(_("预计高值（90%）"), 10, of_forecast("high")),
        Column(_("完成概率"), 9, lambda line: chance(line.probability)),
        Column(_("历史样本"), 9, of_forecast("history")),
        Column(_("完成率"), 9, lambda line: line.row.completion_ratio, "0.0%"),
        Column(_("进度"), 10, lambda line: str(PACE_LABELS[line.row.pace])),
        Column(_("单位"), 7, lambda line: line.row.unit_name),
        Column(_("文号"), 22, lambda line: line.row.document),
    ]


def _push_columns() -> list[Column]:
    return [
        Column(_("企业"), 30, lambda push: push.application.firm.name),
        Column(_("统一社会信用代码"), 22, lambda push: push.application.firm.credit_code),
        Column(_("区划"), 12, lambda push: push.application.region.name),
        Column(_("经办人员"), 10, lambda push: push.application.officer.name if push.application.officer else ""),
        Column(_("培育项目"), 16, lambda push: str(PROGRAMMES[push.application.programme].short_label)),
        Column(_("阶段"), 14, lambda push: str(push.application.current.label)),
        Column(_("缺什么"), 26, lambda push: push.lacks),
        Column(_("下一步"), 26, lambda push: push.action),
        Column(_("最晚应办日"), 12, lambda push: push.due_on.isoformat() if push.due_on else ""),
        Column(_("剩余工作日"), 9, lambda push: push.workdays),
        Column(_("计入概率"), 9, lambda push: chance(push.chance)),
        Column(_("前进一步的概率"), 10, lambda push: chance(push.pushed)),
    ]


def _note_columns() -> list[Column]:
    return [Column(_("项目"), 18, lambda row: row[0]), Column(_("内容"), 90, lambda row: row[1])]


def _notes(brief: Brief) -> list[tuple[str, str]]:
    taken = timezone.localtime(brief.compiled.taken_at)
    return [
        (_("区划"), brief.region.name),
        (_("数字快照"), _("{day}（{at} 统计）").format(day=brief.compiled.as_of, at=f"{taken:%Y-%m-%d %H:%M}")),
        (_("规则版本"), editions_words(brief) or _("没有现行的政策版本")),
        (_("预计与概率"), _("年底截止时的数；低值、高值为 10% 与 90% 分位，历史太少的不作预测。")),
        (_("催办名单"), _("按“对目标完成概率的提高 × 紧迫 × 可补齐”排序。")),
    ]
