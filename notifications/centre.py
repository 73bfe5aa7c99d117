"""The reminder centre: what a person was reminded of that is not done yet, and what that person put off or stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.models import User
from notifications.models import Message, MessageKind, MessageState, Snooze
from notifications.reminder_rows import page_of
from notifications.snoozes import later_days
from pipeline.models import Deadline
from pipeline.selectors.days import DueItem
from pipeline.workdays import WorkCalendar

WINDOW_DAYS = 90
BADGE = 100  # a badge counts no further
NEVER_TOLD = (MessageState.EXPIRED, MessageState.RECALLED, MessageState.SUPERSEDED)
WAITING, LATER, STOPPED = "waiting", "later", "stopped"
TABS = {WAITING: _("待办"), LATER: _("已推迟"), STOPPED: _("不再提醒")}
OVERDUE, TODAY, WEEK, AHEAD = _("已逾期"), _("今天"), _("本周"), _("提前提醒")


def reminded_of(user: User, tab: str, today: date) -> QuerySet[Deadline]:
    """The open deadlines of one tab. Waiting: reminded of in the last 90 days and neither put off nor stopped."""
    own = Snooze.objects.filter(user=user, deadline=OuterRef("pk"), due_on=OuterRef("due_on"))
    sleeping, stopped = Exists(own.filter(until__gt=today)), Exists(own.filter(until=None))
    rows = Deadline.objects.visible_to(user).open()
    if tab == LATER:
        return rows.filter(sleeping)
    if tab == STOPPED:
        return rows.filter(stopped)
    told = Message.objects.filter(
        recipient=user, kind=MessageKind.REMINDER, planned_for__gte=today - timedelta(days=WINDOW_DAYS)
    ).exclude(Q(state__in=NEVER_TOLD) | Q(deadline=None))
    return rows.filter(~sleeping, ~stopped, pk__in=told.values("deadline"))


@dataclass(frozen=True)
class Badges:
    """The numbers beside the bell and beside the reminder centre; each counts to 100."""

    unread: int
    reminders: int


def badges(user: User, today: date) -> Badges:
    """Both in one query: every page shows them."""
    unread = Message.objects.told(user).filter(read_at=None).order_by()
    waiting = reminded_of(user, WAITING, today).order_by()
    counts = (Subquery(_count(Message, unread)), Subquery(_count(Deadline, waiting)))
    found = User.objects.filter(pk=user.pk).values_list(*counts).first() or (0, 0)
    return Badges(*(number or 0 for number in found))


def _count(model, rows: QuerySet) -> QuerySet:
    within = model.objects.filter(pk__in=rows.values("pk")[:BADGE]).order_by()
    return within.values(one=Value(1)).annotate(n=Count("pk")).values("n")


@dataclass(frozen=True)
class Card:
    """One deadline in the centre: where it is done, and to which days it may be put off with one click."""

    item: DueItem
    address: str
    days: list[date]
    said: Snooze | None


@dataclass(frozen=True)
class Heap:
    """The cards of one heading."""

    label: str
    cards: list[Card]


def heaps(user: User, rows: Sequence[Deadline], tab: str, today: date, calendar: WorkCalendar) -> list[Heap]:
    """A page of deadlines under their headings, in order. One query more for what was put off or stopped."""
    said: dict[int, Snooze] = {}
    if tab != WAITING:
        said = {row.deadline_id: row for row in Snooze.objects.filter(user=user, deadline__in=rows)}
    found: dict[str, list[Card]] = {}
    for deadline in rows:
        is_firm = not scope_of(user).roles_at(deadline.region_path)
        card = Card(
            DueItem.of(deadline, today, calendar),
            page_of(deadline, is_firm=is_firm),
            later_days(deadline, today, calendar),
            said.get(deadline.pk),
        )
        found.setdefault(str(TABS[tab] if tab != WAITING else _heading(deadline.due_on, today)), []).append(card)
    return [Heap(label, cards) for label, cards in found.items()]


def _heading(due_on: date, today: date):
    if due_on < today:
        return OVERDUE
    if due_on == today:
        return TODAY
    return WEEK if due_on <= today + timedelta(days=6 - today.weekday()) else AHEAD
