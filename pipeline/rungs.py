"""The reminder ladders: when somebody is told of a date, and who (defaults of DOMAIN §6.4). Pure.

Everything falls on working days, because nobody is written to on a day off: a rung on one is told on the next working
day, but where that were past the date itself, on the working day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.choices import DeadlineKind, OccasionKind, Overdue, Told
from pipeline.workdays import DAYS, ONE_DAY, WORKDAYS, WorkCalendar

# Of these the firm knows nothing: they are the authority's own.
NOT_FOR_FIRMS = frozenset(
    kind.value
    for kind in (
        DeadlineKind.STAGE_TERM,
        OccasionKind.SPOT_CHECK,
        OccasionKind.STATE_REPORT,
        OccasionKind.QUOTA_CHECK,
        OccasionKind.FOLLOW_UP,
    )
)
# The occasions that come once a year, on a day of the year that the bureau can set.
YEARLY = frozenset(
    kind.value
    for kind in (
        OccasionKind.INFO_UPDATE,
        OccasionKind.SPOT_CHECK,
        OccasionKind.STATE_REPORT,
        OccasionKind.LIBRARY_CHECK,
    )
)
OVERDUE_DAYS = 30  # nobody is asked again for longer than this

FIRM, AGENT, OFFICER = Told.FIRM, Told.AGENT, Told.OFFICER
CITY, LEAD, LEADER = Told.CITY, Told.LEAD, Told.LEADER


@dataclass(frozen=True)
class Rung:
    """So many days ahead of the date, negative after it; or a fixed day, month and day, of the date's year."""

    days: int | None
    unit: str = DAYS
    roles: tuple[str, ...] = ()
    month_day: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """Names the rung in the key of a message: 3d, 3w (working days), 03-01."""
        if self.month_day:
            return "{:02d}-{:02d}".format(*self.month_day)
        return f"{self.days}{'w' if self.unit == WORKDAYS else 'd'}"

    @property
    def is_after(self) -> bool:
        return self.days is not None and self.days < 0

    def day(self, due_on: date, calendar: WorkCalendar) -> date | None:
        """The day it stands for, worked or not; None where the fixed day comes after the date."""
        if self.month_day:
            fixed = date(due_on.year, *self.month_day)
            return fixed if fixed <= due_on else None
        assert self.days is not None
        if self.unit == DAYS:
            return due_on - timedelta(days=self.days)
        return calendar.add(due_on, -self.days) if self.is_after else calendar.back(due_on, self.days)


@dataclass(frozen=True)
class LadderTable:
    """How one kind of date is told. `lead_after` and `leader_after` count working days overdue, None for never."""

    kind: str
    rungs: tuple[Rung, ...]
    overdue: str = Overdue.NEVER
    overdue_roles: tuple[str, ...] = ()
    lead_after: int | None = None
    leader_after: int | None = None
    active: bool = True
    yearly: tuple[int, int] | None = None  # the month and day of an occasion that comes each year

    @property
    def escalates(self) -> tuple[tuple[str, int], ...]:
        steps = ((LEAD.value, self.lead_after), (LEADER.value, self.leader_after))
        return tuple((role, after) for role, after in steps if after is not None)


@dataclass(frozen=True)
class Due:
    """What is to be told now: which rung, to which roles. `on` is the day that it was meant for.

    `overdue_workdays` is 0 until the date has passed.
    """

    key: str
    roles: tuple[str, ...]
    urgent: bool
    on: date
    overdue_workdays: int = 0

    @property
    def is_escalation(self) -> bool:
        return self.key in (LEAD, LEADER)


def due_rung(ladder: LadderTable, due_on: date, today: date, calendar: WorkCalendar) -> Due | None:
    """The tightest rung that `today` has reached; None too early, and once the ladder is over.

    After days without a run only this one is told, not those that were missed; escalations are told beside it.
    """
    if not ladder.active or today > due_on + timedelta(days=OVERDUE_DAYS):
        return None
    if ladder.overdue == Overdue.DAILY and today > due_on:
        return _overdue(ladder, due_on, today, today, calendar)
    reached = [step for step in _rung_days(ladder, due_on, calendar) if step[0] <= today]
    reached = [step for step in reached if step[2].is_after or today <= due_on]
    if reached:
        on, _meant, rung = max(reached, key=lambda step: step[:2])
        urgent = today >= due_on or rung.days == 0
        return Due(rung.key, rung.roles, urgent, on, _late(due_on, today, calendar))
    told_on = calendar.on_or_after(due_on + ONE_DAY)
    if ladder.overdue == Overdue.ONCE and today >= told_on:
        return _overdue(ladder, due_on, told_on, today, calendar)
    return None


def escalations(ladder: LadderTable, due_on: date, since: date, today: date, calendar: WorkCalendar) -> list[Due]:
    """Whom above the officer hears of it between `since` and `today`, both included: each step once."""
    if not ladder.active or today <= due_on:
        return []
    days = [(role, calendar.add(due_on, after)) for role, after in ladder.escalates]
    late = _late(due_on, today, calendar)
    return [Due(role, (role,), True, day, late) for role, day in days if since <= day <= today]


def dues(ladder: LadderTable, due_on: date, since: date, today: date, calendar: WorkCalendar) -> list[Due]:
    """All that is to be told today of a date whose next rung was due on `since`."""
    rung = due_rung(ladder, due_on, today, calendar)
    return [*([rung] if rung else []), *escalations(ladder, due_on, since, today, calendar)]


