"""What is told to people and goes further: once to each group robot that repeats the kind, and by text message."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notifications.addresses import is_mobile
from notifications.models import Channel, ChannelKind, Message, MessageKind, MessageState
from notifications.preferences import BY_SMS, phones_wanting

REPEATED = (MessageKind.STAGE, MessageKind.REMINDER, MessageKind.GAP_DIGEST, MessageKind.OPERATION)
GOES_OUT = {MessageState.QUEUED, MessageState.IN_APP, MessageState.HELD}
REMINDERS_A_DAY = 10
PERSON = re.compile(r":[uc]\d+$")
KEEPS = timedelta(days=2)  # a group wants no news of the day before yesterday


def repeat_by_channels(messages: Collection[Message]) -> int:
    """Queue the copies of new messages. One query where no channel is in use, else at most seven. Returns how many.

    A robot hears of a thing once, however many people of the office are told; of what is written to firms never.
    """
    told = [message for message in messages if message.channel_id is None and message.state in GOES_OUT]
    channels = list(Channel.objects.filter(active=True)) if told else []
    if not channels:
        return 0
    copies = _bounded({copy.key: copy for message in told for copy in _to_robots(message, channels)})
    copies |= {copy.key: copy for copy in _to_telephones(told, channels)}
    Message.objects.bulk_create(copies.values(), ignore_conflicts=True)
    return len(copies)


def _to_robots(message: Message, channels: list[Channel]) -> Iterator[Message]:
    """For each robot that repeats this; the key names the thing and the robot, and no person."""
    if message.to_firm or message.kind not in REPEATED:
        return
    if message.kind == MessageKind.REMINDER and not message.urgent:
        return
    for channel in channels:
        if channel.kind == ChannelKind.ROBOT and message.kind in channel.kinds and _is_of(message, channel):
            yield _copy(message, channel, f"{PERSON.sub('', message.key)}:r{channel.pk}")


def _bounded(copies: dict[str, Message]) -> dict[str, Message]:
    """A group is told of ten deadlines a day; of the others in one line, or nobody would read any. Two queries."""
    if not any(copy.kind == MessageKind.REMINDER for copy in copies.values()):
        return copies
    known = set(Message.objects.filter(key__in=copies).values_list("key", flat=True))
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = Message.objects.filter(channel__kind=ChannelKind.ROBOT, kind=MessageKind.REMINDER, created_at__gte=midnight)
    heard: Counter[int | None] = Counter(today.values_list("channel_id", flat=True))
    kept = {}
    for key, copy in copies.items():
        if copy.kind == MessageKind.REMINDER and key not in known:
            heard[copy.channel_id] += 1
            if heard[copy.channel_id] > REMINDERS_A_DAY:
                key = f"more:{midnight:%Y-%m-%d}:r{copy.channel_id}"
                copy = _one_line(copy, key)
        kept[key] = copy
    return kept


def _one_line(copy: Message, key: str) -> Message:
    """In place of the eleventh deadline and all that follow it."""
    with translation.override(settings.LANGUAGE_CODE):
        copy.subject = copy.body = _("今天还有更多到期和逾期的期限，请在“期限”中查看")
    copy.key, copy.link, copy.firm_id, copy.application_id, copy.deadline_id = key, "/deadlines/", None, None, None
    return copy


def _is_of(message: Message, channel: Channel) -> bool:
    """A gap mail is of one region; everything else concerns all the regions above it."""
    if message.kind == MessageKind.GAP_DIGEST:
        return message.region_path == channel.region_path
    return bool(message.region_path) and message.region_path.startswith(channel.region_path)


def _to_telephones(messages: list[Message], channels: list[Channel]) -> Iterator[Message]:
    """For everybody who asked for it, has a mobile number, and whose message has a gateway above its region."""
    gateways = [channel for channel in channels if channel.kind == ChannelKind.SMS]
    for kind in BY_SMS if gateways else ():
        theirs = [(message.recipient_id, message) for message in messages if message.kind == kind]
        asked = {pk for pk, _message in theirs if pk is not None}
        phones = phones_wanting(asked, kind) if asked else {}
        for pk, message in theirs:
            gateway = nearest(gateways, message.region_path)
            if pk is not None and is_mobile(phones.get(pk, "")) and gateway is not None:
                copy = _copy(message, gateway, text_message_key(message))
                copy.recipient_id, copy.to_name, copy.to_firm = pk, message.to_name, message.to_firm
                yield copy


def text_message_key(message: Message) -> str:
    """The key of the row that repeats this message on a telephone."""
    return f"{message.key}:sms"[:160]


def nearest(channels: list[Channel], path: str) -> Channel | None:
    """The channel of the smallest region that contains the path."""
    above = [channel for channel in channels if path.startswith(channel.region_path)]
    return max(above, key=lambda channel: len(channel.region_path), default=None)


def _copy(message: Message, channel: Channel, key: str) -> Message:
    return Message(
        key=key[:160],
        kind=message.kind,
        channel=channel,
        to_name=channel.name,
        firm_id=message.firm_id,
        application_id=message.application_id,
        event_id=message.event_id,
        deadline_id=message.deadline_id,
        language=message.language,
        region_path=message.region_path,
        subject=message.subject,
        body=message.subject,
        link=message.link,
        urgent=message.urgent,
        send_after=message.send_after,
        expires_at=message.expires_at or message.send_after + KEEPS,
        message_id=f"<{uuid.uuid4().hex}@{settings.SITE_HOST}>",
    )
