"""Every write of a figure: one value per firm, year, code, basis and source, with who entered it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write, scope_of
from crm.choices import STATED_SOURCES, Basis, Source
from crm.errors import InvalidInput, NotAllowed
from crm.fact_codes import NO_YEAR, kind_of
from crm.files import file_problems, keep_file
from crm.models import Fact, Firm, User
from crm.rows import FIRST_YEAR
from crm.services.history import record_changes
from crm.services.mandates import acting_for


def fact_problems(*, code: str, year: int, basis: str, source: str, value: Decimal) -> list[str]:
    """Every reason why such a fact cannot be kept; empty when it can."""
    kind = kind_of(code)
    if kind is None:
        return [_("没有代码为“{code}”的指标").format(code=code)]
    reasons = []
    this_year = timezone.localdate().year
    if kind.per_year and not FIRST_YEAR <= year <= this_year:
        reasons.append(_("年度 {year} 应在 {first} 与 {last} 之间").format(year=year, first=FIRST_YEAR, last=this_year))
    if not kind.per_year and year != NO_YEAR:
        reasons.append(_("“{label}”不分年度，请不要填写年度").format(label=kind.label))
    if kind.bases and basis not in kind.bases:
        names = "、".join(str(Basis(name).label) for name in kind.bases)
        reasons.append(_("“{label}”须注明口径：{names}").format(label=kind.label, names=names))
    if not kind.bases and basis:
        reasons.append(_("“{label}”不分口径").format(label=kind.label))
    if source not in dict(STATED_SOURCES):
        reasons.append(_("来源“{source}”无法识别").format(source=source))
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        reasons.append(_("“{label}”的数值过大；请核对单位").format(label=kind.label))
    elif value < 0 and not kind.may_be_negative:
        reasons.append(_("“{label}”不能为负数").format(label=kind.label))
    return reasons


@transaction.atomic
def record_fact(
    firm: Firm,
    *,
    code: str,
    value: Decimal,
    actor: User | None,
    source: str,
    year: int = NO_YEAR,
    basis: str = "",
    evidence: str = "",
    file: File | None = None,
) -> Fact:
    """Keep one figure; a new value for the same firm, year, code, basis and source replaces the old one, in history.

    A file proves the value it came with: another value without a file has none. Firm users may declare their own
    figures and nothing else. Raises InvalidInput with every reason.
    """
    _require_right(firm, actor, source)
    kind = kind_of(code)
    if kind and kind.bases and not basis:
        basis = str(kind.bases[0])
    reasons = fact_problems(code=code, year=year, basis=basis, source=source, value=value)
    if reasons := [*reasons, *(file_problems(file) if file else ())]:
        raise InvalidInput(*reasons)
    key = {"firm": firm, "year": year, "code": code, "basis": basis, "source": source}
    said = {"value": value, "evidence": evidence, "entered_by": actor}
    fact, created = Fact.objects.get_or_create(**key, defaults=said)
    if not created and fact.value == value and fact.evidence == evidence and file is None:
        return fact
    fact.firm = firm
    _replace(fact, said, file, is_new=created)
    return fact


def _replace(fact: Fact, said: dict[str, Any], file: File | None, *, is_new: bool) -> None:
    """Write value, evidence and file of a figure, and keep what they replace."""
    old = {"value": fact.value, "evidence": fact.evidence, "file": fact.file.name or ""}
    if file is not None:
        keep_file(fact.file, file)
    elif fact.value != said["value"]:
        fact.file = ""
    for name, new in said.items():
        setattr(fact, name, new)
    new = {"value": fact.value, "evidence": fact.evidence, "file": fact.file.name or ""}
    if changes := {name: (old[name], new[name]) for name in old if old[name] != new[name]}:
        record_changes(fact, changes, actor=fact.entered_by, reason=fact.evidence, path=fact.firm.region_path)
    if file is not None or not is_new:
        fact.save(update_fields=[*said, "file", "entered_at"])


@transaction.atomic
def record_expert_points(
    firm: Firm, *, name: str, low: Decimal, high: Decimal, most: int, actor: User | None, source: str, **said: Any
) -> None:
    """Keep both ends of what experts said, or neither; `said` is evidence and file. Raises InvalidInput."""
    reasons = [
        _("{points} 分不在 0 至 {most} 之间，或不是整数").format(points=points, most=most)
        for points in dict.fromkeys((low, high))
        if not 0 <= points <= most or points != points.to_integral_value()
    ]
    if low > high:
        reasons.append(_("最低分 {low} 高于最高分 {high}").format(low=low, high=high))
    if reasons:
        raise InvalidInput(*reasons)
    for end, points in (("low", low), ("high", high)):
        record_fact(firm, code=f"expert_{name}_{end}", value=points, actor=actor, source=source, **said)


@dataclass(frozen=True)
class Declaration:
    """One figure that a firm states of itself."""

    code: str
    value: Decimal
    year: int = NO_YEAR
    basis: str = ""


@transaction.atomic
def declare_facts(firm: Firm, declared: Sequence[Declaration], *, actor: User | None, evidence: str = "") -> list[Fact]:
    """Keep what a firm declares, all or nothing. Raises InvalidInput with the reasons of every figure at once."""
    source = str(Source.DECLARED)
    reasons = [
        reason
        for each in declared
        for reason in fact_problems(code=each.code, year=each.year, basis=each.basis, source=source, value=each.value)
    ]
    if reasons:
        raise InvalidInput(*dict.fromkeys(reasons))
    behalf = acting_for(actor, firm)
    evidence = "；".join(text for text in (evidence, behalf.kept if behalf else "") if text)[:200]
    return [
        record_fact(
            firm,
            code=each.code,
            value=each.value,
            year=each.year,
            basis=each.basis,
            source=source,
            actor=actor,
            evidence=evidence,
        )
        for each in declared
    ]


def _require_right(firm: Firm, actor: User | None, source: str) -> None:
    if actor is None or may_write(actor, firm.region_path):
        return
    if firm.pk in scope_of(actor).firm_ids and source == Source.DECLARED:
        return
    raise NotAllowed(_("当前身份不能录入这项数据；企业账号只能申报本企业的数据"))
