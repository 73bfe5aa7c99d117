"""Cards of a board: an application with what a person decides by at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from pipeline.access import acting_role
from pipeline.models import Application, Deadline, PendingResult
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.clocks import IN_TIME, Clock, clocks
from pipeline.selectors.days import DueItem


@dataclass(frozen=True)
class Card:
    """`targets` are the stages this person may move it to; empty means that there is no gesture."""

    application: Application
    address: str
    days_here: int
    due: DueItem | None
    clock: Clock
    targets: tuple[str, ...]
    pending: str = ""  # a result that is decided but not public: the move's label

    @property
    def waited(self) -> str:
        """How long it has rested here, in words."""
        return ngettext("{n} 天", "{n} 天", self.days_here).format(n=self.days_here)


def cards(applications: Sequence[Application], user: Any, *, today: date | None = None) -> list[Card]:
    """The cards of these applications, in order. Three queries: the working calendar, open deadlines, and
    results that are not public yet. Two more where a card belongs to a filing window."""
    if not applications:
        return []
    today, calendar = today or timezone.localdate(), work_calendar()
    nearest: dict[int, Deadline] = {}
    for deadline in Deadline.objects.open().filter(application__in=applications).order_by("due_on"):
        nearest.setdefault(deadline.application_id or 0, deadline)
    hidden = PendingResult.objects.waiting().filter(application__in=applications).select_related("application")
    pending = {row.application_id: row.label for row in hidden}
    known = clocks(applications, today, calendar)
    result, prefix = [], reverse("applications")
    for application in applications:
        deadline = nearest.get(application.pk)
        due = DueItem.of(deadline, today, calendar) if deadline else None
        clock = known.get(application.pk, IN_TIME)
        days = (today - timezone.localdate(application.stage_since)).days
        result.append(
            Card(
                application,
                f"{prefix}{application.pk}/",
                days,
                due,
                clock,
                _targets(application, user),
                pending.get(application.pk, ""),
            )
        )
    return result


def _targets(application: Application, user: Any) -> tuple[str, ...]:
    role = acting_role(user, application)
    steps = application.workflow.moves_from(application.stage)
    return tuple(dict.fromkeys(step.target for step in steps if step.allows(role)))
