"""Addresses that refuse mail: noted when a server says so, held back while unsettled, settled by a person."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput, RowChanged
from crm.models import Contact, User
from crm.services.firms import require_writer, save_contact
from crm.services.history import record_changes
from notifications.dead_letters import AFRESH, still_holds
from notifications.models import HELD_BACK, WAITING, Bounce, Delivery, Message, MessageKind, MessageState
from notifications.preferences import keep_unwanted_in_site


@transaction.atomic
def note_bounce(message: Message, code: int, detail: str) -> Bounce:
    """The address of this mail refuses for good. Harmless to call twice."""
    now = timezone.now()
    said = {
        "firm": message.firm,
        "region_path": message.region_path,
        "name": message.to_name,
        "code": code,
        "detail": detail[:300],
        "last_at": now,
    }
    address = message.to.lower()
    bounce, created = Bounce.objects.get_or_create(address=address, defaults=said | {"first_at": now})
    if not created:
        Bounce.objects.filter(pk=bounce.pk).update(**said, count=F("count") + 1, settled_at=None, settled_by=None)
    return bounce


def hold_back() -> int:
    """What is due at a bouncing address is not tried and stands among the failed. One query where none bounces."""
    addresses = list(Bounce.objects.unsettled().values_list("address", flat=True))
    if not addresses:
        return 0
    due = Message.objects.filter(state=MessageState.QUEUED, send_after__lte=timezone.now())
    return due.alias(low=Lower("to")).filter(low__in=addresses).update(state=MessageState.FAILED, error=HELD_BACK)


@transaction.atomic
def mark_bounced(message: Message, *, actor: User) -> Bounce:
    """A mail that the server took came back to a person. Raises NotAllowed, or InvalidInput for what was not sent."""
    require_writer(actor, message.region_path)
    sent = Message.objects.filter(pk=message.pk, state__in=[MessageState.SENT, MessageState.UNCONFIRMED])
    words = _("{name} 标记为退信").format(name=actor.name)
    marked = sent.exclude(to="").update(
        state=MessageState.FAILED, error=words, handled_by=actor, handled_at=timezone.now()
    )
    if not marked:
        raise InvalidInput(_("只有已发出的邮件才能标记为退信"))
    Delivery.objects.create(message=message, at=timezone.now(), outcome=MessageState.FAILED, detail=words)
    return note_bounce(message, 0, words)


@transaction.atomic
def settle(bounce: Bounce, *, actor: User, address: str = "") -> int:
    """The address works again, or the firm's contact persons and what waits for them get another one.

    Returns how many contact persons were corrected. Raises NotAllowed, or RowChanged where it is settled already.
    """
    require_writer(actor, bounce.region_path)
    mine = Bounce.objects.unsettled().filter(pk=bounce.pk)
    if not mine.update(settled_at=timezone.now(), settled_by=actor):
        raise RowChanged(_("{address} 已经处理过").format(address=bounce.address))
    record_changes(bounce, {"settled": (bounce.address, address or bounce.address)}, actor=actor)
    wanted = address.strip()
    if not wanted or wanted.lower() == bounce.address or bounce.firm is None:
        return 0
    waiting = Message.objects.filter(firm=bounce.firm, to__iexact=bounce.address, state__in=WAITING, recipient=None)
    waiting.update(to=wanted)
    corrected = 0
    for contact in Contact.objects.filter(firm=bounce.firm, email__iexact=bounce.address):
        save_contact(bounce.firm, name=contact.name, email=wanted, actor=actor)
        corrected += 1
    return corrected


def undelivered(bounce: Bounce):
    """The mails to this address that did not arrive, the newest first.

    Not those about accounts: their links are for who reads that very address, and are asked for anew.
    """
    failed = Message.objects.filter(firm=bounce.firm, to__iexact=bounce.address, state=MessageState.FAILED)
    return failed.filter(region_path__under=bounce.region_path).exclude(kind=MessageKind.ACCOUNT).order_by("-pk")


@transaction.atomic
def resend(messages, *, to: str, actor: User) -> int:
    """Queue failed mails again, to an address that works. Returns how many."""
    count, now = 0, timezone.now()
    for message in messages:
        require_writer(actor, message.region_path)
        count += Message.objects.filter(still_holds(), pk=message.pk, state=MessageState.FAILED).update(
            **AFRESH,
            to=to or message.to,
            send_after=now,
            handled_by=actor,
            handled_at=now,
        )
    keep_unwanted_in_site([message.pk for message in messages])
    return count
