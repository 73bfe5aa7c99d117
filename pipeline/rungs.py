"""The reminder ladders: how many days ahead of a deadline somebody is told (defaults of DOMAIN §6.4). Pure."""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.choices import DeadlineKind

LADDERS: dict[str, tuple[int, ...]] = {
    DeadlineKind.CORRECTION_DUE: (3, 1, 0),
    DeadlineKind.NOTICE_END: (1, 0),
    DeadlineKind.STAGE_TERM: (1, 0),
    DeadlineKind.NUMBER_EXPIRY: (30,),
    DeadlineKind.LIBRARY_EXPIRY: (30,),
    DeadlineKind.CERTIFICATE_EXPIRY: (180, 90, 30),
    DeadlineKind.ANNUAL_REPORT: (60, 30, 15, 7, 1),
    DeadlineKind.MAJOR_CHANGE: (60, 30, 7),
    DeadlineKind.ROUND_CLOSE: (30, 15, 7, 3, 1),
}
OVERDUE_DAILY = {DeadlineKind.CORRECTION_DUE}  # asked again each day once the date has passed
# Told once more when the date has passed: what was missed counts towards losing the title (32号 第十九条).
OVERDUE_ONCE = {DeadlineKind.ANNUAL_REPORT, DeadlineKind.MAJOR_CHANGE}
OVERDUE_DAYS = 30  # and no longer than this


def rung_on(kind: str, due_on: date, today: date) -> int | None:
    """The tightest rung that `today` has reached, in days before the date; negative once overdue; None too early.

    After days without a run only this one is sent, not those that were missed.
    """
    left = (due_on - today).days
    if left < 0:
        return left if kind in OVERDUE_DAILY | OVERDUE_ONCE and left >= -OVERDUE_DAYS else None
    reached = [rung for rung in LADDERS[kind] if left <= rung]
    return min(reached) if reached else None


def first_rung(kind: str, due_on: date) -> date:
    """The first day on which somebody is told of this deadline."""
    return due_on - timedelta(days=max(LADDERS[kind]))


def next_rung(kind: str, due_on: date, today: date) -> date | None:
    """The next day after `today` on which somebody is told; None when the ladder is over."""
    left = (due_on - today).days
    coming = [rung for rung in LADDERS[kind] if rung < left]
    if coming:
        return due_on - timedelta(days=max(coming))
    if kind in OVERDUE_ONCE and left >= 0:
        return due_on + timedelta(days=1)
    if kind in OVERDUE_DAILY and left > -OVERDUE_DAYS:
        return max(today, due_on) + timedelta(days=1)
    return None
