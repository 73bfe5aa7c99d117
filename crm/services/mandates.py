"""Every write to mandates: an agent acts for a firm on written, dated, revocable authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.access import scope_of
from crm.errors import DomainError, InvalidInput
from crm.files import file_problems, keep_file, shown_name
from crm.models import Firm, Invitation, Mandate, User
from crm.models.mandates import spoken
from crm.services.history import record_changes
from crm.services.invitations import invite, require_people_right


class MandateOver(DomainError):
    """The mandate was revoked or has run out already."""

    code = "mandate_over"


@transaction.atomic
def grant_mandate(
    firm: Firm,
    *,
    name: str,
    email: str,
    starts_on: date,
    ends_on: date,
    actor: User | None,
    agency: str = "",
    authority: str = "",
    file: File | None = None,
) -> Mandate:
    """Let an agent act for the firm; it begins when the agent has accepted by the link that is mailed.

    An officer grants it on written authority only. Raises InvalidInput with every reason at once.
    """
    require_people_right(actor, firm)
    if reasons := _problems(firm, name, email, starts_on, ends_on, actor, authority, file):
        raise InvalidInput(*reasons)
    mandate = Mandate(
        firm=firm,
        name=name.strip(),
        agency=agency.strip(),
        email=email.strip().lower(),
        starts_on=starts_on,
        ends_on=ends_on,
        authority=authority.strip(),
        granted_by=actor,
    )
    if file is not None:
        keep_file(mandate.file, file)
    mandate.save()
    record_changes(firm, {"mandate": ("", f"{mandate.who} {starts_on}—{ends_on}")}, actor=actor, reason=authority)
    invite(firm, email=mandate.email, name=mandate.name, actor=actor, mandate=mandate)
    return mandate


def _problems(
    firm: Firm,
    name: str,
    email: str,
    starts_on: date,
    ends_on: date,
    actor: User | None,
    authority: str,
    file: File | None,
) -> list[str]:
    reasons = [] if name.strip() and email.strip() else [_("请填写代理人的姓名和邮箱")]
    if ends_on < starts_on:
        reasons.append(_("截止日期早于起始日期"))
    if ends_on < timezone.localdate():
        reasons.append(_("截止日期已过"))
    if actor is not None and email.strip().lower() == actor.email.lower():
        reasons.append(_("不能授权给自己"))
    by_firm = actor is None or firm.pk in scope_of(actor).member_ids
    if not by_firm and not authority.strip() and file is None:
        reasons.append(_("经办人员须凭企业的书面授权办理：请填写授权依据或上传授权书"))
    return [*reasons, *(file_problems(file) if file else ())]


@transaction.atomic
def revoke_mandate(mandate: Mandate, *, reason: str, actor: User | None) -> None:
    """The agent acts for the firm no longer, from now on; an invitation still open is taken back with it."""
    require_people_right(actor, mandate.firm)
    if not reason.strip():
        raise InvalidInput(_("请写明撤销原因"))
    now = timezone.now()
    values = {"revoked_at": now, "revoked_by": actor, "reason": reason.strip()[:200]}
    if not Mandate.objects.filter(pk=mandate.pk, revoked_at=None).update(**values):
        raise MandateOver(_("该授权已被撤销，请刷新后再看"))
    Invitation.objects.open().filter(mandate=mandate).update(withdrawn_at=now)
    record_changes(mandate.firm, {"mandate": (mandate, "")}, actor=actor, reason=reason.strip())


def note_reading(mandate: Mandate, *, actor: User) -> None:
    """Keep who took the letter of authority, and when."""
    record_changes(mandate, {"file_read": ("", shown_name(mandate.file))}, actor=actor, path=mandate.firm.region_path)


@dataclass(frozen=True)
class Behalf:
    """On which mandate somebody acts, as whom, and for which firm; as text 代理人 王五（某某事务所） 代 平南智造."""

    mandate_id: int
    agent: str
    firm: str

    def __str__(self) -> str:
        return spoken(self.agent, self.firm)

    @property
    def kept(self) -> str:
        """The same in the language of the record, whoever acts."""
        with translation.override(settings.LANGUAGE_CODE):
            return str(self)


def acting_for(actor: User | None, firm: Firm) -> Behalf | None:
    """On which mandate this person acts for the firm.

    None for the firm's own people, for officers and for the system. No query for them, one for an agent.
    """
    mandate_id = scope_of(actor).mandate_for(firm.pk) if actor is not None else None
    if mandate_id is None:
        return None
    return Behalf(mandate_id, Mandate.objects.get(pk=mandate_id).who, firm.name)
