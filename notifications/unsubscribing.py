"""One click ends a kind of mail, without logging in: the signed link in the mail says who stops what."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from notifications.models import Message, MessageKind, Preference, QuietAddress, Way
from notifications.preferences import is_fixed, keep_in_site, mails_wanted, say, wants

SALT = "cultivar.unsubscribe"


@dataclass(frozen=True)
class Holder:
    """Who may stop which kind: an account, or an address without one."""

    kind: str
    user_id: int | None = None
    address: str = ""

    @property
    def label(self) -> str:
        return str(MessageKind(self.kind).label)


def link_for(message: Message) -> str:
    """The address that ends mails like this one; nothing for mails that always go out."""
    if is_fixed(message.kind, statutory=message.statutory) or not message.to:
        return ""
    held_by = message.recipient_id or message.to.lower()
    token = signing.dumps([held_by, message.kind], salt=SALT)
    return f"{settings.SITE_URL}{reverse('unsubscribe', args=[token])}"


def holder_of(token: str) -> Holder | None:
    """Whose link this is; None when the signature is wrong or the account is gone."""
    try:
        held_by, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if isinstance(held_by, str):
        return Holder(kind, address=held_by)
    return Holder(kind, user_id=held_by) if User.objects.filter(Q(pk=held_by), is_active=True).exists() else None


def stop(holder: Holder, *, again: bool = False) -> None:
    """No more mails of this kind, or `again` mails of it. A second time changes nothing."""
    now = timezone.now()
    if holder.user_id is not None:
        say([Preference(user_id=holder.user_id, kind=holder.kind, way=Way.MAIL, wanted=again, changed_at=now)])
    elif again:
        QuietAddress.objects.filter(address=holder.address, kind=holder.kind).delete()
    else:
        QuietAddress.objects.get_or_create(address=holder.address, kind=holder.kind, defaults={"at": now})
        keep_in_site(Message.objects.filter(recipient=None, to__iexact=holder.address, kind=holder.kind))


def is_stopped(holder: Holder) -> bool:
    if holder.user_id is not None:
        return not wants(holder.user_id, holder.kind, Way.MAIL)
    return not mails_wanted([holder.address], holder.kind)
