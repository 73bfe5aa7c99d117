"""What is lacking in the care of firms: counts, rows in words, and scores by officer and county."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from crm.models import Region, User
from pipeline.choices import LapseKind
from pipeline.hygiene import default_workdays, figure_year, positions
from pipeline.models import ContactRule, HygieneScore, Lapse
from pipeline.workdays import WorkCalendar

ANSWER_WORKDAYS = {LapseKind.NO_NEXT: 3, LapseKind.NO_CONTACT: 3, LapseKind.STALE_YEAR: 5, LapseKind.STALE_STAGE: 3}


def contact_limits() -> dict[str, int]:
    """After how many working days a firm of each position is out of contact. One query."""
    own = dict(ContactRule.objects.values_list("position", "workdays"))
    return {position: own.get(position, default_workdays(position)) for position in positions()}


@dataclass(frozen=True)
class LimitRow:
    """One limit on the page where the bureau sets it; `verified` says whether somebody vouches for it."""

    position: str
    label: Any
    workdays: int
    default: int
    source: str
    verified: bool
    version: int


def limit_rows() -> list[LimitRow]:
    """One query."""
    own = {row.position: row for row in ContactRule.objects.all()}
    rows = []
    for position, label in positions().items():
        rule, default = own.get(position), default_workdays(position)
        stated = (rule.workdays, default, rule.source, rule.verified, rule.version) if rule else None
        rows.append(LimitRow(position, label, *(stated or (default, default, "", False, 0))))
    return rows


def lapse_counts(lapses: QuerySet[Lapse]) -> dict[str, int]:
    """How many of each kind, those without any too. One query."""
    counted = dict(lapses.order_by().values_list("kind").annotate(n=Count("pk")))
    return {kind: counted.get(kind, 0) for kind in LapseKind.values}


@dataclass(frozen=True)
class LapseRow:
    """One line of the list: what is lacking, in words, and what to plan against it."""

    lapse: Lapse
    sentence: str
    title: str
    due_on: date


def lapse_rows(lapses: Iterable[Lapse], today: date, calendar: WorkCalendar) -> list[LapseRow]:
    """No query beyond those of the rows."""
    days = {kind: calendar.add(today, length) for kind, length in ANSWER_WORKDAYS.items()}
    return [
        LapseRow(lapse, _sentence(lapse, today, calendar), _answer(lapse, today), days[LapseKind(lapse.kind)])
        for lapse in lapses
    ]


def _sentence(lapse: Lapse, today: date, calendar: WorkCalendar) -> str:
    if lapse.kind == LapseKind.NO_NEXT:
        return _("没有安排下一步")
    if lapse.kind == LapseKind.NO_CONTACT:
        length = -calendar.left(today, lapse.since_on)
        if lapse.firm.last_contact_on is None:
            return _("建档后一直没有电话或走访，已 {n} 个工作日").format(n=length)
        return _("已 {n} 个工作日没有电话或走访").format(n=length)
    if lapse.kind == LapseKind.STALE_YEAR:
        if not lapse.seen:
            return _("没有任何年度的数据")
        return _("最新数据是 {year} 年，应有 {wanted} 年").format(year=lapse.seen, wanted=figure_year(today))
    assert lapse.application is not None
    days, stage = (today - lapse.since_on).days, lapse.application.current.label
    return _("停在“{stage}”{n} 天，九成的申报更快").format(stage=stage, n=days)


def _answer(lapse: Lapse, today: date) -> str:
    """What is planned against it unless somebody types something else."""
    if lapse.kind == LapseKind.STALE_YEAR:
        return _("请企业报送 {year} 年数据").format(year=figure_year(today))
    if lapse.kind == LapseKind.STALE_STAGE:
        assert lapse.application is not None
        return _("推动“{stage}”").format(stage=lapse.application.current.label)
    return _("电话联系") if lapse.kind == LapseKind.NO_CONTACT else ""


@dataclass(frozen=True)
class Score:
    """How many of the firms in somebody's care lack nothing."""

    name: str
    firms: int
    clean: int
    query: str

    @property
    def ratio(self) -> float:
        return self.clean / self.firms if self.firms else 1.0


def scores(user: User, region: Region) -> tuple[list[Score], list[Score], date | None]:
    """By county and by officer, the worst first, and of which night. Two queries."""
    rows = HygieneScore.objects.visible_to(user).filter(region_path__under=region.path).order_by()
    sums = {"all": Sum("firms"), "clean": Sum("fine")}
    counties = rows.values_list("region__name", "region__code").annotate(**sums)
    officers = list(rows.values_list("officer__name", "officer", "on").annotate(**sums))
    by_county = [Score(name, n, fine, f"region={code}") for name, code, n, fine in counties]
    by_officer = [Score(name, n, fine, f"officer={pk}") for name, pk, _on, n, fine in officers]
    on = max((row[2] for row in officers), default=None)
    return _worst_first(by_county), _worst_first(by_officer), on


def _worst_first(found: list[Score]) -> list[Score]:
    return sorted(found, key=lambda score: (score.ratio, -score.firms, score.name))
