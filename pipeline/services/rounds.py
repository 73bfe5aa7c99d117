"""Every write of a filing window and of the working calendar; open deadlines follow."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput, NotAllowed
from crm.models import Region, User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.choices import DayKind, RoundChange
from pipeline.errors import ApplicationRefused, StageMoved
from pipeline.models import Application, Round, RoundVersion, Workday
from pipeline.selectors.clocks import BEFORE_NOTICE
from pipeline.services import deadlines
from pipeline.services.ladders import follow_day
from pipeline.workflows import PROGRAMMES


@transaction.atomic
def save_round(
    *,
    programme: str,
    region: Region,
    year: int,
    opens_on: date,
    closes_on: date,
    actor: User | None,
    batch: int = 1,
    extended_to: date | None = None,
    notice_number: str = "",
    round: Round | None = None,
) -> Round:
    """Add a filing window, or change one; the deadlines of applications that wait in it move along."""
    require_manager(actor, region.path)
    if round is not None:
        require_manager(actor, round.region_path)
    reasons = []
    if programme not in PROGRAMMES:
        reasons.append(_("没有代码为“{programme}”的计划").format(programme=programme))
    if closes_on < opens_on:
        reasons.append(_("截止日期 {closes} 早于开始日期 {opens}").format(closes=closes_on, opens=opens_on))
    if extended_to and extended_to < closes_on:
        reasons.append(_("延长至 {until} 早于原截止日期 {closes}").format(until=extended_to, closes=closes_on))
    if extended_to and not notice_number.strip():
        reasons.append(_("延长申报须填写通知文号"))
    if reasons:
        raise InvalidInput(*reasons)
    before = None if round is None or round.pk is None else Round.objects.get(pk=round.pk)
    round = round or Round(programme=programme, region=region, year=year, batch=batch)
    round.programme, round.region, round.region_path = programme, region, region.path
    round.year, round.batch, round.notice_number = year, batch, notice_number
    round.opens_on, round.closes_on, round.extended_to = opens_on, closes_on, extended_to
    round.last_on = extended_to or closes_on
    try:
        with transaction.atomic():
            round.save()
    except IntegrityError:
        raise InvalidInput(_("{year} 年该计划第 {batch} 批已存在").format(year=year, batch=batch)) from None
    _keep_version(round, before, actor)
    window = "" if before is None else f"{before.opens_on}–{before.last_on}"
    record_changes(round, {"window": (window, f"{opens_on}–{round.last_on}")}, actor=actor, reason=notice_number)
    if before is None:
        _adopt(round, actor)
    deadlines.follow_window(round)
    return round


def _keep_version(round: Round, before: Round | None, actor: User | None) -> None:
    """Every announcement of the window is a version; one that changes nothing is none."""
    change = change_of(before, round)
    if change is None:
        return
    number = (round.versions.aggregate(last=Max("number"))["last"] or 0) + 1  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            RoundVersion.objects.create(
                round=round,
                number=number,
                change=change,
                opens_on=round.opens_on,
                closes_on=round.closes_on,
                extended_to=round.extended_to,
                last_on=round.last_on,
                notice_number=round.notice_number,
                actor=actor,
                at=timezone.now(),
            )
    except IntegrityError:
        raise InvalidInput(_("该批次刚被他人修改，请刷新后再试")) from None


def change_of(before: Round | None, after: Round) -> str | None:
    """What an announcement does to the window it follows; None when nothing of it changed."""
    if before is None:
        return RoundChange.EXTENDED if after.extended_to else RoundChange.OPENED
    names = ("opens_on", "closes_on", "extended_to", "notice_number")
    if all(getattr(before, name) == getattr(after, name) for name in names):
        return None
    if after.opens_on != before.opens_on:
        return RoundChange.MOVED
    if after.last_on == before.last_on:
        return RoundChange.NOTED
    return RoundChange.EXTENDED if after.last_on > before.last_on else RoundChange.SHORTENED


def _adopt(round: Round, actor: User | None) -> None:
    """Applications that were started before any window was known now belong to this one."""
    waiting = Application.objects.open().filter(
        round=None, programme=round.programme, year=round.year, region_path__under=round.region_path
    )
    for application in waiting:
        if application.stage in application.workflow.before_submission:
            record_changes(application, {"round": (None, round)}, actor=actor)
            Application.objects.filter(pk=application.pk).update(round=round)


@transaction.atomic
def close_round(round: Round, *, on: date, notice_number: str, actor: User | None) -> Round:
    """End a window earlier than announced, by a notice; who must still file is told the new last day."""
    require_manager(actor, round.region_path)
    reasons = []
    if not notice_number.strip():
        reasons.append(_("提前截止须填写通知文号"))
    if not round.opens_on <= on < round.last_on:
        reasons.append(
            _("提前截止的日期须在 {opens} 至 {last} 之间，且早于现在的截止日期").format(
                opens=round.opens_on, last=round.last_on
            )
        )
    if reasons:
        raise InvalidInput(*reasons)
    return save_round(
        programme=round.programme,
        region=round.region,
        year=round.year,
        batch=round.batch,
        opens_on=round.opens_on,
        closes_on=min(round.closes_on, on),
        extended_to=on if on > round.closes_on else None,
        notice_number=notice_number.strip(),
        actor=actor,
        round=round,
    )


@transaction.atomic
def move_to_round(application: Application, round: Round, *, actor: User | None) -> None:
    """Give an open application to another window of its year; its filing date and correction cap follow.

    Raises ApplicationRefused with every reason at once.
    """
    require_writer(actor, application.region_path)
    if reasons := _problems(application, round):
        raise ApplicationRefused(*reasons)
    before = application.round
    if not Application.objects.filter(pk=application.pk, round=before, closed_at=None).update(round=round):
        raise StageMoved(_("该申请的批次刚被他人更改，请刷新后再试"))
    record_changes(application, {"round": (before, round)}, actor=actor)
    application.round = round
    deadlines.follow_round_change(application)


def _problems(application: Application, round: Round) -> list[str]:
    reasons = []
    if application.phase not in BEFORE_NOTICE:
        reasons.append(_("该申报已进入公示或已结束，不能更换批次"))
    if round.pk == application.round_id:
        reasons.append(_("该申报已在此批次"))
    if (round.programme, round.year) != (application.programme, application.year):
        reasons.append(_("只能转入同一计划、同一年度的批次；跨年度请重新发起申报"))
    if not application.region_path.startswith(round.region_path):
        reasons.append(_("所选批次不面向{region}的企业").format(region=application.region))
    if round.last_on < timezone.localdate():
        reasons.append(_("所选批次已于 {day} 截止").format(day=round.last_on))
    return reasons


@transaction.atomic
def set_workday(day: date, *, kind: str, actor: User | None, region: Region, name: str = "", notice: str = "") -> int:
    """Enter one day of a holiday notice. Returns how many open deadlines moved.

    The calendar is everybody's: who manages a county alone does not write it.
    """
    require_manager(actor, region.path)
    if not region.is_city_or_above:
        raise NotAllowed(_("工作日历由市级科长或管理员维护"))
    if kind not in DayKind.values:
        raise InvalidInput(_("请选择“放假”或“上班”"))
    workday, created = Workday.objects.get_or_create(date=day, defaults={"kind": kind, "name": name, "notice": notice})
    before = "" if created else workday.kind
    if before != kind or (workday.name, workday.notice) != (name, notice):
        Workday.objects.filter(pk=workday.pk).update(kind=kind, name=name, notice=notice)
        record_changes(workday, {"kind": (before, kind)}, actor=actor, reason=notice)
    moved = deadlines.recompute_deadlines()
    follow_day(day)
    return moved
