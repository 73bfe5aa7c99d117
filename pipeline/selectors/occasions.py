"""The dates that are told by a ladder and are no deadline of one firm: nobody stores them, rows and the year say them.

Each stands for itself: what was told of it is known by the keys of the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from crm.choices import RegionKind
from crm.models import Firm, Region, User
from pipeline.choices import OccasionKind, Title
from pipeline.models import Application, Recognition, Round
from pipeline.rungs import YEARLY, Due, LadderTable, due_rung
from pipeline.workdays import ONE_DAY, WorkCalendar, months_after
from pipeline.workflows import WORKFLOWS

LATE = timedelta(days=7)  # so long after it a date is told that no run could tell in time
CITY_SIDE, COUNTY_SIDE = frozenset({"city", "lead", "leader"}), frozenset({"officer"})
FIRM_SIDE = frozenset({"firm", "agent"})
BEFORE_SUBMISSION = Q(pk__in=[])
for _code, _table in WORKFLOWS.items():
    BEFORE_SUBMISSION |= Q(workflow_code=_code, stage__in=_table.before_submission)


@dataclass(frozen=True)
class DateToTell:
    """One date and whom of it: `roles` are those of the ladder that this row is for.

    `ref` names it in keys. `subject` is the row it is about, where there is one.
    """

    kind: str
    ref: str
    on: date
    region_path: str
    roles: frozenset[str]
    firm: Firm | None = None
    officer: User | None = None
    subject: Round | Application | Recognition | None = None


@dataclass(frozen=True)
class DueDate:
    """A date with the rung that today has reached."""

    date: DateToTell
    due: Due


def due_dates(known: Mapping[str, LadderTable], today: date, calendar: WorkCalendar) -> Iterator[DueDate]:
    """Every date whose ladder has something to tell by today; again on each day until the date is over.

    A fixed number of queries, and one for each thousand rows.
    """
    regions = list(Region.objects.order_by("path"))
    for kind in OccasionKind.values:
        ladder = known[kind]
        if ladder.active:
            for found in _found(ladder, _reach(ladder, today), regions):
                due = _due(ladder, found.on, today, calendar)
                if due and found.roles & set(due.roles):
                    yield DueDate(found, due)


def _reach(ladder: LadderTable, today: date) -> tuple[date, date]:
    """The first and the last date that can have a rung reached by today."""
    wide = [2 * abs(rung.days) + 14 if rung.days else 14 for rung in ladder.rungs if not rung.is_after]
    behind = [2 * abs(rung.days or 0) + 14 for rung in ladder.rungs if rung.is_after]
    ahead = max([366 if any(rung.month_day for rung in ladder.rungs) else 0, *wide])
    return today - LATE - timedelta(days=max([0, *behind])), today + timedelta(days=ahead)


def _due(ladder: LadderTable, on: date, today: date, calendar: WorkCalendar) -> Due | None:
    """The rung reached; of a date just past that asks for nothing more, the last one, told late rather than never."""
    due = due_rung(ladder, on, today, calendar)
    return due or (due_rung(ladder, on, on, calendar) if on < today <= on + LATE else None)


def _found(ladder: LadderTable, reach: tuple[date, date], regions: list[Region]) -> Iterable[DateToTell]:
    if ladder.kind in YEARLY:
        return _yearly(ladder, reach, regions)
    read = {
        OccasionKind.WINDOW_OPEN: _windows,
        OccasionKind.QUOTA_CHECK: _month_ends,
        OccasionKind.FOLLOW_UP: _follow_ups,
    }[OccasionKind(ladder.kind)]
    return read(reach, regions)


def _yearly(ladder: LadderTable, reach: tuple[date, date], regions: list[Region]) -> Iterator[DateToTell]:
    if ladder.yearly is None:
        return
    for year in range(reach[0].year, reach[1].year + 1):
        on = date(year, *ladder.yearly)
        if not reach[0] <= on <= reach[1]:
            continue
        yield from _of_authority(ladder.kind, str(year), on, regions)
        for title in _titles(ladder.kind, on):
            ref = f"{year}:{title.pk}"
            yield DateToTell(ladder.kind, ref, on, title.firm.region_path, FIRM_SIDE, title.firm, subject=title)


def _titles(kind: str, on: date) -> Iterable[Recognition]:
    """The titles whose firms are to do something on a yearly date; a firm's newest one."""
    titles = Recognition.objects.filter(Q(ended_on=None) | Q(ended_on__gt=on)).select_related("firm")
    if kind == OccasionKind.INFO_UPDATE:  # who was registered in the year before updates by the end of March
        last_year = Q(granted_on__year=on.year - 1) | Q(valid_until=date(on.year - 1, 12, 31))
        return _newest(titles.filter(last_year, programme="tech_sme", title=Title.REGISTRATION))
    if kind == OccasionKind.LIBRARY_CHECK:
        lasting = Q(valid_until=None) | Q(valid_until__gte=on)
        return _newest(titles.filter(lasting, title=Title.LIBRARY, granted_on__lte=on))
    return []


def _newest(titles: QuerySet[Recognition]) -> Iterator[Recognition]:
    seen: set[int] = set()
    for title in titles.order_by("-granted_on", "-pk").iterator(chunk_size=1000):
        if title.firm_id not in seen:
            seen.add(title.firm_id)
            yield title


def _of_authority(
    kind: str, ref: str, on: date, regions: list[Region], *, below: str = "", subject: Round | None = None
) -> Iterator[DateToTell]:
    """The date as each county's desk and the city's are told of it."""
    for region in regions:
        if region.path.startswith(below) and region.kind != RegionKind.PROVINCE:
            roles = CITY_SIDE if region.kind == RegionKind.CITY else COUNTY_SIDE
            yield DateToTell(kind, ref, on, region.path, roles, subject=subject)


def _windows(reach: tuple[date, date], regions: list[Region]) -> Iterator[DateToTell]:
    """Each county's officers hear that a window opens, and each firm that is preparing for it."""
    kind = OccasionKind.WINDOW_OPEN.value
    for window in Round.objects.filter(opens_on__range=reach).select_related("region"):
        on, ref = window.opens_on, str(window.pk)
        yield from _of_authority(kind, ref, on, regions, below=window.region_path, subject=window)
        preparing = Application.objects.open().filter(BEFORE_SUBMISSION, round=window).exclude_internal()
        for row in preparing.select_related("firm").iterator(chunk_size=1000):
            yield DateToTell(kind, f"{ref}:{row.firm_id}", on, row.region_path, FIRM_SIDE, row.firm, subject=window)


def _month_ends(reach: tuple[date, date], regions: list[Region]) -> Iterator[DateToTell]:
    first = reach[0].replace(day=1)
    while (last := months_after(first, 1) - ONE_DAY) <= reach[1]:
        if last >= reach[0]:
            yield from _of_authority(OccasionKind.QUOTA_CHECK.value, f"{last:%Y-%m}", last, regions)
        first = months_after(first, 1)


def _follow_ups(reach: tuple[date, date], regions: list[Region]) -> Iterator[DateToTell]:
    """What somebody planned to do next with an application, for whoever it belongs to."""
    planned = Application.objects.open().filter(next_action_on__range=reach).select_related("officer", "firm__officer")
    for row in planned.order_by("pk").iterator(chunk_size=1000):
        assert row.next_action_on is not None
        yield DateToTell(
            OccasionKind.FOLLOW_UP.value,
            str(row.pk),
            row.next_action_on,
            row.region_path,
            COUNTY_SIDE | CITY_SIDE,
            row.firm,
            row.officer or row.firm.officer,
            subject=row,
        )
