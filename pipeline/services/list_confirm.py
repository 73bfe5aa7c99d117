"""Carries out what an official list says, line by line through the one door for moves; and takes it back again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import WRITERS, scope_of
from crm.errors import DomainError, NotAllowed
from crm.models import Firm, Job, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.history import record_changes
from pipeline.access import acting_role
from pipeline.choices import Title
from pipeline.errors import ListRefused, TransitionRefused
from pipeline.listing import ListKind, Road
from pipeline.models import Application, OfficialList, OfficialListRow, Recognition
from pipeline.models.lists import ListState, RowResult
from pipeline.services import recognitions
from pipeline.services.applications import move_application
from pipeline.services.undoing import revive, take_back, undo_moves

PART = 50  # lines in one transaction: what a killed worker repeats
DONE, REFUSED = "done", "refused"


def confirm_list(found: OfficialList, *, actor: User, lines: Sequence[int] | None = None) -> Job:
    """Carry out matched lines in the background: some, or all that the actor sees. Refused ones can be retried."""
    rows = found.rows.visible_to(actor).confirmable()
    title = _("办理名单 {name}").format(name=found.name)
    return _start("official_list.confirm", found, rows, lines, title=title, actor=actor)


def undo_list(found: OfficialList, *, actor: User, lines: Sequence[int] | None = None) -> Job:
    """Take back what was carried out: the lines named, or all that the actor sees. Harmless to ask for twice."""
    rows = found.rows.visible_to(actor).filter(result=RowResult.DONE)
    title = _("撤销名单办理 {name}").format(name=found.name)
    return _start("official_list.undo", found, rows, lines, title=title, actor=actor)


@transaction.atomic
def _start(kind: str, found: OfficialList, rows: Any, lines: Sequence[int] | None, *, title: str, actor: User) -> Job:
    if not scope_of(actor).has_role(*WRITERS):
        raise NotAllowed(_("当前身份只能查阅；请联系本辖区的经办人员或管理员"))
    if found.state != ListState.READY:
        raise ListRefused(_("名单还在读取中，或没有读成，请刷新查看"))
    if lines is not None:
        rows = rows.filter(line__in=list(lines)[:20_000])
    ids = list(rows.order_by("line").values_list("pk", flat=True))
    if not ids:
        raise ListRefused(_("没有可办理的行：所选的行尚未匹配企业，或已经办理"))
    parts = [{"rows": ids[start : start + PART]} for start in range(0, len(ids), PART)]
    job = start_in_parts(kind, title=title[:120], actor=actor, params={"list": found.pk}, parts=parts, total=len(ids))
    OfficialList.objects.filter(pk=found.pk).update(job=job)
    return job


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    told = [row["outcome"] for result in results for row in result["rows"]]
    return {"done": told.count(DONE), "refused": told.count(REFUSED)}


@works("official_list.confirm", finish=_finish)
def _confirm_part(job: Job, params: dict[str, Any]) -> Writing:
    return _part(job, params, _confirm_row)


@works("official_list.undo", finish=_finish)
def _undo_part(job: Job, params: dict[str, Any]) -> Writing:
    return _part(job, params, _undo_row)


Act = Callable[[OfficialListRow, User | None], str]


def _part(job: Job, params: dict[str, Any], act: Act) -> Writing:
    related = ("official_list", "firm__region", "application", "recognition__firm")
    found = OfficialListRow.objects.filter(pk__in=params["rows"]).select_related(*related)
    rows = list(found.order_by("pk"))

    def write() -> Outcome:
        told = [(row, act(row, job.actor)) for row in rows]
        result = {"rows": [_told(row, outcome) for row, outcome in told if outcome]}
        refused = sum(outcome == REFUSED for _row, outcome in told)
        return Outcome(done=len(result["rows"]) - refused, refused=refused, result=result)

    return write


def _told(row: OfficialListRow, outcome: str) -> dict[str, Any]:
    return {"id": row.line, "reference": "", "firm": row.name, "outcome": outcome, "reasons": row.outcome}


def _confirm_row(row: OfficialListRow, actor: User | None) -> str:
    """Carry out one line, or note every reason why not; empty where somebody else was first."""
    mine = OfficialListRow.objects.filter(pk=row.pk)
    try:
        with transaction.atomic():
            claim = {"result": RowResult.DONE, "done_at": timezone.now(), "done_by": actor}
            if not mine.confirmable().update(**claim):
                return ""
            row.refresh_from_db(fields=["firm"])
            _Carrying(row, actor).out()
    except DomainError as error:
        row.outcome = error.reasons
        mine.exclude(result=RowResult.DONE).update(result=RowResult.REFUSED, outcome=error.reasons)
        return REFUSED
    return DONE


class _Carrying:
    """One line being carried out: what the list says of one firm, and what comes of it."""

    def __init__(self, row: OfficialListRow, actor: User | None) -> None:
        assert row.firm is not None
        self.row, self.actor = row, actor
        self.list, self.firm = row.official_list, row.firm
        self.type, self.reason = self.list.type, self.list.reason
        self.granted_on: date = row.granted_on or self.list.published_on
        self.values: dict[str, Any] = {
            "application": None,
            "first_version": None,
            "last_version": None,
            "recognition": None,
            "ended": [],
            "outcome": [],
        }

    def out(self) -> None:
        """Move the application, or record or end the title alone. Raises TransitionRefused."""
        self._refuse_second_title()
        open_ones = Application.objects.filter(firm=self.firm, programme=self.list.programme, closed_at=None)
        applications = list(open_ones.select_related("firm", "round").order_by("-year", "-pk"))
        for application in applications:
            if road := self.type.road(application.workflow, application.stage):
                self._walk(application, road)
                break
        else:
            self._without_road(applications)
        OfficialListRow.objects.filter(pk=self.row.pk).update(**self.values)

    def _refuse_second_title(self) -> None:
        """Nobody is counted twice: a title of the same year that is recorded already stays the only one."""
        if self.type.kind != ListKind.RECOGNISED:
            return
        same = Recognition.objects.filter(firm=self.firm, programme=self.list.programme, title=self.type.title)
        known = same.filter(ended_on=None, granted_on__year=self.granted_on.year).first()
        if known is not None:
            reason = _("该企业 {year} 年的{title}已经登记（{number}），不再重复登记")
            raise TransitionRefused(
                reason.format(
                    year=known.granted_on.year, title=known.get_title_display(), number=known.number or known.granted_on
                )
            )

    def _walk(self, application: Application, road: Road) -> None:
        """Make every move of the road, each under its own rules; only the last one tells the firm."""
        start = application.stage
        first = application.version + 1
        for step in road:
            last = step is road[-1]
            given = self._result() if last and step.grants else {}
            move_application(application, step.code, actor=self.actor, note=self.reason, passing=not last, **given)
        stage = application.workflow.stage
        self.values |= {"application": application, "first_version": first, "last_version": application.version}
        self.values["recognition"] = self._granted(application) if road[-1].grants else None
        said = _("{reference}：{start} → {end}")
        self.values["outcome"] = [
            said.format(reference=application.reference, start=stage(start).label, end=stage(application.stage).label)
        ]

    def _granted(self, application: Application) -> Recognition | None:
        return Recognition.objects.filter(application=application, title=self.type.title, ended_on=None).first()

    def _result(self) -> dict[str, Any]:
        return {
            "number": self.row.number,
            "document": self.list.document,
            "granted_on": self.granted_on,
            "valid_until": self.list.valid_until,
        }

    def _without_road(self, applications: list[Application]) -> None:
        """No application can follow the list: say why, or record or end the title of a firm that has none."""
        if self.type.kind == ListKind.REVOKED:
            self._end()
        elif blocked := [_no_road(application, self.type.stage) for application in applications]:
            raise TransitionRefused(*blocked)
        elif self.type.kind == ListKind.NOTICE:
            name = self.list.programme_label
            raise TransitionRefused(_("该企业没有在办的{programme}申报，公示名单无需登记").format(programme=name))
        else:
            self._record()

    def _record(self) -> None:
        require_hat(self.firm, self.list, self.actor)
        if wrong := recognitions.date_problems(self.granted_on, self.list.valid_until):
            raise TransitionRefused(*wrong)
        given = {name: value for name, value in self._result().items() if value}
        recognition = recognitions.record_recognition(
            self.firm, programme=self.list.programme, title=str(self.type.title), actor=self.actor, **given
        )
        self.values |= {
            "recognition": recognition,
            "outcome": [_("没有在办申报，单独登记{title}").format(title=recognition)],
        }

    def _end(self) -> None:
        require_hat(self.firm, self.list, self.actor)
        valid = Recognition.objects.filter(firm=self.firm, programme=self.list.programme, title=self.type.title)
        titles = list(valid.filter(ended_on=None))
        if not titles:
            title = Title(self.type.title).label if self.type.title else ""
            raise TransitionRefused(_("该企业没有登记在册、尚未撤销的{title}").format(title=title))
        ids = [title.pk for title in titles]
        on, document = self.list.published_on, self.list.document
        recognitions.end(valid.filter(pk__in=ids), on=on, reason=self.reason)
        Recognition.objects.filter(pk__in=ids).update(end_document=document)
        for ended in titles:
            changed = {"ended_on": (None, on), "end_document": ("", document)}
            record_changes(ended, changed, actor=self.actor, reason=self.reason, path=self.firm.region_path)
        self.values |= {"ended": ids, "outcome": [_("没有在办申报，已登记撤销 {count} 项认定").format(count=len(ids))]}


def _no_road(application: Application, stage: str) -> str:
    here, there = application.current.label, application.workflow.stage(stage).label
    if application.stage == stage:
        return _("{reference} 已在“{stage}”阶段，无需再办").format(reference=application.reference, stage=here)
    reason = _("{reference} 现处“{here}”阶段，按规则不能推进到“{there}”；请先办理前面的环节")
    return reason.format(reference=application.reference, here=here, there=there)


def require_hat(firm: Firm, found: OfficialList, actor: User | None) -> None:
    """Who may make the list's own move may record its title alone. Raises TransitionRefused."""
    role = acting_role(actor, Application(firm=firm, region_path=firm.region_path))
    if blocker := found.type.last_step().role_blocker(role):
        raise TransitionRefused(blocker)


