"""Every write to invitations: a link by mail through which a person comes to a firm, or an agent to a mandate."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import may_write, scope_of
from crm.errors import DomainError, InvalidInput, NotAllowed
from crm.models import Firm, Invitation, Mandate, Membership, User
from crm.services.history import record_changes
from crm.services.people import create_user
from crm.signals import invited

VALID_DAYS = 7


class InvitationOver(DomainError):
    """The link was used, taken back or has run out since the page was shown."""

    code = "invitation_over"
    title = gettext_lazy("邀请已失效")


def require_people_right(actor: User | None, firm: Firm) -> None:
    """Raise NotAllowed unless the person is the firm's own or an officer of its region; an agent is neither."""
    if actor is None or may_write(actor, firm.region_path) or firm.pk in scope_of(actor).member_ids:
        return
    raise NotAllowed(_("只有企业本单位人员或本辖区经办人员可以管理企业账号与授权"))


@transaction.atomic
def invite(firm: Firm, *, email: str, name: str, actor: User | None, mandate: Mandate | None = None) -> Invitation:
    """Invite an address to the firm, or to a mandate of it. An open invitation to the firm is sent once more instead.

    Raises InvalidInput with every reason: no name, no address, somebody who belongs to the firm already.
    """
    require_people_right(actor, firm)
    email, name = email.strip().lower(), name.strip()
    reasons = [] if name and email else [_("请填写姓名和邮箱")]
    if mandate is None and _belongs(firm, email):
        reasons.append(_("{email} 已是该企业的账号，不必邀请").format(email=email))
    if reasons:
        raise InvalidInput(*reasons)
    token, now = _new_token(), timezone.now()
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                firm=firm,
                mandate=mandate,
                email=email,
                name=name,
                token_hash=_hashed(token),
                invited_by=actor,
                invited_at=now,
                expires_at=now + timedelta(days=VALID_DAYS),
            )
    except IntegrityError:
        return send_again(Invitation.objects.open().get(firm=firm, email=email, mandate=None), actor=actor)
    if mandate is None:
        record_changes(firm, {"invitation": ("", f"{name} {email}")}, actor=actor)
    invited.send(sender=Invitation, invitation=invitation, token=token)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, actor: User | None) -> Invitation:
    """A new link with a new term; the old one stops working. Raises InvitationOver for one used or taken back."""
    require_people_right(actor, invitation.firm)
    token, now = _new_token(), timezone.now()
    values = {"token_hash": _hashed(token), "invited_at": now, "expires_at": now + timedelta(days=VALID_DAYS)}
    if not Invitation.objects.open().filter(pk=invitation.pk).update(**values):
        raise InvitationOver(_("该邀请已被接受或撤回，请刷新后再看"))
    for field, value in values.items():
        setattr(invitation, field, value)
    record_changes(invitation.firm, {"invitation": (invitation.email, _("重新发送"))}, actor=actor)
    invited.send(sender=Invitation, invitation=invitation, token=token)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: User | None) -> None:
    """The link stops working. Twice is harmless; one that was used already is refused."""
    require_people_right(actor, invitation.firm)
    if Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        record_changes(invitation.firm, {"invitation": (invitation.email, _("撤回"))}, actor=actor)
    elif Invitation.objects.filter(pk=invitation.pk).exclude(accepted_at=None).exists():
        raise InvitationOver(_("该邀请已被接受；如需停用，请在账号中操作"))


def read_token(token: str) -> Invitation | None:
    """The invitation behind a link, whatever has become of it; None for a link that was never given. One query."""
    rows = Invitation.objects.select_related("firm", "mandate", "invited_by")
    return rows.filter(token_hash=_hashed(token)).first()


def account_of(invitation: Invitation) -> User | None:
    """The account that has the invited address already: its holder logs in and accepts."""
    return User.objects.filter(email__iexact=invitation.email).order_by("-is_active", "pk").first()


@transaction.atomic
def accept_as(invitation: Invitation, user: User) -> None:
    """The holder of the invited address takes what was offered. Raises InvitationOver, or NotAllowed for another."""
    if user.email.lower() != invitation.email.lower():
        raise NotAllowed(_("该邀请发给另一个邮箱；请用该邮箱的账号登录"))
    _take(invitation, user)


@transaction.atomic
def accept_new(invitation: Invitation, *, name: str, password: str, phone: str = "") -> User:
    """A new account for the invited address, which is also its user name, and what was offered; both or neither."""
    email = invitation.email.lower()
    user = create_user(username=email, name=name, password=password, email=email, phone=phone)
    _take(invitation, user)
    return user


def _take(invitation: Invitation, user: User) -> None:
    now = timezone.now()
    open_now = Invitation.objects.open().filter(pk=invitation.pk, token_hash=invitation.token_hash, expires_at__gt=now)
    if not open_now.update(accepted_at=now, accepted_by=user):
        raise InvitationOver(_("邀请已被使用、撤回或已过期；请联系邀请人重新发送"))
    if invitation.mandate_id is None:
        _join(user, invitation.firm)
    elif not Mandate.objects.filter(pk=invitation.mandate_id, revoked_at=None).update(agent=user):
        raise InvitationOver(_("该授权已被撤销；请联系委托企业"))
    else:
        record_changes(invitation.firm, {"mandate": ("", invitation.mandate)}, actor=user, reason=_("代理人接受"))


def _join(user: User, firm: Firm) -> None:
    today = timezone.localdate()
    _membership, created = Membership.objects.get_or_create(
        user=user, firm=firm, ended_on=None, defaults={"started_on": today}
    )
    if created:
        record_changes(firm, {"member": ("", user)}, actor=user)


def _belongs(firm: Firm, email: str) -> bool:
    return firm.memberships.filter(ended_on=None, user__email__iexact=email, user__is_active=True).exists()


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
