"""What a person has to do today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from crm.access import scope_of
from crm.models import User
from pipeline.choices import Turn
from pipeline.models import Application, Deadline
from pipeline.models.applications import ApplicationQuerySet
from pipeline.workdays import WorkCalendar
from pipeline.workflows import WORKFLOWS

SHOWN = 12
SOON_DAYS = 14
FEED_LIMIT = 500  # a calendar with more events helps nobody, and phones refuse it
FEED_PAST_DAYS = 30


@dataclass(frozen=True)
class DueItem:
    """A deadline with the working days that remain, negative once it has passed."""

    deadline: Deadline
    workdays: int
    overdue: bool

    @classmethod
    def of(cls, deadline: Deadline, today: date, calendar: WorkCalendar) -> DueItem:
        return cls(deadline, calendar.left(today, deadline.due_on), deadline.due_on < today)

    @property
    def tone(self) -> str:
        """Red only for what is overdue; amber for the last five working days."""
        if self.overdue:
            return "act"
        return "soon" if self.workdays <= 5 else "wait"


def due_items(deadlines: Iterable[Deadline], today: date, calendar: WorkCalendar) -> list[DueItem]:
    return [DueItem.of(deadline, today, calendar) for deadline in deadlines]


def with_due(applications: Iterable[Application], items: Iterable[DueItem]) -> list[tuple[Application, DueItem | None]]:
    """Each application with the nearest of its open deadlines among these."""
    nearest: dict[int | None, DueItem] = {}
    for item in sorted(items, key=lambda each: each.deadline.due_on):
        nearest.setdefault(item.deadline.application_id, item)
    return [(application, nearest.get(application.pk)) for application in applications]


def own_deadlines(user: User) -> QuerySet[Deadline]:
    """The open deadlines that are this person's own: of the firms they look after or belong to."""
    rows = Deadline.objects.visible_to(user).open()
    wanted = _handled(rows, user)
    if firm_ids := scope_of(user).firm_ids:
        wanted |= Q(firm_id__in=firm_ids, for_firm=True)
    return rows.filter(wanted).select_related("application", "recognition", "firm").order_by("due_on", "pk")


def _handled(rows: QuerySet[Deadline], user: User) -> Q:
    """Those of these deadlines whose application this person handles, or whose firm where there is none.

    Each way has its index; one condition over both tables would read every open deadline with all that hangs on it.
    """
    keys = rows.order_by().values("pk")
    by_application, by_firm = keys.filter(application__officer=user), keys.filter(application=None, firm__officer=user)
    return Q(pk__in=by_application.union(by_firm, all=True))


def feed_deadlines(user: User, today: date) -> QuerySet[Deadline]:
    """A person's own deadlines from a month ago on, the nearest first, no more than a calendar can hold. One query."""
    return own_deadlines(user).filter(due_on__gte=today - timedelta(days=FEED_PAST_DAYS))[:FEED_LIMIT]


def feed_actions(user: User, today: date) -> QuerySet[Application]:
    """The next actions this person planned, from a month ago on. One query."""
    rows = Application.objects.visible_to(user).open().filter(officer=user)
    rows = rows.filter(next_action_on__gte=today - timedelta(days=FEED_PAST_DAYS)).exclude(next_action="")
    return rows.select_related("firm").order_by("next_action_on", "pk")[:FEED_LIMIT]


def due_soon(user: User, today: date) -> QuerySet[Deadline]:
    """The open deadlines of the next two weeks and those overdue: the person's own where there are any. One query."""
    deadlines = Deadline.objects.visible_to(user).open().filter(due_on__lte=today + timedelta(days=SOON_DAYS))
    mine = deadlines.filter(_handled(deadlines, user))
    if mine.exists():
        deadlines = mine
    return deadlines.select_related("application", "recognition", "firm").order_by("due_on", "pk")


def stages_of_turn(*turns: str) -> Q:
    """Applications that rest where it is these parties' turn."""
    wanted = Q(pk__in=[])
    for code, table in WORKFLOWS.items():
        stages = [stage.code for stage in table.stages if stage.turn in turns]
        wanted |= Q(workflow_code=code, stage__in=stages)
    return wanted


def waiting_here(applications: ApplicationQuerySet, user: User) -> ApplicationQuerySet:
    """Applications whose next move is this person's desk's, those waiting longest first."""
    turn = Turn.CITY if scope_of(user).at_city() else Turn.COUNTY
    rows = applications.moving().filter(stages_of_turn(turn)).select_related("firm", "region")
    return rows.order_by("stage_since", "pk")
