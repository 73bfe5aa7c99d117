"""Absences with a deputy: planned, ended early, cancelled. A deputy is told; nobody sees more by standing in."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.errors import InvalidInput, RowChanged
from crm.models import Leave, LeaveDay, Region, User
from crm.selectors.leaves import writing_paths
from crm.services.history import record_changes
from crm.services.people import require_manager
from crm.signals import leave_ended, leave_planned

LONGEST = 366  # days
ONE_DAY = timedelta(days=1)


@transaction.atomic
def plan_leave(
    user: User, *, deputy: User, from_on: date, until_on: date, actor: User | None, today: date, note: str = ""
) -> Leave:
    """Say that somebody is away, and who stands in. One's own, or by who manages all regions in which they write.

    Raises NotAllowed, or InvalidInput with every reason; no person is away twice on one day.
    """
    _require_planner(user, actor)
    if reasons := [*_against_days(from_on, until_on, today), *_against_deputy(user, deputy, from_on, until_on)]:
        raise InvalidInput(*reasons)
    leave = Leave.objects.create(
        user=user, deputy=deputy, from_on=from_on, until_on=until_on, note=note.strip()[:200], made_by=actor
    )
    length = (until_on - from_on).days + 1
    days = [LeaveDay(leave=leave, user=user, on=from_on + ONE_DAY * step) for step in range(length)]
    try:
        with transaction.atomic():
            LeaveDay.objects.bulk_create(days)
    except IntegrityError:
        raise InvalidInput(_overlap(user, from_on, until_on, leave)) from None
    record_changes(user, {"leave": (None, leave)}, actor=actor, reason=note, path=_first_path(user))
    leave_planned.send(sender=Leave, leave=leave)
    return leave


def _require_planner(user: User, actor: User | None) -> None:
    if actor is None or actor.pk == user.pk:
        return
    for path in writing_paths(user):
        require_manager(actor, path)


def _against_days(from_on: date, until_on: date, today: date) -> list[str]:
    if until_on < from_on:
        return [_("结束日期不能早于开始日期")]
    reasons = [_("结束日期已过，无需再登记")] if until_on < today else []
    if (length := (until_on - from_on).days + 1) > LONGEST:
        reasons.append(_("一次最多登记 {most} 天，现为 {days} 天；请分次登记").format(most=LONGEST, days=length))
    return reasons


def _against_deputy(user: User, deputy: User, from_on: date, until_on: date) -> list[str]:
    """Why this person cannot stand in; and why this one cannot be away, whom another counts on."""
    if deputy.pk == user.pk:
        return [_("不能由本人代理；请选择另一位人员")]
    reasons = []
    if not deputy.is_active:
        reasons.append(_("{name}的账号已停用，不能代理").format(name=deputy))
    paths = writing_paths(user)
    if not paths:
        reasons.append(_("{name}没有经办岗位，无需代理").format(name=user))
    if outside := [path for path in paths if not may_write(deputy, path)]:
        names = "、".join(Region.objects.filter(path__in=outside).values_list("name", flat=True))
        reasons.append(_("{name}的岗位不包含{regions}，不能代理").format(name=deputy, regions=names))
    meanwhile = Leave.objects.standing().filter(from_on__lte=until_on, until_on__gte=from_on)
    meanwhile = meanwhile.select_related("user", "deputy")
    away, relied_on = meanwhile.filter(user=deputy).first(), meanwhile.filter(deputy=user).first()
    if away is not None:
        text = _("{name}在 {from_on} 至 {until_on} 也不在岗，请另选代理人员")
        reasons.append(text.format(name=deputy, from_on=away.from_on, until_on=away.until_on))
    if relied_on is not None:
        text = _("{name}在 {from_on} 至 {until_on} 正代理{other}，请先为{other}改换代理人员")
        values = {"from_on": relied_on.from_on, "until_on": relied_on.until_on, "other": relied_on.user}
        reasons.append(text.format(name=user, **values))
    return reasons


def _overlap(user: User, from_on: date, until_on: date, leave: Leave) -> str:
    others = Leave.objects.standing().filter(user=user, from_on__lte=until_on, until_on__gte=from_on)
    other = others.exclude(pk=leave.pk).order_by("from_on").first()
    if other is None:
        return _("{name}的休假刚被他人登记，请刷新后再看").format(name=user)
    text = _("{name}在 {from_on} 至 {until_on} 已登记休假，不能重叠；请改日期或先取消原安排")
    return text.format(name=user, from_on=other.from_on, until_on=other.until_on)


@transaction.atomic
def end_leave(leave: Leave, *, actor: User | None, today: date) -> None:
    """The person is back today: what has not begun is cancelled, what runs ended yesterday.

    Raises NotAllowed, or RowChanged when somebody ended it first or it is over.
    """
    _require_planner(leave.user, actor)
    yesterday = today - ONE_DAY
    seen = Leave.objects.standing().filter(pk=leave.pk, until_on=leave.until_on, until_on__gte=today)
    if leave.from_on > yesterday:
        changes: dict = {"cancelled_at": timezone.now()}
    else:
        changes = {"until_on": yesterday}
    if not seen.update(**changes):
        raise RowChanged(_("这次休假已结束或刚被他人改动，请刷新后再看"))
    LeaveDay.objects.filter(leave=leave, on__gte=today).delete()
    changed = {name: (getattr(leave, name), new) for name, new in changes.items()}
    for name, new in changes.items():
        setattr(leave, name, new)
    record_changes(leave, changed, actor=actor, path=_first_path(leave.user))
    leave_ended.send(sender=Leave, leave=leave)


def _first_path(user: User) -> str:
    return next(iter(writing_paths(user)), "")
