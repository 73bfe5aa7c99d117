"""What left by each way in the last day, shaped for the delivery page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from crm.models import User
from notifications.models import Channel, Delivery, Message, MessageState
from notifications.vital_signs import DAY


@dataclass(frozen=True)
class WayLine:
    """One way out: mail, or a channel."""

    name: str
    sent: int
    failed: int
    unknown: int
    error: str = ""
    error_at: datetime | None = None
    failures_running: int = 0
    active: bool = True

    @property
    def is_well(self) -> bool:
        return not self.failed and not self.failures_running


def way_lines(user: User, *, now: datetime) -> list[WayLine]:
    """Mail and each channel of the reader's regions: what left and what failed in the last 24 hours. Three queries."""
    visible = Message.objects.visible_to(user)
    recent = Delivery.objects.filter(at__gte=now - DAY, message__in=visible.order_by().values("pk"))
    counted = recent.order_by().values_list("message__channel_id", "outcome").annotate(number=Count("pk"))
    numbers = {(channel, outcome): number for channel, outcome, number in counted}
    bad = recent.filter(message__channel=None, outcome__in=[MessageState.FAILED, MessageState.UNCONFIRMED])
    last = bad.order_by("-pk").first()
    sent, failed, unknown = _of(None, numbers)
    error, error_at = (last.detail, last.at) if last else ("", None)
    lines = [WayLine(_("邮件"), sent, failed, unknown, error, error_at)]
    for channel in Channel.objects.visible_to(user):
        sent, failed, unknown = _of(channel.pk, numbers)
        running, active = channel.failures, channel.active
        line = WayLine(channel.name, sent, failed, unknown, channel.error, failures_running=running, active=active)
        lines.append(line)
    return lines


def _of(channel: int | None, numbers: dict[tuple[int | None, str], int]) -> list[int]:
    """Sent, failed, unknown."""
    outcomes = (MessageState.SENT, MessageState.FAILED, MessageState.UNCONFIRMED)
    return [numbers.get((channel, outcome), 0) for outcome in outcomes]
