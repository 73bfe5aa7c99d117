"""Being reminded later, or no more: each person for oneself, one deadline at a time, of the date it has now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import User
from crm.templatetags.show import due_day
from notifications.errors import SnoozeRefused
from notifications.models import Snooze
from pipeline.models import Deadline
from pipeline.workdays import WorkCalendar

LATER_WORKDAYS = 3
OVERDUE_DAYS = 30  # what is overdue already may be put off by so many days at most
REASON_LENGTH = 200


def later_days(deadline: Deadline, today: date, calendar: WorkCalendar) -> list[date]:
    """The days offered with one click: the next working day and the third, where they do not pass the deadline."""
    days = [calendar.add(today, 1), calendar.add(today, LATER_WORKDAYS)]
    return [day for day in days if not _against(deadline, day, today, calendar)]


def snooze(deadline: Deadline, user: User, until: date, *, today: date, calendar: WorkCalendar) -> Snooze:
    """Remind this person of this deadline again on `until`; on a day off, on the working day after it.

    Raises SnoozeRefused with every reason.
    """
    if reasons := _against(deadline, until, today, calendar):
        raise SnoozeRefused(*reasons)
    return _keep(deadline, user, until=calendar.on_or_after(until), reason="")


def stop_reminding(deadline: Deadline, user: User, reason: str) -> Snooze:
    """Remind this person of this deadline no more, for a reason that those hear to whom it escalates."""
    reason = " ".join(reason.split())
    reasons = _closed(deadline)
    if not reason:
        reasons.append(_("请写明不再提醒的原因，逾期后上级会看到"))
    if len(reason) > REASON_LENGTH:
        reasons.append(_("原因有 {n} 字，请不超过 {most} 字").format(n=len(reason), most=REASON_LENGTH))
    if reasons:
        raise SnoozeRefused(*reasons)
    return _keep(deadline, user, until=None, reason=reason)


def resume(deadline: Deadline, user: User) -> bool:
    """Remind as before. True when there was something to end."""
    return bool(Snooze.objects.filter(deadline=deadline, user=user).delete()[0])


def _keep(deadline: Deadline, user: User, **said: object) -> Snooze:
    values = {"due_on": deadline.due_on, "told_on": None, "at": timezone.now(), **said}
    return Snooze.objects.update_or_create(deadline=deadline, user=user, defaults=values)[0]


def _closed(deadline: Deadline) -> list[str]:
    return [_("该事项已办结，不会再提醒")] if deadline.closed_at else []


def _against(deadline: Deadline, until: date, today: date, calendar: WorkCalendar) -> list[str]:
    """What stands against being reminded on that day."""
    reasons = _closed(deadline)
    if until <= today:
        return [*reasons, _("推迟到的日期应在今天之后")]
    if deadline.due_on >= today:
        # Far dates are compared first: the calendar is not asked about years that it cannot know.
        told_on = until if until > deadline.due_on else calendar.on_or_after(until)
        return reasons + _too_late(deadline, until, told_on)
    latest = today + timedelta(days=OVERDUE_DAYS)
    if until > latest:
        reasons.append(_("已逾期的事项最多推迟到 {day}，请选不晚于这一天的日期").format(day=due_day(latest)))
    return reasons


def _too_late(deadline: Deadline, until: date, told_on: date) -> list[str]:
    """A reminder after the date would come when nothing can be done any more."""
    if told_on <= deadline.due_on:
        return []
    due = due_day(deadline.due_on)
    if until <= deadline.due_on:
        text = _("{until} 放假，下一个工作日 {day} 已晚于截止日 {due}，请选更早的一天")
        return [text.format(until=due_day(until), day=due_day(told_on), due=due)]
    return [
        _("{until} 已晚于截止日 {due}，到那天再提醒就来不及了；请选更早的一天").format(until=due_day(until), due=due)
    ]


def in_force(deadlines: Iterable[int]) -> dict[tuple[int, int], Snooze]:
    """What was said of these deadlines and holds for their present date, by deadline and person. One query."""
    rows = Snooze.objects.filter(deadline__in=list(deadlines), due_on=F("deadline__due_on")).select_related("user")
    return {(row.deadline_id, row.user_id): row for row in rows}


def silences(said: Snooze | None, today: date) -> bool:
    """True where a reminder of today is not wanted: stopped, put off, or given this morning already."""
    if said is None:
        return False
    return said.until is None or said.told_on == today or said.until > today