def first_rung(ladder: LadderTable, due_on: date, calendar: WorkCalendar) -> date | None:
    """The first day on which somebody is told of this date; None where nobody ever is."""
    return min(_days(ladder, due_on, due_on, calendar), default=None)


def next_rung(ladder: LadderTable, due_on: date, today: date, calendar: WorkCalendar) -> date | None:
    """The next day after `today` on which somebody is told; None when the ladder is over."""
    return min((day for day in _days(ladder, due_on, today, calendar) if day > today), default=None)


def _overdue(ladder: LadderTable, due_on: date, on: date, today: date, calendar: WorkCalendar) -> Due:
    return Due(f"{(due_on - on).days}d", ladder.overdue_roles, True, on, _late(due_on, today, calendar))


def _late(due_on: date, today: date, calendar: WorkCalendar) -> int:
    return max(0, -calendar.left(today, due_on))


def _days(ladder: LadderTable, due_on: date, today: date, calendar: WorkCalendar) -> Iterator[date]:
    """The days on which something is told: all of the ladder, and of the daily ones the next after `today`."""
    if not ladder.active:
        return
    for day, _meant, _rung in _rung_days(ladder, due_on, calendar):
        yield day
    if ladder.overdue != Overdue.NEVER:
        again = max(today, due_on) if ladder.overdue == Overdue.DAILY else due_on
        following = calendar.on_or_after(again + ONE_DAY)
        if following <= due_on + timedelta(days=OVERDUE_DAYS):
            yield following
    for _role, after in ladder.escalates:
        yield calendar.add(due_on, after)


def _rung_days(ladder: LadderTable, due_on: date, calendar: WorkCalendar) -> Iterator[tuple[date, date, Rung]]:
    """Each rung with the working day on which it is told and the day it stands for."""
    for rung in ladder.rungs:
        meant = rung.day(due_on, calendar)
        if meant is None:
            continue
        told_on = calendar.on_or_after(meant)
        if meant <= due_on < told_on:
            told_on = calendar.on_or_before(meant)
        yield told_on, meant, rung


def _ahead(*days: int, to: tuple[str, ...]) -> tuple[Rung, ...]:
    return tuple(Rung(day, DAYS, to) for day in days)


FIRM_SIDE = (FIRM.value, AGENT.value)
BOTH = (*FIRM_SIDE, OFFICER.value)
DEFAULTS: dict[str, LadderTable] = {
    ladder.kind: ladder
    for ladder in (
        LadderTable(
            DeadlineKind.CORRECTION_DUE.value,
            _ahead(3, 1, 0, to=BOTH),
            overdue=Overdue.DAILY.value,
            overdue_roles=(*BOTH, CITY.value),
            lead_after=3,
            leader_after=5,
        ),
        LadderTable(DeadlineKind.NOTICE_END.value, _ahead(1, 0, to=(OFFICER.value,))),
        LadderTable(DeadlineKind.STAGE_TERM.value, _ahead(1, 0, to=(OFFICER.value,)), lead_after=3),
        LadderTable(DeadlineKind.ROUND_CLOSE.value, _ahead(30, 15, 7, 3, 1, to=BOTH)),
        LadderTable(DeadlineKind.NUMBER_EXPIRY.value, _ahead(30, to=BOTH)),
        LadderTable(DeadlineKind.LIBRARY_EXPIRY.value, _ahead(30, to=BOTH)),
        LadderTable(
            DeadlineKind.CERTIFICATE_EXPIRY.value,
            (*_ahead(180, 90, 30, to=(OFFICER.value,)), Rung(None, DAYS, (OFFICER.value,), month_day=(3, 1))),
        ),
        # Told once more when the date has passed: what was missed counts towards losing the title (32号 第十九条).
        LadderTable(
            DeadlineKind.ANNUAL_REPORT.value,
            _ahead(60, 30, 15, 7, 1, to=BOTH),
            overdue=Overdue.ONCE.value,
            overdue_roles=(*BOTH, CITY.value, LEAD.value),
        ),
        LadderTable(
            DeadlineKind.MAJOR_CHANGE.value,
            _ahead(60, 30, 7, to=BOTH),
            overdue=Overdue.ONCE.value,
            overdue_roles=(*BOTH, CITY.value, LEAD.value),
        ),
        LadderTable(OccasionKind.WINDOW_OPEN.value, _ahead(0, to=BOTH)),
        LadderTable(OccasionKind.INFO_UPDATE.value, _ahead(30, 7, to=FIRM_SIDE), active=False, yearly=(3, 31)),
        LadderTable(OccasionKind.SPOT_CHECK.value, _ahead(14, 7, to=(OFFICER.value,)), yearly=(12, 15)),
        LadderTable(OccasionKind.STATE_REPORT.value, _ahead(30, to=(CITY.value,)), yearly=(11, 30)),
        # Its date is in each year's notice: the bureau enters it and switches it on.
        LadderTable(OccasionKind.LIBRARY_CHECK.value, _ahead(14, 7, 3, to=(*FIRM_SIDE, CITY.value)), active=False),
        LadderTable(OccasionKind.QUOTA_CHECK.value, _ahead(0, to=(OFFICER.value, LEADER.value))),
        LadderTable(OccasionKind.FOLLOW_UP.value, _ahead(0, -3, to=(OFFICER.value,))),
    )
}
