"""Every write of a filing window and of the working calendar; open deadlines follow."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.errors import InvalidInput, NotAllowed
from crm.models import Region, User
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.choices import DayKind
from pipeline.models import Round, Workday
from pipeline.services import deadlines
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
    if reasons:
        raise InvalidInput(*reasons)
    before = "" if round is None or round.pk is None else f"{round.opens_on}–{round.last_on}"
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
    record_changes(round, {"window": (before, f"{opens_on}–{round.last_on}")}, actor=actor, reason=notice_number)
    deadlines.follow_window(round)
    return round


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
    return deadlines.recompute_deadlines()
