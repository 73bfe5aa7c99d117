"""Every write to registration requests: anybody asks for an account of a firm, an officer of its region decides."""

from __future__ import annotations

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.choices import RequestState
from crm.errors import DomainError, InvalidInput
from crm.files import file_problems, keep_file, shown_name
from crm.identifiers import Unreadable, credit_code
from crm.models import Region, RegistrationRequest, User
from crm.selectors.merging import firm_of_code
from crm.services.firms import create_firm, require_writer
from crm.services.history import record_changes
from crm.services.invitations import invite
from crm.signals import registration_asked, registration_refused


class RequestDecided(DomainError):
    """Somebody else decided first."""

    code = "request_decided"


@transaction.atomic
def ask_for_account(
    *, code: str, firm_name: str, name: str, phone: str, email: str, note: str = "", file: File | None = None
) -> None:
    """Keep a request. What is answered says nothing of whether the firm, the address or the request is known already.

    Raises InvalidInput with every reason: a false credit code, something not filled in, an unreadable file.
    """
    reasons = (
        [] if all(text.strip() for text in (firm_name, name, phone, email)) else [_("请填写企业名称、姓名、电话和邮箱")]
    )
    try:
        code = credit_code(code)
    except Unreadable as error:
        reasons.append(str(error))
    if reasons := [*reasons, *(file_problems(file) if file else ())]:
        raise InvalidInput(*reasons)
    firm = firm_of_code(code)
    city = Region.objects.filter(kind="city").order_by("path").first()
    asked = RegistrationRequest(
        credit_code=code,
        firm=firm,
        region_path=city.path if city else "",
        firm_name=firm_name.strip(),
        name=name.strip(),
        phone=phone.strip(),
        email=email.strip().lower(),
        note=note.strip(),
    )
    try:
        with transaction.atomic():
            asked.save()
    except IntegrityError:
        return  # asked already and not decided yet
    if file is not None:
        keep_file(asked.file, file)
        asked.save(update_fields=["file"])
    registration_asked.send(sender=RegistrationRequest, request=asked)


@transaction.atomic
def approve_request(asked: RegistrationRequest, *, actor: User | None, region: Region | None = None) -> None:
    """Invite the asker to the firm; a firm that nobody knew is added to `region`. Twice, or by two at once, is once."""
    _require_decider(asked, actor)
    _decide(asked, RequestState.APPROVED, actor)
    firm = asked.firm or firm_of_code(asked.credit_code)
    if firm is None:
        if region is None:
            raise InvalidInput(_("企业库中没有这家企业；请选择所属区划，通过时一并新增"))
        firm = create_firm(code=asked.credit_code, name=asked.firm_name, region=region, actor=actor)
    RegistrationRequest.objects.filter(pk=asked.pk).update(firm=firm)
    invite(firm, email=asked.email, name=asked.name, actor=actor)


@transaction.atomic
def refuse_request(asked: RegistrationRequest, *, reason: str, actor: User | None) -> None:
    """Say no, with the reason, by mail. Raises RequestDecided when it was decided otherwise."""
    _require_decider(asked, actor)
    if not reason.strip():
        raise InvalidInput(_("请写明不通过的原因，申请人将收到"))
    _decide(asked, RequestState.REFUSED, actor, reason.strip()[:300])
    asked.reason = reason.strip()[:300]
    registration_refused.send(sender=RegistrationRequest, request=asked)


def _require_decider(asked: RegistrationRequest, actor: User | None) -> None:
    require_writer(actor, asked.firm.region_path if asked.firm else asked.region_path)


def _decide(asked: RegistrationRequest, state: str, actor: User | None, reason: str = "") -> None:
    values = {"state": state, "decided_at": timezone.now(), "decided_by": actor, "reason": reason}
    if not RegistrationRequest.objects.pending().filter(pk=asked.pk).update(**values):
        raise RequestDecided(_("该申请已由他人审核，请刷新后再看"))
    path = asked.firm.region_path if asked.firm else asked.region_path
    record_changes(asked, {"state": (RequestState.PENDING, state)}, actor=actor, reason=reason, path=path)


def note_reading(asked: RegistrationRequest, *, actor: User) -> None:
    """Keep who took the letter that came with a request, and when."""
    path = asked.firm.region_path if asked.firm else asked.region_path
    record_changes(asked, {"file_read": ("", shown_name(asked.file))}, actor=actor, path=path)
