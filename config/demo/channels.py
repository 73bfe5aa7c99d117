"""A channel to look at: a group robot that is switched off and leads nowhere."""

from __future__ import annotations

from django.utils import timezone

from config.demo.marks import mark
from crm.models import Region, User
from notifications.models import Channel, ChannelKind, MessageKind


def make_channel(city: Region, actor: User) -> None:
    channel = Channel.objects.create(
        name="科技科工作群（演示）",
        kind=ChannelKind.ROBOT,
        region=city,
        region_path=city.path,
        address="wecombot://demo-only-no-such-robot",
        kinds=[MessageKind.REMINDER, MessageKind.GAP_DIGEST],
        active=False,
        changed_by=actor,
        changed_at=timezone.now(),
    )
    mark([channel])
