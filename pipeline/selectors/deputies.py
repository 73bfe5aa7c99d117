"""What lies on the desk of somebody who is away, as far as who stands in may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from crm.models import Leave, Task, User
from pipeline.models import Application, Deadline
from pipeline.selectors.days import SHOWN, SOON_DAYS, DueItem
from pipeline.workdays import WorkCalendar


@dataclass(frozen=True)
class LentWork:
    """The work of one person who is away: what is due soon, tasks too, and the next actions of today or earlier."""

    leave: Leave
    due: list[DueItem]
    tasks: list[Task]
    planned: list[Application]

    @property
    def size(self) -> int:
        return len(self.due) + len(self.tasks) + len(self.planned)


def lent_work(leaves: Sequence[Leave], user: User, today: date, calendar: WorkCalendar) -> list[LentWork]:
    """The work that a person does for others today, never more than they may see. At most three queries."""
    if not leaves:
        return []
    others = [leave.user_id for leave in leaves]
    mine = Q(application__officer__in=others) | Q(application=None, firm__officer__in=others)
    due = Deadline.objects.visible_to(user).open().filter(mine, due_on__lte=today + timedelta(days=SOON_DAYS))
    due = due.select_related("application", "recognition", "firm").order_by("due_on", "pk")[: SHOWN * len(others)]
    tasks = Task.objects.visible_to(user).open().filter(owner__in=others, due_on__lte=today + timedelta(days=SOON_DAYS))
    tasks = tasks.select_related("firm").order_by("due_on", "pk")[: SHOWN * len(others)]
    planned = Application.objects.visible_to(user).open().filter(officer__in=others, next_action_on__lte=today)
    planned = planned.select_related("firm").order_by("next_action_on", "pk")[: SHOWN * len(others)]
    found: list[tuple[int, Any]] = [(_officer(row), DueItem.of(row, today, calendar)) for row in due]
    owed, actions = list(tasks), list(planned)
    return [
        LentWork(
            leave,
            [item for officer, item in found if officer == leave.user_id][:SHOWN],
            [row for row in owed if row.owner_id == leave.user_id][:SHOWN],
            [row for row in actions if row.officer_id == leave.user_id][:SHOWN],
        )
        for leave in leaves
    ]


def _officer(deadline: Deadline) -> int:
    return (deadline.application or deadline.firm).officer_id or 0