def _undo_row(row: OfficialListRow, actor: User | None) -> str:
    """Take back what was done for one line; empty where that was done already."""
    mine = OfficialListRow.objects.filter(pk=row.pk, result=RowResult.DONE)
    try:
        with transaction.atomic():
            if not mine.update(result=RowResult.UNDONE, outcome=[_("已撤销，可以重新办理")]):
                return ""
            _take_back(row, actor)
            row.outcome = []
    except DomainError as error:
        row.outcome = error.reasons
        mine.update(outcome=[*(_("不能撤销：{reason}").format(reason=reason) for reason in error.reasons)])
        return REFUSED
    return DONE


def _take_back(row: OfficialListRow, actor: User | None) -> None:
    found = row.official_list
    reason = _("撤销名单办理：{reason}").format(reason=found.reason)
    if row.application and row.first_version is not None and row.last_version is not None:
        versions = {"first": row.first_version, "last": row.last_version}
        undo_moves(row.application, **versions, actor=actor, reason=reason)
        return
    assert row.firm is not None
    require_hat(row.firm, found, actor)
    if row.recognition:
        take_back(row.recognition, actor=actor, reason=reason)
    elif row.ended and row.done_at:
        revive(_ended(row), firm=row.firm, since=row.done_at, actor=actor, reason=reason)
    else:
        raise TransitionRefused(_("认定结果已不存在，没有可以撤销的内容"))


def _ended(row: OfficialListRow) -> Iterable[Recognition]:
    found = row.official_list
    mine = Recognition.objects.filter(pk__in=row.ended, ended_on=found.published_on, end_reason=found.reason[:200])
    ended = list(mine)
    if len(ended) != len(row.ended):
        raise TransitionRefused(_("撤销的认定此后已被更改，不能恢复"))
    return ended
