"""Visits: planned for a day, many at once, and what came of one with everything that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.choices import TaskKind, TouchKind, TouchOutcome
from crm.errors import DomainError, InvalidInput
from crm.models import Firm, Task, Touch, User
from crm.services.firms import add_touch
from crm.services.tasks import finish_task, plan_task

MOST = 30  # firms of one round of visits: what is printed and planned at once
TITLE = "走访"  # as it is stored: whatever language somebody plans in, the visit is found again


@dataclass(frozen=True)
class Planned:
    """What came of one firm: a task, or the reasons against it."""

    firm: Firm
    task: Task | None
    reasons: tuple[str, ...] = ()


@transaction.atomic
def plan_visits(firms: Sequence[Firm], *, on: date, actor: User, today: date) -> list[Planned]:
    """A task for each firm on the day of the visit; one that is refused stops nobody, one planned stays one."""
    if not firms:
        raise InvalidInput(_("还没有选择企业；请先勾选"))
    if len(firms) > MOST:
        raise InvalidInput(_("一次最多安排 {most} 家，已选 {n} 家；请分批").format(most=MOST, n=len(firms)))
    planned = set(_open_visits(actor).filter(firm__in=firms, due_on=on).values_list("firm_id", flat=True))
    return [_plan(firm, on, actor, today) if firm.pk not in planned else Planned(firm, None) for firm in firms]


def _open_visits(actor: User) -> Any:
    return Task.objects.open().filter(owner=actor, title=TITLE, kind=TaskKind.TASK)


def _plan(firm: Firm, on: date, actor: User, today: date) -> Planned:
    try:
        with transaction.atomic():
            return Planned(firm, plan_task(firm, title=TITLE, due_on=on, actor=actor, today=today))
    except DomainError as error:
        return Planned(firm, None, tuple(error.reasons))


@transaction.atomic
def record_visit(
    firm: Firm,
    *,
    text: str,
    on: date,
    actor: User,
    today: date,
    follow_ups: Sequence[tuple[str, date | None, str]] = (),
) -> Touch:
    """A visit with everything that follows from it, all or nothing: tasks of ours, promises of the firm; the visit that
    one had planned is done.
    """
    promised = any(kind == TaskKind.PROMISE for _title, _due, kind in follow_ups)
    outcome = TouchOutcome.PROMISE if promised else ""
    touch = add_touch(firm, kind=TouchKind.VISIT, text=text, on=on, outcome=outcome, actor=actor, today=today)
    for task in _open_visits(actor).filter(firm=firm, due_on__lte=today).select_related("firm", "owner"):
        finish_task(task, actor=actor, outcome=text[:300], today=today)
    for title, due_on, kind in follow_ups:
        plan_task(firm, title=title, due_on=due_on, kind=kind, touch=touch, actor=actor, today=today)
    return touch
