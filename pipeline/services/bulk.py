"""Many moves at once, each through the one door: a job in parts, an outcome for every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import DomainError, InvalidInput
from crm.models import Job, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from pipeline.access import acting_role
from pipeline.errors import UnknownTransition
from pipeline.models import Application
from pipeline.selectors.applications import with_account
from pipeline.services.applications import RESULT_FIELDS, move_application
from pipeline.services.reveals import enter_result
from pipeline.workflow import Transition
from pipeline.workflows import PROGRAMMES

PART = 50  # moves in one transaction: what a killed worker repeats, and how long it holds the only writer of SQLite
MOST = 20_000
DONE, REFUSED = "done", "refused"


def start_bulk_move(
    chosen: Sequence[Mapping[str, Any]],
    transition: str,
    *,
    actor: User,
    note: str = "",
    hold: bool = False,
    reveal_on: date | None = None,
    **result: Any,
) -> Job:
    """Queue a move for many applications: `[{"id", "version", "number"?}]`, the version as it was seen.

    `result` holds what the moves share where they grant something: document, granted_on, valid_until. Every row is
    moved or refused on its own, under the rules of one move. With `hold` the results are kept until they are revealed,
    on `reveal_on` or by hand. Raises InvalidInput and UnknownTransition.
    """
    rows = sorted({row["id"]: dict(row) for row in chosen}.values(), key=lambda row: row["id"])
    if not rows:
        raise InvalidInput(_("没有选择任何申报；请先勾选要办理的申报"))
    if len(rows) > MOST:
        raise InvalidInput(
            _("一次最多办理 {most} 件，已选 {chosen} 件；请分批办理").format(most=MOST, chosen=len(rows))
        )
    shared = {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in result.items() if value
    }
    return start_in_parts(
        "bulk_move",
        title=_("批量{move}（{count} 件）").format(move=named_step(transition).label, count=len(rows)),
        actor=actor,
        params={
            "transition": transition,
            "note": note,
            "result": shared,
            "hold": hold,
            "reveal_on": reveal_on and reveal_on.isoformat(),
        },
        parts=list(_parts(rows)),
        total=len(rows),
    )


def named_step(code: str) -> Transition:
    """A move of this code in any programme, for its label."""
    for table in PROGRAMMES.values():
        for step in table.transitions:
            if step.code == code:
                return step
    raise UnknownTransition(_("没有“{code}”这个操作").format(code=code))


def _parts(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    left = iter(rows)
    while part := list(islice(left, PART)):
        yield {"rows": part}


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    """How many rows were moved and refused, and which were refused, so that they can be chosen again."""
    rows = [row for result in results for row in result["rows"]]
    refused = [row["id"] for row in rows if row["outcome"] == REFUSED]
    return {"done": len(rows) - len(refused), "refused": len(refused), "refused_ids": refused}


@works("bulk_move", finish=_finish)
def move_part(job: Job, params: dict[str, Any]) -> Writing:
    """Move the rows of one part, in the order of their keys so that two jobs never wait for each other in a circle."""

    def write() -> Outcome:
        rows = [_outcome(job, row, known.get(row["id"])) for row in params["rows"]]
        refused = sum(row["outcome"] == REFUSED for row in rows)
        return Outcome(done=len(rows) - refused, refused=refused, result={"rows": rows})

    wanted = [row["id"] for row in params["rows"]]
    visible = Application.objects.visible_to(job.actor).filter(pk__in=wanted)
    known = {row.pk: row for row in with_account(visible).select_related("firm", "round", "region", "officer")}
    return write


def _outcome(job: Job, row: dict[str, Any], application: Application | None) -> dict[str, Any]:
    """What became of one row: moved, or refused with every reason."""
    told = {"id": row["id"], "reference": "", "firm": ""}
    if application is None:
        return told | {"outcome": REFUSED, "reasons": [_("没有这件申报，或不在您的辖区内")]}
    told |= {"reference": application.reference, "firm": application.firm.name}
    try:
        with transaction.atomic():
            _move(job, row, application)
    except DomainError as error:
        return told | {"outcome": REFUSED, "reasons": error.reasons}
    return told | {"outcome": DONE, "reasons": [], "stage": application.stage}


def _move(job: Job, row: dict[str, Any], application: Application) -> None:
    code = job.params["transition"]
    grants = any(step.grants for step in application.workflow.moves_from(application.stage) if step.code == code)
    shared = job.params["result"] if grants else {}  # meant for those rows of the selection that grant something
    given = shared | {name: row[name] for name in RESULT_FIELDS if row.get(name)}
    days = {name: date.fromisoformat(given[name]) for name in ("granted_on", "valid_until") if name in given}
    said = {"actor": job.actor, "note": job.params["note"], "version": row["version"], **given, **days}
    if job.params.get("hold"):
        day = job.params["reveal_on"]
        enter_result(application, code, reveal_on=date.fromisoformat(day) if day else None, **said)
    else:
        move_application(application, code, **said)


@dataclass(frozen=True)
class Offer:
    """A move that some of the chosen applications can make: how many this person may move, and what it brings."""

    code: str
    label: str
    able: int
    mailed: int  # firms that will get a mail
    grants: bool
    note_required: bool


def offers(applications: Iterable[Application], user: User) -> list[Offer]:
    """The moves open to chosen applications, the one for most of them first. What guards say is told row by row."""
    found: dict[str, list[tuple[Application, Transition]]] = {}
    for application in applications:
        role = acting_role(user, application)
        for step in application.workflow.moves_from(application.stage):
            if step.allows(role):
                found.setdefault(step.code, []).append((application, step))
    return sorted((_offer(code, pairs) for code, pairs in found.items()), key=lambda offer: -offer.able)


def _offer(code: str, pairs: list[tuple[Application, Transition]]) -> Offer:
    return Offer(
        code=code,
        label=str(pairs[0][1].label),
        able=len(pairs),
        mailed=sum(row.workflow.stage(step.target).mails_firm for row, step in pairs),
        grants=any(step.grants for _row, step in pairs),
        note_required=any(step.note_required for _row, step in pairs),
    )
