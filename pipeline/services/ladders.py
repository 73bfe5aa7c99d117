"""Every write of a reminder ladder; the open deadlines follow it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import Region, User
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.choices import DeadlineKind, OccasionKind, Overdue, Told
from pipeline.ladder_words import kind_label, rung_words, sentence_of
from pipeline.models import Deadline, Ladder
from pipeline.rungs import DEFAULTS, NOT_FOR_FIRMS, OVERDUE_DAYS, YEARLY, LadderTable, Rung, next_rung
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladders import ladder_of, ladders
from pipeline.workdays import DAYS, WORKDAYS, WorkCalendar

MOST_RUNGS = 5
FURTHEST = 400  # days ahead of a date
NEAR = timedelta(days=14)  # longer than any run of days off
MOST_AFTER = 20  # working days overdue, after which the last superior has heard


@transaction.atomic
def set_ladder(table: LadderTable, *, actor: User | None, region: Region, version: int | None = None) -> Ladder:
    """Give a kind of date its own ladder. Raises InvalidInput with every reason, RowChanged when not the newest.

    The ladders are everybody's: who manages a county alone does not write them.
    """
    _require_city(actor, region)
    if reasons := problems(table):
        raise InvalidInput(*reasons)
    return _write(table, own=True, actor=actor, region=region, version=version)


@transaction.atomic
def reset_ladder(kind: str, *, actor: User | None, region: Region, version: int | None = None) -> Ladder | None:
    """Back to the default; None where it was never left."""
    _require_city(actor, region)
    if not Ladder.objects.filter(kind=kind, own=True).exists():
        return None
    return _write(DEFAULTS[kind], own=False, actor=actor, region=region, version=version)


def may_change(user: User, region: Region) -> bool:
    """True for who manages the city or what lies above it."""
    return region.is_city_or_above and bool(scope_of(user).roles_at(region.path) & set(MANAGERS))


def _require_city(actor: User | None, region: Region) -> None:
    require_manager(actor, region.path)
    if not region.is_city_or_above:
        raise NotAllowed(_("提醒阶梯由市级科长或管理员维护"))


def problems(table: LadderTable) -> list[str]:
    """Everything that is wrong with a ladder, as sentences."""
    if table.kind not in DEFAULTS:
        return [_("没有代码为“{kind}”的期限类型").format(kind=table.kind)]
    reasons = [*_problems_of_rungs(table.rungs), *_problems_of_overdue(table)]
    if table.kind in YEARLY and table.active and table.yearly is None:
        reasons.append(_("请填写每年的日期，如 12-15"))
    told = {role for rung in table.rungs for role in rung.roles} | set(table.overdue_roles)
    if table.kind in NOT_FOR_FIRMS and told & {Told.FIRM, Told.AGENT}:
        reasons.append(_("“{kind}”只由主管部门掌握，不能提醒企业或代理人").format(kind=kind_label(table.kind)))
    if table.kind in OccasionKind.values and (table.overdue != Overdue.NEVER or table.escalates):
        reasons.append(_("“{kind}”没有办结与否，不设逾期提醒与上报").format(kind=kind_label(table.kind)))
    return reasons


def _problems_of_rungs(rungs: Sequence[Rung]) -> list[str]:
    reasons, seen = [], set()
    if len(rungs) > MOST_RUNGS:
        reasons.append(_("最多设 {most} 档，现有 {count} 档").format(most=MOST_RUNGS, count=len(rungs)))
    for rung in rungs:
        words = rung_words(rung)
        if rung.key in seen:
            reasons.append(_("“{rung}”填了两次").format(rung=words))
        seen.add(rung.key)
        if rung.month_day is None and not -OVERDUE_DAYS <= (rung.days or 0) <= FURTHEST:
            text = _("“{rung}”超出范围：到期前最多 {most} 天，到期后最多 {after} 天")
            reasons.append(text.format(rung=words, most=FURTHEST, after=OVERDUE_DAYS))
        if rung.unit not in (DAYS, WORKDAYS):
            reasons.append(_("“{rung}”的单位应为天或工作日").format(rung=words))
        reasons += _problems_of_roles(rung.roles, words)
    return reasons


def _problems_of_overdue(table: LadderTable) -> list[str]:
    reasons = []
    if table.overdue not in Overdue.values:
        reasons.append(_("请选择逾期后是否提醒"))
    elif table.overdue != Overdue.NEVER:
        reasons += _problems_of_roles(table.overdue_roles, _("逾期提醒"))
    for after, who in ((table.lead_after, Told.LEAD.label), (table.leader_after, Told.LEADER.label)):
        if after is not None and not 1 <= after <= MOST_AFTER:
            text = _("逾期 {after} 个工作日报{who}超出范围，应为 1 至 {most} 个工作日")
            reasons.append(text.format(after=after, who=who, most=MOST_AFTER))
    if table.lead_after and table.leader_after and table.leader_after < table.lead_after:
        reasons.append(_("报局领导不应早于报科长"))
    silent = not table.rungs and table.overdue == Overdue.NEVER and not table.escalates
    if table.active and silent:
        reasons.append(_("没有任何一档：请至少填写一档，或停用该提醒"))
    return reasons


def _problems_of_roles(roles: Iterable[str], words: str) -> list[str]:
    chosen = list(roles)
    if not chosen:
        return [_("“{rung}”没有选择提醒谁").format(rung=words)]
    if unknown := [role for role in chosen if role not in Told.values]:
        return [_("“{rung}”含未知的对象：{names}").format(rung=words, names="、".join(unknown))]
    return []


def _write(table: LadderTable, *, own: bool, actor: User | None, region: Region, version: int | None) -> Ladder:
    """The row of the kind, its version one higher, only while it is the one that was seen."""
    before, now = ladder_of(table.kind), timezone.now()
    values = _stored(table) | {"own": own, "changed_by": actor, "changed_at": now}
    row, created = Ladder.objects.get_or_create(kind=table.kind, defaults=values)
    stale = version is not None and version != (0 if created else row.version)
    if stale or not (created or _updated(row, values)):
        raise RowChanged(_("该提醒阶梯刚被他人修改，您的改动尚未保存；请对照最新内容后再试"))
    row.refresh_from_db()
    changes = {"ladder": (sentence_of(before), sentence_of(table))}
    record_changes(row, changes, actor=actor, reason="" if own else _("恢复默认"), path=region.path)
    follow_ladder(table)
    return row


def _updated(row: Ladder, values: dict) -> int:
    return Ladder.objects.filter(pk=row.pk, version=row.version).update(**values, version=F("version") + 1)


def _stored(table: LadderTable) -> dict:
    return {
        "active": table.active,
        "rungs": [_stored_rung(rung) for rung in table.rungs],
        "overdue": table.overdue,
        "overdue_roles": list(table.overdue_roles),
        "lead_after": table.lead_after,
        "leader_after": table.leader_after,
        "yearly": "{:02d}-{:02d}".format(*table.yearly) if table.yearly else "",
    }


def _stored_rung(rung: Rung) -> dict:
    if rung.month_day:
        return {"month_day": "{:02d}-{:02d}".format(*rung.month_day), "roles": list(rung.roles)}
    return {"days": rung.days, "unit": rung.unit, "roles": list(rung.roles)}


def follow_ladder(table: LadderTable) -> int:
    """The open deadlines of a kind go on by its new ladder, from its next rung: what has passed is not told late.

    Those whose rung has come and that no run has planned yet stay as they are: the next run reads the new ladder.
    One update for each distinct date. Returns how many deadlines have another next rung.
    """
    if table.kind not in DeadlineKind.values:
        return 0
    today = timezone.localdate()
    return _replan(table, Q(due_on__gte=today - timedelta(days=OVERDUE_DAYS)), today, work_calendar())


def follow_day(day: date) -> int:
    """A day was declared off, or worked: rungs near it fall on other days. Returns how many deadlines moved theirs."""
    today, calendar = timezone.localdate(), work_calendar()
    near = Q(next_rung_on__range=(day - NEAR, day + NEAR))
    kinds = Deadline.objects.open().filter(near).order_by().values_list("kind", flat=True).distinct()
    known = ladders()
    return sum(_replan(known[kind], near, today, calendar) for kind in list(kinds))


def follow_all(today: date) -> int:
    """All open deadlines by the ladders and days known now: a new release may bring other defaults or a year's notice.

    Returns how many have another next rung.
    """
    known, calendar = ladders(), work_calendar()
    coming = Q(next_rung_on__gt=today)
    return sum(_replan(known[kind], coming, today, calendar) for kind in DeadlineKind.values)


def _replan(table: LadderTable, wanted: Q, today: date, calendar: WorkCalendar) -> int:
    """One query, and one update for each date whose rung has moved."""
    planned = Deadline.objects.open().filter(wanted, kind=table.kind)
    if table.active:
        planned = planned.exclude(next_rung_on__lte=today)
    moved = 0
    for due_on, planned_on in list(planned.order_by().values_list("due_on", "next_rung_on").distinct()):
        following = next_rung(table, due_on, today, calendar)
        if following != planned_on:
            moved += planned.filter(due_on=due_on, next_rung_on=planned_on).update(next_rung_on=following)
    return moved
