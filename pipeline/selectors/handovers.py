"""What an officer holds, and what of it has gone to another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from crm.models import Contact, Firm, Task, Touch, User
from pipeline.choices import Handed, Held
from pipeline.models import Application, Deadline, HandOver, HandOverRow, Shortlist

SHOWN = 8
SOON_DAYS = 14
ON_PAPER = 300  # firms of one printed list


def held(giver: User, path: str, kinds: Collection[str] = tuple(Held)) -> dict[str, QuerySet[Any]]:
    """What is handed over by itself, by kind: what hangs on a firm that goes too goes with the firm. No query."""
    firms = Firm.objects.standing().filter(officer=giver, region_path__under=path)
    applications = Application.objects.open().filter(officer=giver, region_path__under=path)
    tasks = Task.objects.open().filter(owner=giver, firm__region_path__under=path)
    if Held.FIRMS in kinds:
        applications, tasks = (rows.exclude(firm__in=firms) for rows in (applications, tasks))
    found: dict[str, QuerySet[Any]] = {
        Held.FIRMS: firms,
        Held.APPLICATIONS: applications,
        Held.TASKS: tasks,
        Held.SHORTLISTS: Shortlist.objects.filter(author=giver, region_path__under=path),
    }
    return {kind: rows for kind, rows in found.items() if kind in kinds}


@dataclass(frozen=True)
class Along:
    """What goes along with the firms, in numbers."""

    applications: int
    planned: int
    tasks: int
    promises: int
    deadlines: int


def goes_along(giver: User, path: str) -> Along:
    """Three queries."""
    firms = Firm.objects.standing().filter(officer=giver, region_path__under=path)
    applications = Application.objects.open().filter(firm__in=firms)
    tasks = Task.objects.open().filter(owner=giver, firm__in=firms)
    return Along(
        **applications.aggregate(applications=Count("pk"), planned=Count("pk", filter=~Q(next_action=""))),
        **tasks.aggregate(tasks=Count("pk"), promises=Count("pk", filter=Q(kind="promise"))),
        deadlines=Deadline.objects.open().filter(firm__in=firms).count(),
    )


def drill(kind: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of one kind with what a list shows of them, in the order of their keys."""
    related = {
        Held.FIRMS: ("region",),
        Held.APPLICATIONS: ("firm", "region"),
        Held.TASKS: ("firm",),
        Held.SHORTLISTS: ("region",),
    }
    return rows.select_related(*related[Held(kind)])


@dataclass(frozen=True)
class Summary:
    """What the receiver has to know first: how much came, what is promised, what is due, what was said last."""

    counts: dict[str, int]
    refused: int
    promises: list[Task]
    tasks: list[Task]
    due: list[Deadline]
    talks: list[Touch]


def summary(handover: HandOver, today: date) -> Summary:
    """Six queries, whatever the number of firms."""
    rows = HandOverRow.objects.filter(handover=handover)
    numbers = {(kind, outcome): n for kind, outcome, n in _numbers(rows)}
    moved = firms_moved(handover)
    open_tasks = Task.objects.open().filter(firm__in=moved, owner=handover.receiver).select_related("firm")
    open_tasks = open_tasks.order_by("due_on", "pk")
    due = Deadline.objects.open().filter(firm__in=moved, due_on__lte=today + timedelta(days=SOON_DAYS))
    talks = Touch.objects.filter(firm__in=moved).select_related("firm", "actor")
    return Summary(
        counts={kind: numbers.get((kind, Handed.DONE), 0) for kind in Held.values},
        refused=sum(n for (_kind, outcome), n in numbers.items() if outcome == Handed.REFUSED),
        promises=list(open_tasks.filter(kind="promise")[:SHOWN]),
        tasks=list(open_tasks.exclude(kind="promise")[:SHOWN]),
        due=list(due.select_related("firm").order_by("due_on", "pk")[:SHOWN]),
        talks=list(talks.order_by("-on", "-pk")[:SHOWN]),
    )


def _numbers(rows: QuerySet[HandOverRow]) -> Iterable[tuple[str, str, int]]:
    return rows.order_by().values_list("kind", "outcome").annotate(n=Count("pk"))


def firms_moved(handover: HandOver) -> QuerySet[Any]:
    """The keys of the firms that went over, themselves or by something of theirs, as a subquery."""
    rows = HandOverRow.objects.filter(handover=handover, outcome=Handed.DONE).exclude(firm=None)
    return rows.order_by().values("firm")


@dataclass(frozen=True)
class Sheet:
    """One firm on the printed list."""

    firm: Firm
    applications: list[Application]
    tasks: list[Task]
    talk: Touch | None
    contacts: list[Contact]
    due: Deadline | None


def paper(handover: HandOver, user: User) -> list[Sheet]:
    """The firms that went over, as far as the reader may see them. Six queries."""
    latest = Touch.objects.filter(firm=OuterRef("pk")).order_by("-on", "-pk").values("pk")[:1]
    coming = Deadline.objects.open().filter(firm=OuterRef("pk")).order_by("due_on", "pk").values("pk")[:1]
    firms = Firm.objects.visible_to(user).filter(pk__in=firms_moved(handover)).select_related("region")
    rows = list(
        firms.annotate(talk=Subquery(latest), due=Subquery(coming)).order_by("region_path", "name", "pk")[:ON_PAPER]
    )
    ids = [firm.pk for firm in rows]
    applications = _by_firm(Application.objects.open().filter(firm__in=ids).order_by("firm", "pk"))
    tasks = _by_firm(Task.objects.open().filter(firm__in=ids).order_by("firm", "due_on", "pk"))
    contacts = _by_firm(Contact.objects.filter(firm__in=ids).order_by("firm", "pk"))
    talks = Touch.objects.select_related("actor").in_bulk([firm.talk for firm in rows if firm.talk])
    due = Deadline.objects.in_bulk([firm.due for firm in rows if firm.due])
    return [
        Sheet(
            firm,
            applications.get(firm.pk, []),
            tasks.get(firm.pk, []),
            talks.get(firm.talk),
            contacts.get(firm.pk, []),
            due.get(firm.due),
        )
        for firm in rows
    ]


def _by_firm(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.firm_id, []).append(row)
    return found
