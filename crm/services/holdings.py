"""Every write of a firm's rights and credentials. What was there before stays in the firm's history."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import CREDENTIAL_FIELDS, CredentialKind, Level, RightKind
from crm.errors import InvalidInput
from crm.models import Credential, Firm, IntellectualProperty, User
from crm.rows import FIRST_YEAR
from crm.services.firms import require_writer
from crm.services.history import record_changes

EARLIEST = date(1949, 10, 1)
MOST_RANK = 10_000


def tidy_number(number: str) -> str:
    """A right's number as registers print it: half-width, capitals, no spaces."""
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


# Rights ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_right(
    firm: Firm,
    *,
    kind: str,
    number: str,
    actor: User | None,
    title: str = "",
    granted_on: date | None = None,
    self_developed: bool = True,
    in_force: bool = True,
    right: IntellectualProperty | None = None,
) -> IntellectualProperty:
    """Add a right of the firm, or change `right`. Raises InvalidInput with every reason."""
    require_writer(actor, firm.region_path)
    number = tidy_number(number)
    reasons = [*_right_problems(kind, number, granted_on), *_taken(firm, kind, number, right)]
    if reasons:
        raise InvalidInput(*reasons)
    before = right.summary if right else ""
    row = right or IntellectualProperty(firm=firm)
    row.kind, row.number, row.title, row.granted_on = kind, number, title.strip(), granted_on
    row.self_developed, row.in_force = self_developed, in_force
    _keep(row, firm, "right", before, actor)
    return row


def _right_problems(kind: str, number: str, granted_on: date | None) -> list[str]:
    reasons = []
    if kind not in RightKind.values:
        reasons.append(_("知识产权种类“{kind}”无法识别").format(kind=kind))
    if not number:
        reasons.append(_("请填写知识产权的编号"))
    elif len(number) > 60:
        reasons.append(_("编号超过 60 个字"))
    reasons += _day_problems(_("授权日期"), granted_on)
    return reasons


def _taken(firm: Firm, kind: str, number: str, right: IntellectualProperty | None) -> list[str]:
    same = firm.rights.filter(kind=kind, number=number)
    if right is not None:
        same = same.exclude(pk=right.pk)
    return [_("编号 {number} 已经登记过，请勿重复").format(number=number)] if number and same.exists() else []


@transaction.atomic
def remove_right(right: IntellectualProperty, *, actor: User | None) -> None:
    """Take a right off the list; what it said stays in the firm's history."""
    require_writer(actor, right.firm.region_path)
    record_changes(right.firm, {"right": (right.summary, "")}, actor=actor)
    right.delete()


# Credentials ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_credential(
    firm: Firm, *, kind: str, actor: User | None, name: str = "", credential: Credential | None = None, **stated: Any
) -> Credential:
    """Add a credential, or change `credential`; `stated` is what its kind may state, as CREDENTIAL_FIELDS says.

    Raises InvalidInput with every reason.
    """
    require_writer(actor, firm.region_path)
    given = {field: value for field, value in stated.items() if value not in (None, "")}
    if reasons := _credential_problems(kind, given):
        raise InvalidInput(*reasons)
    before = credential.summary if credential else ""
    row = credential or Credential(firm=firm)
    row.kind, row.name = kind, name.strip()
    for field in ("rank", "on", "valid_until", "year"):
        setattr(row, field, given.get(field))
    row.level = given.get("level", "")
    _keep(row, firm, "credential", before, actor)
    return row


def _credential_problems(kind: str, given: dict[str, Any]) -> list[str]:
    if kind not in CredentialKind.values:
        return [_("资质种类“{kind}”无法识别").format(kind=kind)]
    label = CredentialKind(kind).label
    reasons = [
        _("“{kind}”不需要填写“{field}”").format(kind=label, field=Credential._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
        for field in given
        if field not in CREDENTIAL_FIELDS[kind]
    ]
    reasons += _day_problems(_("日期"), given.get("on"))
    rank, year, this_year = given.get("rank"), given.get("year"), timezone.localdate().year
    if rank is not None and not 1 <= rank <= MOST_RANK:
        reasons.append(_("名次应在 1 与 {most} 之间").format(most=MOST_RANK))
    if year is not None and not FIRST_YEAR <= year <= this_year:
        reasons.append(_("年度 {year} 应在 {first} 与 {last} 之间").format(year=year, first=FIRST_YEAR, last=this_year))
    if "level" in given and given["level"] not in Level.values:
        reasons.append(_("级别“{level}”无法识别").format(level=given["level"]))
    return reasons


@transaction.atomic
def remove_credential(credential: Credential, *, actor: User | None) -> None:
    """Take a credential off the list; what it said stays in the firm's history."""
    require_writer(actor, credential.firm.region_path)
    record_changes(credential.firm, {"credential": (credential.summary, "")}, actor=actor)
    credential.delete()


# Both -----------------------------------------------------------------------------------------------------------------


def _day_problems(label: str, day: date | None) -> list[str]:
    if day is not None and not EARLIEST <= day <= timezone.localdate():
        return [_("{label} {day} 应在过去").format(label=label, day=day.isoformat())]
    return []


def _keep(row: IntellectualProperty | Credential, firm: Firm, field: str, before: str, actor: User | None) -> None:
    """Save a row that changed, with the change in the firm's history; one that says the same is left alone."""
    if row.pk and row.summary == before:
        return
    row.entered_by = actor
    row.save()
    record_changes(firm, {field: (before, row.summary)}, actor=actor)
