"""What is to be done next, of one firm or one person: tasks, promises of firms, and what is planned for applications.

An application has one planned action of its own, a firm any number of tasks; pages show both as one list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.models import Firm, Task, User
from pipeline.models import Application
from pipeline.models.applications import ApplicationQuerySet

SHOWN = 12  # of each part of the day
OVERDUE, TODAY, WEEK, LATER = "overdue", "today", "week", "later"
PARTS = {OVERDUE: _("已逾期"), TODAY: _("今天"), WEEK: _("本周"), LATER: _("以后")}


@dataclass(frozen=True)
class NextAction:
    """One thing to do: a task or a promise with its row, or the planned action of an application."""

    title: str
    due_on: date
    firm: Firm
    owner: User | None
    overdue: bool
    task: Task | None = None
    application: Application | None = None

    @property
    def is_promise(self) -> bool:
        return self.task is not None and self.task.is_promise

    @property
    def is_broken(self) -> bool:
        """A promise of the firm whose day has passed."""
        return self.is_promise and self.overdue


def of_task(task: Task, today: date) -> NextAction:
    return NextAction(task.title, task.due_on, task.firm, task.owner, task.is_overdue(today), task=task)


def of_application(application: Application, today: date) -> NextAction:
    due_on = application.next_action_on
    assert due_on is not None  # only planned ones are asked for
    owner, overdue = application.officer, due_on < today
    return NextAction(application.next_action, due_on, application.firm, owner, overdue, application=application)


def _in_order(actions: Iterable[NextAction]) -> list[NextAction]:
    return sorted(actions, key=lambda each: (each.due_on, each.application is not None, each.title))


def firm_actions(firm: Firm, running: Iterable[Application], *, user: Any, today: date) -> list[NextAction]:
    """Everything that is planned with a firm, the nearest first; `running` with their officers. One query."""
    tasks = Task.objects.visible_to(user).open().filter(firm=firm).select_related("owner", "firm")
    found = [of_task(task, today) for task in tasks.order_by("due_on", "pk")[:50]]
    planned = (each for each in running if each.next_action and each.next_action_on)
    return _in_order([*found, *(of_application(each, today) for each in planned)])


@dataclass(frozen=True)
class DayPart:
    """One part of a person's work: how much there is, and the first of it."""

    code: str
    label: Any
    number: int
    actions: tuple[NextAction, ...]

    @property
    def hidden(self) -> int:
        return self.number - len(self.actions)


def own_tasks(user: User) -> QuerySet[Task]:
    """The open tasks that are this person's own; nobody else's, ever."""
    return Task.objects.visible_to(user).open().filter(owner=user).select_related("firm", "owner")


def part_of(code: str, today: date, column: str = "due_on") -> Q:
    """The days of a part: before today, today, the rest of this week until Sunday, after it."""
    sunday = today + timedelta(days=6 - today.weekday())
    return {
        OVERDUE: Q(**{f"{column}__lt": today}),
        TODAY: Q(**{column: today}),
        WEEK: Q(**{f"{column}__gt": today, f"{column}__lte": sunday}),
        LATER: Q(**{f"{column}__gt": sunday}),
    }[code]


def planned_of(applications: ApplicationQuerySet, user: User) -> QuerySet[Application]:
    """The open applications of this person for which something is planned."""
    rows = applications.open().filter(officer=user).exclude(next_action="").exclude(next_action_on=None)
    return rows.select_related("firm", "region", "officer")


def my_tasks(applications: ApplicationQuerySet, user: User, *, today: date) -> list[DayPart]:
    """A person's tasks and planned actions by part of the time; of later ones the number. At most eight queries."""
    tasks, planned = own_tasks(user), planned_of(applications, user)
    numbers = _numbers(tasks, "due_on", today)
    more = _numbers(planned, "next_action_on", today)
    parts = []
    for code, label in PARTS.items():
        number, found = numbers[code] + more[code], []
        if code != LATER and numbers[code]:
            rows = tasks.filter(part_of(code, today)).order_by("due_on", "pk")[:SHOWN]
            found += [of_task(task, today) for task in rows]
        if code != LATER and more[code]:
            due = planned.filter(part_of(code, today, "next_action_on")).order_by("next_action_on", "pk")[:SHOWN]
            found += [of_application(row, today) for row in due]
        parts.append(DayPart(code, label, number, tuple(_in_order(found)[:SHOWN])))
    return parts


def _numbers(rows: QuerySet[Any], column: str, today: date) -> dict[str, int]:
    """How many rows each part of the time has. One query."""
    wanted = {code: Count("pk", filter=part_of(code, today, column)) for code in PARTS}
    return rows.order_by().aggregate(**wanted)
