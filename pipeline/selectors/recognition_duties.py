"""What certificates ask of their firms: reports made and missing, changes that wait to be reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from pipeline.choices import DeadlineKind
from pipeline.models import AnnualReport, Deadline, MajorChange, Recognition
from pipeline.services.deadlines import CHANGE_MONTHS, report_days
from pipeline.workdays import months_after

if TYPE_CHECKING:
    from crm.models import Firm
    from pipeline.models.results import RecognitionQuerySet

DONE, WAITING, MISSED, UNTOLD = "done", "waiting", "missed", "untold"
MISSES_TO_LOSE = 2  # 国科火发〔2016〕32号 第十九条: two years without a report within one validity


@dataclass(frozen=True)
class ReportDuty:
    """The report of one year: made, waiting, missed, or of a year of which nobody told us."""

    year: int
    due_on: date
    state: str
    report: AnnualReport | None = None


@dataclass(frozen=True)
class ChangeDuty:
    """A major change: reported or not, until when, and whether that day has passed."""

    change: MajorChange
    due_on: date
    late: bool


@dataclass(frozen=True)
class Duties:
    reports: tuple[ReportDuty, ...] = ()
    changes: tuple[ChangeDuty, ...] = ()

    @property
    def missed(self) -> tuple[int, ...]:
        """The years without a report."""
        return tuple(duty.year for duty in self.reports if duty.state == MISSED)

    @property
    def loses_title(self) -> bool:
        return len(self.missed) >= MISSES_TO_LOSE

    @property
    def next_year(self) -> int | None:
        """The earliest year whose report is still to be made."""
        return next((duty.year for duty in self.reports if duty.state in {MISSED, WAITING}), None)


def duties_of(rows: Iterable[Recognition], today: date) -> dict[int, Duties]:
    """The duties of each of these titles. Three queries."""
    titles = list(rows)
    ids = [row.pk for row in titles]
    reports = {(row.recognition_id, row.year): row for row in AnnualReport.objects.filter(recognition__in=ids)}
    changes: dict[int, list[MajorChange]] = {}
    for change in MajorChange.objects.filter(recognition__in=ids):
        changes.setdefault(change.recognition_id, []).append(change)
    missed = missed_years(ids, today)
    return {
        row.pk: Duties(
            tuple(_reports(row, reports, missed.get(row.pk, ()), today)),
            tuple(_change(change, today) for change in changes.get(row.pk, ())),
        )
        for row in titles
    }


def _reports(
    row: Recognition, reports: dict[tuple[int, int], AnnualReport], missed: Iterable[int], today: date
) -> Iterable[ReportDuty]:
    """Each year up to the next report; none of a title that was ended."""
    for due in report_days(row):
        made = reports.get((row.pk, due.year))
        if made:
            yield ReportDuty(due.year, due, DONE, made)
        elif due.year in missed:
            yield ReportDuty(due.year, due, MISSED)
        elif due < today:
            yield ReportDuty(due.year, due, UNTOLD)
        elif not row.ended_on:
            yield ReportDuty(due.year, due, WAITING)
            return


def _change(change: MajorChange, today: date) -> ChangeDuty:
    due = months_after(change.changed_on, CHANGE_MONTHS)
    return ChangeDuty(change, due, (change.reported_on or today) > due)


def missed_years(ids: Iterable[int], today: date) -> dict[int, tuple[int, ...]]:
    """The years whose report nobody made until its day, by title. One query."""
    found: dict[int, tuple[int, ...]] = {}
    for pk, due in missed_reports(today).filter(recognition__in=ids).values_list("recognition", "due_on"):
        found[pk] = (*found.get(pk, ()), due.year)
    return found


def missed_reports(today: date):
    """The annual reports whose day has passed and that nobody made, oldest first."""
    return Deadline.objects.open().filter(kind=DeadlineKind.ANNUAL_REPORT, due_on__lt=today).order_by("due_on", "pk")


def with_missed_reports(rows: RecognitionQuerySet, today: date) -> RecognitionQuerySet:
    return rows.filter(Exists(missed_reports(today).filter(recognition=OuterRef("pk"))))


@dataclass(frozen=True)
class OwnTitle:
    """A title as its firm sees it, with what it asks of the firm."""

    row: Recognition
    duties: Duties
    valid: bool
    days_left: int | None


def own_titles(firms: Iterable[Firm], today: date) -> list[OwnTitle]:
    """The titles of these firms that are valid or ran out within a year, newest first. Four queries."""
    since = months_after(today, -12)
    wanted = Q(valid_until=None) | Q(valid_until__gte=since)
    rows = list(Recognition.objects.filter(wanted, firm__in=list(firms), ended_on=None).select_related("firm"))
    duties = duties_of(rows, today)
    return [
        OwnTitle(
            row, duties[row.pk], row.is_valid_on(today), (row.valid_until - today).days if row.valid_until else None
        )
        for row in rows
    ]
