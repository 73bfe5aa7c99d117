"""A contact with a firm, together with what the firm promised and what is done next."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from crm.choices import TaskKind, TouchOutcome
from crm.models import Firm, Task, Touch, User
from crm.services.firms import add_touch
from crm.services.tasks import OUTCOME_LENGTH, NextStep, finish_task, plan_task


@transaction.atomic
def log_contact(
    firm: Firm,
    *,
    kind: str,
    text: str,
    actor: User,
    on: date | None = None,
    public: bool = False,
    promise: NextStep | None = None,
    done: Task | None = None,
    next: NextStep | None = None,
    today: date | None = None,
) -> Touch:
    """A contact with everything that follows from it, all or nothing.

    `promise` is what the firm said it would do, `done` the task that this contact was, `next` what comes after.
    """
    outcome = TouchOutcome.PROMISE if promise else ""
    touch = add_touch(firm, kind=kind, text=text, actor=actor, on=on, public=public, outcome=outcome, today=today)
    if promise is not None:
        plan_task(
            firm,
            title=promise.title,
            due_on=promise.due_on,
            actor=actor,
            owner=promise.owner,
            kind=TaskKind.PROMISE,
            touch=touch,
            today=today,
        )
    if done is not None:
        finish_task(done, actor=actor, outcome=text.strip()[:OUTCOME_LENGTH], next=next, today=today)
    elif next is not None:
        plan_task(firm, title=next.title, due_on=next.due_on, actor=actor, owner=next.owner, touch=touch, today=today)
    return touch
