"""Every write of a target. A changed number is a new revision; the old one stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.errors import DomainError, NotAllowed, RowChanged
from crm.models import Region, User
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.choices import TargetKind
from pipeline.errors import QuotaRefused
from pipeline.models import Indicator, Quota
from pipeline.services.amounts import MOST


@transaction.atomic
def set_quota(
    indicator: Indicator,
    region: Region,
    year: int,
    *,
    target: Decimal,
    document: str = "",
    actor: User | None,
    kind: str = TargetKind.ASSIGNED,
    officer: User | None = None,
    stretch: Decimal | None = None,
) -> Quota:
    """Set what a region, or an officer there, is to reach. The same number again changes nothing.

    Raises NotAllowed, or QuotaRefused with every reason.
    """
    _require_setter(actor, region, kind, officer)
    asked = {"target": target, "stretch": stretch, "document": document.strip()}
    mine = Quota.objects.filter(indicator=indicator, region=region, year=year, kind=kind, officer=officer)
    current = mine.current().first()
    if current and all(getattr(current, name) == value for name, value in asked.items()):
        return current
    if reasons := _problems(indicator, region, year, officer, asked, current):
        raise QuotaRefused(*reasons)
    now = timezone.now()
    if current and not mine.filter(pk=current.pk, superseded_at=None).update(superseded_at=now):
        raise RowChanged(_("该目标刚被他人修改，请刷新后再试"))
    return _revise(
        current,
        Quota(
            indicator=indicator,
            region=region,
            region_path=region.path,
            officer=officer,
            year=year,
            kind=kind,
            set_at=now,
            set_by=actor,
            **asked,
        ),
        actor,
    )


def _revise(current: Quota | None, quota: Quota, actor: User | None) -> Quota:
    quota.revision = current.revision + 1 if current else 1
    try:
        with transaction.atomic():
            quota.save()
    except IntegrityError:
        raise RowChanged(_("该目标刚被他人修改，请刷新后再试")) from None
    changes: dict[str, tuple[Any, Any]] = {"target": (current.target if current else None, quota.target)}
    if (current and current.stretch) != quota.stretch:
        changes["stretch"] = (current and current.stretch, quota.stretch)
    record_changes(quota, changes, actor=actor, reason=quota.document)
    return quota


def _require_setter(actor: User | None, region: Region, kind: str, officer: User | None) -> None:
    """A county's number comes from above; what it pledges, and what its officers are to bring, it says itself."""
    from_above = kind == TargetKind.ASSIGNED and officer is None and region.parent_id and not region.is_city_or_above
    if not from_above:
        require_manager(actor, region.path)
        return
    try:
        require_manager(actor, region.path[: region.path.rstrip("/").rfind("/") + 1])
    except NotAllowed:
        raise NotAllowed(_("下达目标由上级科长或管理员设定；本辖区的科长可以填写自报数和经办人员目标")) from None


def _problems(
    indicator: Indicator, region: Region, year: int, officer: User | None, asked: dict, current: Quota | None
) -> list[str]:
    target, stretch, reasons = asked["target"], asked["stretch"], []
    if not target.is_finite() or target < 0 or (stretch is not None and (not stretch.is_finite() or stretch < 0)):
        reasons.append(_("目标不能为负数"))
    elif max(target, stretch or 0) >= MOST:
        reasons.append(_("数值过大；请核对单位"))
    elif stretch is not None and stretch < target:
        reasons.append(_("争取目标 {stretch} 低于目标 {target}").format(stretch=stretch, target=target))
    if not 2000 <= year <= 2100:
        reasons.append(_("年度 {year} 无法识别").format(year=year))
    if current and current.target != target and not asked["document"]:
        reasons.append(_("调整已有目标须写明文号"))
    if officer is not None and indicator.is_manual:
        reasons.append(_("“{label}”由录入统计，不能分解到经办人员").format(label=indicator))
    if officer is not None and not may_write(officer, region.path):
        reasons.append(_("{name} 的岗位不包含{region}，不能承担该辖区的目标").format(name=officer, region=region))
    return reasons


@dataclass(frozen=True)
class Asked:
    """One number of a table of targets: for whom, of which kind, how many."""

    region: Region
    target: Decimal
    kind: str = TargetKind.ASSIGNED
    officer: User | None = None
    stretch: Decimal | None = None


@transaction.atomic
def set_quotas(
    indicator: Indicator, year: int, rows: Iterable[Asked], *, document: str, actor: User | None
) -> list[Quota]:
    """Set a whole table of targets, or nothing of it. Raises QuotaRefused with every row's reasons."""
    kept, reasons = [], []
    for row in rows:
        numbers: dict[str, Any] = {
            "target": row.target,
            "stretch": row.stretch,
            "kind": row.kind,
            "officer": row.officer,
        }
        try:
            kept.append(set_quota(indicator, row.region, year, document=document, actor=actor, **numbers))
        except DomainError as error:
            named = row.officer or row.region.short_name
            reasons += [_("{name}：{reason}").format(name=named, reason=reason) for reason in error.reasons]
    if reasons:
        raise QuotaRefused(*dict.fromkeys(reasons))
    return kept
