"""Every write of an entered number: amounts, their correction and withdrawal, quality rules, published totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import NotAllowed, RowChanged
from crm.models import Region, User
from crm.services.firms import require_writer
from crm.services.history import record_changes
from pipeline.choices import AmountClass
from pipeline.errors import QuotaRefused
from pipeline.models import Count, Indicator, PublishedTotal, QualityRule
from pipeline.selectors.quality import PROJECTS
from pipeline.services.tallies import entries_changed

MOST = Decimal(10) ** 10  # 亿元 and 万元 alike stay far below


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
    amount_class: str = "",
    measure: Decimal | None = None,
    replaces: Count | None = None,
) -> Count:
    """Enter an amount of a manual indicator with its evidence. Raises QuotaRefused with every reason."""
    require_writer(actor, region.path)
    reasons = _entry_problems(indicator, on, value, evidence) + _class_problems(indicator, amount_class, measure)
    if reasons:
        raise QuotaRefused(*reasons)
    try:
        with transaction.atomic():
            count = Count.objects.create(
                indicator=indicator,
                region=region,
                region_path=region.path,
                on=on,
                value=value,
                evidence=evidence.strip(),
                verified=verified,
                amount_class=amount_class,
                measure=measure,
                entered_by=actor,
                replaces=replaces,
            )
    except IntegrityError:
        raise QuotaRefused(_("同一指标、区划、日期、依据和数值已经录入；如是另一项，请在依据中写明证书号")) from None
    record_changes(count, {"value": ("", value)}, actor=actor, reason=evidence)
    entries_changed([count.pk])
    return count


def _entry_problems(indicator: Indicator, on: date, value: Decimal, evidence: str) -> list[str]:
    reasons = []
    if not indicator.is_manual:
        reasons.append(_("“{label}”由认定结果自动统计，不能手工录入").format(label=indicator.label))
    if not evidence.strip():
        reasons.append(_("请写明依据，如公告文号或证书号"))
    if on > timezone.localdate():
        reasons.append(_("日期不能晚于今天"))
    if not value.is_finite() or abs(value) >= MOST:
        reasons.append(_("数值过大；请核对单位"))
    elif indicator.is_manual and value != round(value, indicator.decimals):
        text = _("“{label}”最多保留 {n} 位小数；请核对单位“{unit}”")
        reasons.append(text.format(label=indicator, n=indicator.decimals, unit=indicator.unit))
    return reasons


def _class_problems(indicator: Indicator, amount_class: str, measure: Decimal | None) -> list[str]:
    if not amount_class and measure is None:
        return []
    if indicator.code != PROJECTS:
        return [_("只有重大科技成果转化分 A、B 类；请去掉类别和计分金额")]
    reasons = []
    if amount_class not in AmountClass.values:
        reasons.append(_("类别请填 A 或 B"))
    if measure is None:
        reasons.append(_("请填写计分金额"))
    elif not measure.is_finite() or not 0 <= measure < MOST:
        reasons.append(_("计分金额无法使用；请核对单位"))
    return reasons


@transaction.atomic
def withdraw_count(count: Count, *, reason: str, actor: User | None) -> Count:
    """Take an entry out of every number, with the reason; the row and who entered it stay."""
    require_writer(actor, count.region_path)
    if not reason.strip():
        raise QuotaRefused(_("请写明撤回原因"))
    standing = Count.objects.standing().filter(pk=count.pk)
    gone = {"withdrawn_at": timezone.now(), "withdrawn_by": actor, "withdraw_reason": reason.strip()[:200]}
    if not standing.update(**gone):
        raise RowChanged(_("该录入刚被他人更正或撤回，请刷新后再试"))
    record_changes(count, {"value": (count.value, "")}, actor=actor, reason=reason.strip())
    entries_changed([count.pk])
    count.refresh_from_db()
    return count


@transaction.atomic
def correct_count(count: Count, *, reason: str, actor: User | None, **changes: Any) -> Count:
    """Put another entry in the place of one: it is withdrawn with the reason, and the new one names it."""
    fields = ("indicator", "region", "on", "value", "evidence", "verified", "amount_class", "measure")
    values = {name: getattr(count, name) for name in fields} | changes
    if all(getattr(count, name) == values[name] for name in fields):
        raise QuotaRefused(_("没有改动任何内容"))
    withdraw_count(count, reason=reason, actor=actor)
    return add_count(values.pop("indicator"), values.pop("region"), actor=actor, replaces=count, **values)


def _require_any_manager(actor: User | None) -> None:
    if actor is not None and not scope_of(actor).has_role(*MANAGERS):
        raise NotAllowed(_("只有科长或管理员可以填写；请联系本局的科长"))


@transaction.atomic
def set_quality_rule(
    year: int,
    amount_class: str,
    *,
    measure_label: str,
    coefficient: Decimal,
    cap: Decimal | None,
    document: str,
    actor: User | None,
) -> QualityRule:
    """Enter how a class of projects is scored in a year. The region's formula is not public: the bureau says it."""
    _require_any_manager(actor)
    reasons = []
    if amount_class not in AmountClass.values:
        reasons.append(_("类别请填 A 或 B"))
    if not coefficient.is_finite() or not 0 < coefficient < 1000:
        reasons.append(_("系数应大于 0、小于 1000"))
    if cap is not None and (not cap.is_finite() or cap <= 0):
        reasons.append(_("单项上限应大于 0；没有上限请留空"))
    reasons += [_("请填写计分依据")] if not measure_label.strip() else []
    reasons += [_("请写明规则的文号")] if not document.strip() else []
    if reasons:
        raise QuotaRefused(*reasons)
    values: dict[str, Any] = {"coefficient": coefficient, "cap": cap, "measure_label": measure_label.strip()}
    values |= {"document": document.strip(), "set_by": actor}
    projects = Indicator.objects.get(code=PROJECTS)
    before = QualityRule.objects.filter(indicator=projects, year=year, amount_class=amount_class).first()
    rule, _new = QualityRule.objects.update_or_create(
        indicator=projects, year=year, amount_class=amount_class, defaults=values
    )
    record_changes(rule, {"coefficient": (before and before.coefficient, coefficient)}, actor=actor, reason=document)
    return rule


@transaction.atomic
def publish_total(
    indicator: Indicator,
    year: int,
    *,
    region_code: str,
    region_name: str,
    value: Decimal,
    as_of: date,
    source: str,
    actor: User | None,
) -> PublishedTotal:
    """Keep what was published of a city or of the whole region; the same day's number again replaces it."""
    _require_any_manager(actor)
    reasons = []
    if not region_code.isascii() or not region_code.isdecimal() or len(region_code) != 6:
        reasons.append(_("区划代码应为 6 位数字，如 450200"))
    if not value.is_finite() or abs(value) >= MOST:
        reasons.append(_("数值过大；请核对单位"))
    if as_of > timezone.localdate():
        reasons.append(_("日期不能晚于今天"))
    reasons += [_("请写明来源，如通报文号")] if not source.strip() else []
    reasons += [_("请填写地区名称")] if not region_name.strip() else []
    if reasons:
        raise QuotaRefused(*reasons)
    key: dict[str, Any] = {"indicator": indicator, "year": year, "region_code": region_code, "as_of": as_of}
    before = PublishedTotal.objects.filter(**key).first()
    values: dict[str, Any] = {
        "region_name": region_name.strip(),
        "value": value,
        "source": source.strip(),
        "entered_by": actor,
    }
    total, _new = PublishedTotal.objects.update_or_create(**key, defaults=values)
    record_changes(total, {"value": (before and before.value, value)}, actor=actor, reason=source)
    return total
