"""What is to be done with a firm: planned, done with what comes next, put off, given to another, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.choices import TaskKind
from crm.errors import InvalidInput, RowChanged
from crm.models import Firm, Task, Touch, User
from crm.services.contact_days import refresh_contact_days
from crm.services.firms import require_writer
from crm.services.history import record_changes

TITLE_LENGTH = 120
OUTCOME_LENGTH = 300


@dataclass(frozen=True)
class NextStep:
    """What is planned when something is done. Without an owner it stays with whoever had the task."""

    title: str
    due_on: date | None
    owner: User | None = None


@transaction.atomic
def plan_task(
    firm: Firm,
    *,
    title: str,
    due_on: date | None,
    actor: User | None,
    owner: User | None = None,
    kind: str = TaskKind.TASK,
    touch: Touch | None = None,
    today: date | None = None,
) -> Task:
    """Plan something for a firm; without an owner it is the actor's own. Raises InvalidInput with every reason."""
    require_writer(actor, firm.region_path)
    owner = owner or actor
    if reasons := _against(firm, title, due_on, owner, today or timezone.localdate()):
        raise InvalidInput(*reasons)
    assert due_on is not None  # a reason otherwise
    task = Task.objects.create(
        firm=firm, kind=kind, title=title.strip(), due_on=due_on, owner=owner, touch=touch, created_by=actor
    )
    refresh_contact_days([firm.pk])
    return task


def _against(firm: Firm, title: str, due_on: date | None, owner: User | None, today: date) -> list[str]:
    reasons = []
    if not title.strip():
        reasons.append(_("请写明要做什么"))
    if len(title.strip()) > TITLE_LENGTH:
        reasons.append(_("待办事项超过 {limit} 字，请写得简短些").format(limit=TITLE_LENGTH))
    return [*reasons, *_against_day(due_on, today), *_against_owner(firm, owner)]


def _against_day(due_on: date | None, today: date) -> list[str]:
    if due_on is None:
        return [_("请填写到期日")]
    return [_("到期日不能早于今天")] if due_on < today else []


def _against_owner(firm: Firm, owner: User | None) -> list[str]:
    if owner is None or may_write(owner, firm.region_path):
        return []
    return [_("{name} 的岗位不包含该企业所在区划，不能作为负责人").format(name=owner)]


@transaction.atomic
def finish_task(
    task: Task, *, actor: User | None, outcome: str = "", next: NextStep | None = None, today: date | None = None
) -> Task | None:
    """The task is done. Returns what was planned after it, None where nothing was.

    Raises InvalidInput when the next step is refused, RowChanged when somebody closed the task first; then
    nothing is done and nothing planned.
    """
    require_writer(actor, task.firm.region_path)
    outcome = outcome.strip()
    if len(outcome) > OUTCOME_LENGTH:
        raise InvalidInput(_("结果超过 {limit} 字，请写得简短些").format(limit=OUTCOME_LENGTH))
    following = None
    if next is not None:
        owner = next.owner or task.owner or actor
        following = plan_task(task.firm, title=next.title, due_on=next.due_on, owner=owner, actor=actor, today=today)
    now = timezone.now()
    _change(task, {"done_at": now, "done_by": actor, "outcome": outcome, "next_task": following}, actor, outcome)
    return following


@transaction.atomic
def put_off(
    task: Task, *, due_on: date | None, actor: User | None, reason: str = "", today: date | None = None
) -> bool:
    """Another day. Returns False when it is the same one."""
    require_writer(actor, task.firm.region_path)
    if reasons := _against_day(due_on, today or timezone.localdate()):
        raise InvalidInput(*reasons)
    if due_on == task.due_on:
        return False
    _change(task, {"due_on": due_on}, actor, reason)
    return True


@transaction.atomic
def reassign_task(task: Task, *, owner: User, actor: User | None, reason: str = "") -> bool:
    """Give the task to another officer whose posts cover the firm. Returns False when it is theirs already."""
    require_writer(actor, task.firm.region_path)
    if reasons := _against_owner(task.firm, owner):
        raise InvalidInput(*reasons)
    if task.owner_id == owner.pk:
        return False
    _change(task, {"owner": owner}, actor, reason)
    return True


@transaction.atomic
def cancel_task(task: Task, *, actor: User | None, reason: str) -> None:
    """It is not to be done any more, and why."""
    require_writer(actor, task.firm.region_path)
    if not reason.strip():
        raise InvalidInput(_("请说明取消的原因"))
    if len(reason.strip()) > OUTCOME_LENGTH:
        raise InvalidInput(_("原因超过 {limit} 字，请写得简短些").format(limit=OUTCOME_LENGTH))
    _change(task, {"cancelled_at": timezone.now(), "outcome": reason.strip()}, actor, reason.strip())


def _change(task: Task, values: dict[str, Any], actor: User | None, reason: str) -> None:
    """One conditional update of a task that is open, as this caller saw it; its history; the firm's next day."""
    seen = Task.objects.open().filter(pk=task.pk, due_on=task.due_on, owner=task.owner_id)
    if not seen.update(**values):
        raise RowChanged(_("待办“{title}”刚被他人处理或改动，请刷新后再看").format(title=task.title))
    changed = {name: (getattr(task, name), new) for name, new in values.items() if getattr(task, name) != new}
    for name, new in values.items():
        setattr(task, name, new)
    record_changes(task, changed, actor=actor, reason=reason, path=task.firm.region_path)
    refresh_contact_days([task.firm_id])
