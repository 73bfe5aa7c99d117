"""Every write of a target or an entered amount. A changed target is a new revision; the old one stays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import RowChanged
from crm.models import Region, User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from crm.services.people import require_manager
from pipeline.errors import QuotaRefused
from pipeline.models import Count, Indicator, Quota


@transaction.atomic
def set_quota(
    indicator: Indicator, region: Region, year: int, *, target: Decimal, document: str = "", actor: User | None
) -> Quota:
    """Set what a region is to reach. The same number again changes nothing. Raises QuotaRefused."""
    require_manager(actor, region.path)
    if not target.is_finite() or target < 0:
        raise QuotaRefused(_("目标不能为负数"))
    if not 2000 <= year <= 2100:
        raise QuotaRefused(_("年度 {year} 无法识别").format(year=year))
    current = Quota.objects.current().filter(indicator=indicator, region=region, year=year).first()
    if current and current.target == target and current.document == document:
        return current
    now = timezone.now()
    if current and not Quota.objects.filter(pk=current.pk, superseded_at=None).update(superseded_at=now):
        raise RowChanged(_("该目标刚被他人修改，请刷新后再试"))
    try:
        with transaction.atomic():
            quota = Quota.objects.create(
                indicator=indicator,
                region=region,
                region_path=region.path,
                year=year,
                target=target,
                document=document,
                revision=current.revision + 1 if current else 1,
                set_at=now,
                set_by=actor,
            )
    except IntegrityError:
        raise RowChanged(_("该目标刚被他人修改，请刷新后再试")) from None
    record_changes(quota, {"target": (current.target if current else None, target)}, actor=actor, reason=document)
    return quota


@transaction.atomic
def add_count(
    indicator: Indicator,
    region: Region,
    *,
    on: date,
    value: Decimal,
    evidence: str,
    actor: User | None,
    verified: bool = True,
) -> Count:
    """Enter an amount of a manual indicator with its evidence. Raises QuotaRefused with every reason."""
    require_writer(actor, region.path)
    reasons = []
    if not indicator.is_manual:
        reasons.append(_("“{label}”由认定结果自动统计，不能手工录入").format(label=indicator.label))
    if not evidence.strip():
        reasons.append(_("请写明依据，如公告文号或证书号"))
    if on > timezone.localdate():
        reasons.append(_("日期不能晚于今天"))
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        reasons.append(_("数值过大；请核对单位"))
    if reasons:
        raise QuotaRefused(*reasons)
    count = Count.objects.create(
        indicator=indicator,
        region=region,
        region_path=region.path,
        on=on,
        value=value,
        evidence=evidence.strip(),
        verified=verified,
        entered_by=actor,
    )
    record_changes(count, {"value": ("", value)}, actor=actor, reason=evidence)
    return count
