"""The reminder ladders as their settings page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from crm.models import User
from pipeline.choices import DeadlineKind
from pipeline.ladder_words import day_of_year, kind_label, sentence_of
from pipeline.models import Deadline, Ladder
from pipeline.rungs import DEFAULTS, LadderTable
from pipeline.selectors.ladders import table_of

USUAL_DAYS = 15  # ahead of today, where no real date is known


@dataclass(frozen=True)
class LadderRow:
    """One kind of date: the ladder in force, its sentence, and who gave it where it is not the default."""

    table: LadderTable
    label: str
    sentence: str
    default: str
    row: Ladder | None

    @property
    def is_own(self) -> bool:
        return self.row is not None and self.row.own

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0


def ladder_groups() -> list[tuple[str, list[LadderRow]]]:
    """The ladders of deadlines, then those of other dates. One query."""
    stored = {row.kind: row for row in Ladder.objects.select_related("changed_by")}
    rows = [_row(kind, stored.get(kind)) for kind in DEFAULTS]
    deadlines = [row for row in rows if row.table.kind in DeadlineKind.values]
    return [(_("期限"), deadlines), (_("其他日期"), [row for row in rows if row not in deadlines])]


def ladder_row(kind: str) -> LadderRow:
    """One of them; KeyError for a kind that nobody knows. One query."""
    DEFAULTS[kind]
    return _row(kind, Ladder.objects.filter(kind=kind).select_related("changed_by").first())


def _row(kind: str, stored: Ladder | None) -> LadderRow:
    default = DEFAULTS[kind]
    table = table_of(stored) if stored and stored.own else default
    return LadderRow(table, kind_label(kind), _sentence(table), _sentence(default), stored)


def _sentence(table: LadderTable) -> str:
    """With the day of those that come each year: 每年 12月15日：提前 14 天…"""
    said = sentence_of(table)
    return _("每年{day}：{said}").format(day=day_of_year(table.yearly), said=said) if table.yearly else said


def next_date(table: LadderTable, user: User, today: date) -> date:
    """A real date of this kind for the preview: the next that this person may see, else one two weeks away."""
    if table.yearly:
        this_year = date(today.year, *table.yearly)
        return this_year if this_year >= today else date(today.year + 1, *table.yearly)
    waiting = Deadline.objects.visible_to(user).open().filter(kind=table.kind, due_on__gte=today)
    return waiting.order_by("due_on").values_list("due_on", flat=True).first() or today + timedelta(days=USUAL_DAYS)
