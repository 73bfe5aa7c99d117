"""One act on many firms: a job in parts, each firm through its own door, an outcome for every one that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.choices import JobState
from crm.errors import DomainError, InvalidInput, NotAllowed, RowChanged
from crm.models import Firm, Job, Tag, User
from crm.selectors.jobs import every_outcome
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import assign_firm
from crm.services.tags import tag_firm, untag_firm
from pipeline.models import Shortlist
from pipeline.services.applications import open_application
from pipeline.services.shortlists import add_firm
from pipeline.workflows import PROGRAMMES

KIND = "firm_acts"
PART = 50  # firms in one transaction: what a killed worker repeats, and how long it holds the only writer of SQLite
MOST = 20_000
DONE, REFUSED = "done", "refused"
ASSIGN, TAG, UNTAG, SHORTLIST, OPEN, UNDO = "assign", "tag", "untag", "shortlist", "open", "undo"
ACTS = {
    ASSIGN: gettext_lazy("指派经办人员"),
    TAG: gettext_lazy("打标签"),
    UNTAG: gettext_lazy("取下标签"),
    SHORTLIST: gettext_lazy("加入候选名单"),
    OPEN: gettext_lazy("发起申报"),
}
UNDONE = {ASSIGN, TAG, UNTAG}  # what can be taken back firm by firm
Row = dict[str, Any]
Told = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What the firms of one part share: who acts, why, and with what."""

    actor: User
    reason: str
    officer: User | None = None
    tag: Tag | None = None
    shortlist: Shortlist | None = None
    programme: str = ""
    year: int | None = None


def start_firm_act(
    act: str,
    firms: Sequence[int],
    *,
    actor: User,
    unknown: Sequence[str] = (),
    reason: str = "",
    officer: User | None = None,
    tag: Tag | None = None,
    shortlist: Shortlist | None = None,
    programme: str = "",
    year: int | None = None,
) -> Job:
    """Queue one act for firms by their keys, as they were chosen: what comes or goes later changes nothing.

    `unknown` are codes for which the caller found no firm: they are refused, not skipped. Raises InvalidInput without
    firms, with too many, or without what the act needs.
    """
    rows: list[Row] = [*({"id": key} for key in sorted(set(firms))), *({"id": 0, "code": code} for code in unknown)]
    needed = {TAG: tag, UNTAG: tag, SHORTLIST: shortlist, OPEN: programme in PROGRAMMES}.get(act, act in ACTS)
    if reasons := _problems(act, len(rows), needed):
        raise InvalidInput(*reasons)
    with_what: dict[str, Any] = {"officer": officer, "tag": tag, "shortlist": shortlist}
    params: dict[str, Any] = {name: row and row.pk for name, row in with_what.items()}
    title = _("批量{act}（{count} 家）").format(act=ACTS[act], count=len(rows))
    params |= {"act": act, "reason": reason.strip()[:200], "programme": programme, "year": year}
    return _start(rows, title, actor, params)


def _problems(act: str, chosen: int, needed: Any) -> list[str]:
    reasons = []
    if not chosen:
        reasons.append(_("没有选择任何企业；请先勾选要办理的企业"))
    if chosen > MOST:
        reasons.append(_("一次最多办理 {most} 家，已选 {chosen} 家；请分批办理").format(most=MOST, chosen=chosen))
    if act not in ACTS:
        reasons.append(_("没有“{code}”这个操作").format(code=act))
    elif not needed:
        reasons.append(_("“{act}”还缺标签、名单或计划；请补上").format(act=ACTS[act]))
    return reasons


def _start(rows: Sequence[Row], title: str, actor: User, params: dict[str, Any], *, key: str = "") -> Job:
    parts = [{"rows": list(rows[start : start + PART])} for start in range(0, len(rows), PART)]
    return start_in_parts(KIND, key=key, title=title, actor=actor, params=params, parts=parts, total=len(rows))


def can_undo(job: Job) -> bool:
    """True for an act that is over, changed something, can be taken back, and was not yet."""
    over = job.kind == KIND and job.is_over and job.params["act"] in UNDONE
    return over and job.done > job.result.get("unchanged", 0) and not _undoing(job).exists()


def _undoing(job: Job):
    return Job.objects.filter(key=f"{KIND}.undo:{job.pk}").exclude(state=JobState.CANCELLED)


