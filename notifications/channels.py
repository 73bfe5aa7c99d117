"""Every write to channels: who may, what is kept of a change, and the test."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput
from crm.models import Region, User
from crm.services.history import record_changes
from crm.services.people import require_manager
from notifications.addresses import channel_address, is_mobile
from notifications.copies import REPEATED
from notifications.models import Channel, ChannelKind, Message, MessageState
from notifications.sending import NotReached, Refused, in_words, note, post

SMS_SERVICE = "sms"


@transaction.atomic
def save_channel(
    *,
    actor: User | None,
    name: str,
    region: Region,
    service: str,
    address: str = "",
    secret: str = "",
    kinds: Collection[str] = (),
    channel: Channel | None = None,
) -> Channel:
    """Add a channel, or change one; an empty address keeps the one it has. Raises InvalidInput with every reason."""
    require_manager(actor, region.path)
    if channel is not None:
        require_manager(actor, channel.region_path)
    kind = ChannelKind.SMS if service == SMS_SERVICE else ChannelKind.ROBOT
    chosen = [code for code in REPEATED if code in kinds]
    reasons = _problems(name, kind, chosen)
    if address or channel is None:
        try:
            address = channel_address(service, address, secret=secret)
        except InvalidInput as error:
            reasons += error.reasons
    elif kind != channel.kind:
        reasons.append(_("更换类型时须重新填写地址"))
    if reasons:
        raise InvalidInput(*reasons)
    row = channel or Channel(changed_at=timezone.now())
    values = {"name": name.strip(), "kind": kind, "region": region, "region_path": region.path, "kinds": chosen}
    return _store(row, values, address, actor)


def _problems(name: str, kind: str, kinds: Collection[str]) -> list[str]:
    reasons = []
    if not name.strip():
        reasons.append(_("请填写名称，例如群的名字"))
    if kind == ChannelKind.ROBOT and not kinds:
        reasons.append(_("请至少选择一类要转到群里的消息"))
    return reasons


def _store(row: Channel, values: dict, address: str, actor: User | None) -> Channel:
    """The row and its history. Of the address history says that it changed, never what it was."""
    changes = (
        {}
        if row.pk is None
        else {
            field: (getattr(row, field), value)
            for field, value in values.items()
            if field != "region_path" and getattr(row, field) != value
        }
    )
    for field, value in values.items():
        setattr(row, field, value)
    if address and address != row.address:
        changes["address"] = (_("（不显示）") if row.address else "", _("（已更换，不显示）"))
        row.address, row.failures, row.error, row.last_ok_at = address, 0, "", None
    row.changed_by, row.changed_at = actor, timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise InvalidInput(_("本区划已有名为“{name}”的渠道，请换一个名称").format(name=row.name)) from None
    record_changes(row, changes, actor=actor)
    return row


@transaction.atomic
def switch_channel(channel: Channel, *, on: bool, actor: User | None) -> None:
    """Put a channel in or out of use. What waits for one that is switched off is recalled: it would come too late."""
    require_manager(actor, channel.region_path)
    now = timezone.now()
    switched = Channel.objects.filter(pk=channel.pk, active=not on)
    if not switched.update(active=on, changed_by=actor, changed_at=now):
        return
    if not on:
        waiting = Message.objects.filter(channel=channel, state=MessageState.QUEUED)
        waiting.update(state=MessageState.RECALLED)
    record_changes(channel, {"active": (not on, on)}, actor=actor)


def try_channel(channel: Channel, *, actor: User) -> str:
    """Send a line now and say what came of it: nothing when it was taken, else what went wrong.

    A text message goes to the telephone of whoever asks.
    """
    require_manager(actor, channel.region_path)
    if channel.kind == ChannelKind.SMS and not is_mobile(actor.phone):
        raise InvalidInput(_("请先在“我的账号”填写您的手机号，测试短信会发到那里"))
    text = _("育企 Cultivar 测试消息：{name} 已接通。").format(name=channel.name)
    failure: Exception | None = None
    try:
        post(channel, text, phone=actor.phone)
    except (Refused, NotReached, TimeoutError) as error:
        failure = error
    note(channel, failure)
    return "" if failure is None else in_words(failure)
