"""What a morning's run plans, in order: other dates, deadlines with the morning mails, the calendar's warning."""

from __future__ import annotations

from notifications import calendar_warning, occasions, reminders


def plan_morning() -> str:
    """Returns in words how many were new of each; a second run finds nothing."""
    dates = occasions.plan_occasions()  # first: what both have for one person goes out as one mail
    deadlines = reminders.plan_reminders()
    warned = calendar_warning.warn_of_calendar()
    return f"{deadlines} reminders, {dates} other dates, {warned} calendar warnings"