def undo_firm_act(job: Job, *, actor: User) -> Job:
    """Give every firm that the job changed back what it had; one that was changed since is refused and says so."""
    if job.actor_id != actor.pk:
        raise NotAllowed(_("只有发起人可以撤销这次批量操作"))
    if not can_undo(job):
        raise InvalidInput(_("这次批量操作不能撤销：没有改动、尚未结束或已经撤销过"))
    changed = (row for row in every_outcome(job, DONE) if not row["unchanged"])
    rows = [{"id": row["id"], "was": row["was"]} for row in changed]
    title = _("撤销：{title}").format(title=job.title)
    params = job.params | {
        "act": UNDO,
        "undone": job.params["act"],
        "reason": _("撤销批量操作 {job}").format(job=job.pk),
    }
    return _start(rows, title[:120], actor, params, key=f"{KIND}.undo:{job.pk}")


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    """How many firms were done, were so already, and were refused, and which, so that they can be chosen again."""
    rows = [row for result in results for row in result["rows"]]
    refused = [row["id"] for row in rows if row["outcome"] == REFUSED]
    unchanged = sum(row.get("unchanged", False) for row in rows)
    return {"done": len(rows) - len(refused), "unchanged": unchanged, "refused": len(refused), "refused_ids": refused}


@works(KIND, finish=_finish)
def act_on_part(job: Job, params: dict[str, Any]) -> Writing:
    """Act on the firms of one part, in the order of their keys so that two jobs never wait in a circle."""
    work = _work(job)
    wanted = [row["id"] for row in params["rows"]]
    visible = Firm.objects.visible_to(work.actor).filter(pk__in=wanted).select_related("region", "officer")
    known = {firm.pk: firm for firm in visible}

    def write() -> Outcome:
        rows = [_outcome(DOORS[job.params["act"]], job, work, row, known.get(row["id"])) for row in params["rows"]]
        refused = sum(row["outcome"] == REFUSED for row in rows)
        return Outcome(done=len(rows) - refused, refused=refused, result={"rows": rows})

    return write


def _work(job: Job) -> Work:
    """The rows that a job names, read anew for each part: a list that was deleted meanwhile stops the rest."""
    given, actor = job.params, job.actor
    if actor is None:
        raise InvalidInput(_("发起人的账号已不存在，未再办理"))
    officer = User.objects.filter(pk=given["officer"]).first()
    tag = Tag.objects.select_related("region").filter(pk=given["tag"]).first()
    shortlist = Shortlist.objects.select_related("region").filter(pk=given["shortlist"]).first()
    if (given["officer"] and not officer) or (given["shortlist"] and not shortlist):
        raise InvalidInput(_("所选的人员或名单已不存在，未再办理"))
    return Work(actor, given["reason"], officer, tag, shortlist, given["programme"], given["year"])


Door = Callable[[Job, Work, Row, Firm], Told]


def _outcome(door: Door, job: Job, work: Work, row: Row, firm: Firm | None) -> dict[str, Any]:
    """What became of one firm: done, so already, or refused with every reason."""
    told: dict[str, Any] = {"id": row["id"], "reference": row.get("code", ""), "firm": "", "unchanged": False}
    if firm is None:
        return told | {"outcome": REFUSED, "reasons": [_("没有这家企业，或不在您的辖区内")]}
    told |= {"reference": firm.credit_code, "firm": firm.name}
    try:
        with transaction.atomic():
            told |= door(job, work, row, firm)
    except DomainError as error:
        return told | {"outcome": REFUSED, "reasons": error.reasons}
    return told | {"outcome": DONE, "reasons": []}


def _assign(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    was = firm.officer_id
    changed = assign_firm(firm, officer=work.officer, actor=work.actor, reason=work.reason)
    return {"unchanged": not changed, "was": was}


def _tag(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    assert work.tag is not None
    return {"unchanged": not tag_firm(firm, work.tag, actor=work.actor, reason=work.reason), "was": None}


def _untag(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    assert work.tag is not None
    return {"unchanged": not untag_firm(firm, work.tag, actor=work.actor, reason=work.reason), "was": None}


def _shortlist(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    assert work.shortlist is not None
    return {"unchanged": not add_firm(work.shortlist, firm, actor=work.actor)}


def _open(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    application = open_application(firm, work.programme, year=work.year, actor=work.actor)
    return {"application": application.pk}


def _undo(job: Job, work: Work, row: Row, firm: Firm) -> Told:
    if job.params["undone"] == ASSIGN:
        return _give_back(work, row, firm)
    again = _untag if job.params["undone"] == TAG else _tag
    told = again(job, work, row, firm)
    if told["unchanged"]:
        raise RowChanged(_("标签“{tag}”其后已被他人更改，未撤销").format(tag=work.tag))
    return told


def _give_back(work: Work, row: Row, firm: Firm) -> Told:
    """The officer from before, unless somebody else has the firm by now."""
    if firm.officer_id != (work.officer and work.officer.pk):
        now = firm.officer.name if firm.officer else _("无人负责")
        raise RowChanged(_("其后经办人员已改为{officer}，未撤销").format(officer=now))
    before = User.objects.filter(pk=row["was"]).first()
    return {"unchanged": not assign_firm(firm, officer=before, actor=work.actor, reason=work.reason)}


DOORS: dict[str, Door] = {
    ASSIGN: _assign,
    TAG: _tag,
    UNTAG: _untag,
    SHORTLIST: _shortlist,
    OPEN: _open,
    UNDO: _undo,
}
