"""Mails that wait for somebody who has left the firm meanwhile, or whose mandate has ended, are not sent."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.models import Mandate, Membership
from notifications.models import Message, MessageState

LEFT = gettext_noop("收件人已不再是该企业的人员或代理人")


def withdraw_from_leavers() -> int:
    """Of what is due now. One statement; returns how many."""
    now = timezone.now()
    due = Message.objects.filter(state=MessageState.QUEUED, send_after__lte=now, to_firm=True)
    of_person = {"firm": OuterRef("firm")}
    own = Membership.objects.filter(user=OuterRef("recipient"), user__is_active=True, ended_on=None, **of_person)
    lent = Mandate.objects.in_force(timezone.localdate(now)).filter(
        agent=OuterRef("recipient"), agent__is_active=True, **of_person
    )
    known = due.filter(recipient__isnull=False, firm__isnull=False)
    return known.filter(~Exists(own), ~Exists(lent.order_by())).update(state=MessageState.EXPIRED, error=LEFT)
