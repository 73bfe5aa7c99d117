"""The renewals work list: titles that run out or have run out lately, and how far each firm's next application is.

Rules of ours, where the law is silent (docs/glossary.md shows them to readers):

- only the newest title counts: one with a newer title of the same sort is renewed and stands on no list of work;
- a certificate that ends in year Y is renewed in Y, a tech-SME number in Y + 1, whose window opens after it has ended;
- a suspended title counts like any other and has a tab of its own besides;
- “lapsed lately” looks back 12 months;
- 复审中 (pending re-certification): an application of the programme has been submitted and is not decided. Results
  arrive from October to January (DOMAIN §2.7, §4.4), so that a certificate may lapse meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from crm.access import may_write
from crm.choices import FirmStatus
from crm.paging import capped_count
from pipeline.choices import Phase, Title, Turn
from pipeline.models import Application, Recognition
from pipeline.selectors.chips import GapChip, gap_chips
from pipeline.selectors.recognition_duties import MISSES_TO_LOSE, missed_years, with_missed_reports
from pipeline.workdays import months_after
from pipeline.workflows import PROGRAMMES

if TYPE_CHECKING:
    from crm.models import User
    from pipeline.models.results import RecognitionQuerySet

LAPSED_MONTHS = 12
PENDING = (Phase.REVIEW, Phase.NOTICE)
TABS = {
    "12": _("12 个月内到期"),
    "6": _("6 个月内到期"),
    "3": _("3 个月内到期"),
    "lapsed": _("已失效未续"),
    "missed": _("漏报年报"),
    "suspended": _("暂停中"),
    "all": _("全部"),
}
SOONEST, NEWEST = ("valid_until", "pk"), ("-granted_on", "-pk")  # only titles with an end stand soonest first


def current_titles(rows: RecognitionQuerySet) -> RecognitionQuerySet:
    """The newest title of each sort that active firms hold or held, without those ended early and library entries."""
    newer = Recognition.objects.filter(
        firm=OuterRef("firm"), programme=OuterRef("programme"), title=OuterRef("title"), ended_on=None
    ).filter(Q(granted_on__gt=OuterRef("granted_on")) | Q(granted_on=OuterRef("granted_on"), pk__gt=OuterRef("pk")))
    rows = rows.filter(ended_on=None, firm__status=FirmStatus.ACTIVE).exclude(title=Title.LIBRARY)
    return rows.filter(~Exists(newer))


def running_out(rows: RecognitionQuerySet, *, months: int, today: date) -> RecognitionQuerySet:
    """Titles still valid whose last day comes within so many months, and that no newer one follows."""
    return current_titles(rows).filter(valid_until__gte=today, valid_until__lte=months_after(today, months))


def of_tab(rows: RecognitionQuerySet, tab: str, today: date) -> RecognitionQuerySet:
    """The titles that one tab of the work list shows."""
    if tab == "all":
        return current_titles(rows)
    if tab == "missed":
        return with_missed_reports(current_titles(rows).valid_on(today), today)
    if tab == "suspended":
        return current_titles(rows).valid_on(today).exclude(suspended_on=None)
    if tab == "lapsed":
        since = months_after(today, -LAPSED_MONTHS)
        return current_titles(rows).filter(valid_until__lt=today, valid_until__gte=since)
    return running_out(rows, months=int(tab), today=today)


def order_of(tab: str) -> tuple[str, str]:
    return NEWEST if tab in {"all", "suspended"} else SOONEST


def tab_counts(rows: RecognitionQuerySet, today: date) -> list[tuple[str, str, int, bool]]:
    """Each tab with its label, its count and whether there are more. One query a tab."""
    return [(tab, str(label), *capped_count(of_tab(rows, tab, today))) for tab, label in TABS.items()]


@dataclass(frozen=True)
class Renewal:
    """One title on the work list, with the application that renews it, or the year to open one for."""

    title: Recognition
    application: Application | None
    chip: GapChip | None
    lapsed: bool
    year: int
    due: bool  # ends within a year or has ended: time to think of the next application
    may_open: bool
    missed: tuple[int, ...] = ()  # years whose annual report was not made

    @property
    def loses_title(self) -> bool:
        return len(self.missed) >= MISSES_TO_LOSE

    @property
    def pending(self) -> bool:
        """True while a submitted application is not decided: 复审中."""
        return self.application is not None and self.application.phase in PENDING

    @property
    def turn(self) -> str:
        assert self.application is not None
        return str(Turn(self.application.current.turn).label)


def renewal_year(title: Recognition, today: date) -> int:
    """The year in which a title is renewed: that in which it ends, or the next for numbers that end with their year."""
    assert title.valid_until is not None
    later = 1 if title.title == Title.REGISTRATION else 0
    return max(title.valid_until.year + later, today.year)


def renewals(titles: Iterable[Recognition], *, user: User, today: date) -> list[Renewal]:
    """These titles, each with its firm, and the state of their renewal as this reader may act on it. Three queries."""
    rows = list(titles)
    running = running_applications(rows)
    chips = gap_chips({row.firm_id for row in rows}, programmes=PROGRAMMES, today=today)
    missed = missed_years([row.pk for row in rows], today)
    found = []
    for row in rows:
        until, due = row.valid_until, row.valid_until is not None and row.valid_until <= months_after(today, 12)
        found.append(
            Renewal(
                title=row,
                application=running.get((row.firm_id, row.programme)),
                chip=next((chip for chip in chips.get(row.firm_id, ()) if chip.programme == row.programme), None),
                lapsed=until is not None and until < today,
                year=renewal_year(row, today) if until else today.year,
                due=due,
                may_open=due and may_write(user, row.firm.region_path),
                missed=missed.get(row.pk, ()),
            )
        )
    return found


def running_applications(rows: Iterable[Recognition]) -> dict[tuple[int, str], Application]:
    """The newest application in progress of each firm and programme. One query."""
    found = Application.objects.in_progress().filter(firm__in={row.firm_id for row in rows})
    return {(item.firm_id, item.programme): item for item in found.order_by("year", "pk")}
