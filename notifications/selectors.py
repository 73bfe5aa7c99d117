"""Messages read for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.choices import FirmStatus
from crm.models import Contact, Firm, Mandate, Membership, User
from crm.paging import capped_count
from notifications.conflicts import Conflict, conflicts_of
from notifications.models import NOT_TOLD, Bounce, Message, MessageKind, MessageState
from pipeline.models import Application, Recognition

DRAFTS, WAITS, SENT, FAILED, HELD_BACK, ALL = "drafts", "waiting", "sent", "failed", "recalled", "all"
TABS: dict[str, tuple[Any, tuple[str, ...]]] = {
    DRAFTS: (_("草稿"), (MessageState.DRAFT,)),
    WAITS: (_("待发送"), (MessageState.QUEUED, MessageState.HELD, MessageState.LEASED, MessageState.SENDING)),
    SENT: (_("已发送"), (MessageState.SENT, MessageState.UNCONFIRMED, MessageState.IN_APP)),
    FAILED: (_("失败"), (MessageState.FAILED, MessageState.GIVEN_UP, MessageState.EXPIRED)),
    HELD_BACK: (_("撤回与作废"), (MessageState.RECALLED, MessageState.SUPERSEDED)),
    ALL: (_("全部"), ()),
}
SHOWN = 50


@dataclass(frozen=True)
class Tab:
    code: str
    label: str
    number: int
    more: bool


@dataclass(frozen=True)
class Row:
    """One message on a page, with what speaks against sending it."""

    message: Message
    conflicts: list[Conflict]


BELL_ROWS = 8
COUNTED = 100


def own_messages(user: User) -> QuerySet[Message]:
    """What this person was told, newest first."""
    return Message.objects.told(user).select_related("firm").order_by("-pk")


@dataclass(frozen=True)
class Bell:
    """What the bell shows: how many are unread, at most 100, and the last messages."""

    unread: int
    rows: list[Message]


def bell_of(user: User) -> Bell:
    """The same messages as `told`, without reading the person's scope first. Two queries."""
    member_of = Membership.objects.filter(user=user, ended_on=None).values("firm")
    acts_for = Mandate.objects.in_force(timezone.localdate()).filter(agent=user).values("firm")
    mine = (
        Message.objects.filter(recipient=user, channel=None)
        .exclude(state__in=NOT_TOLD)
        .exclude(kind=MessageKind.MORNING)
        .filter(Q(to_firm=False) | Q(firm=None) | Q(firm__in=member_of) | Q(firm__in=acts_for.order_by()))
    )
    unread = mine.filter(read_at=None).order_by().values("pk")[:COUNTED].count()
    return Bell(
        unread, list(mine.only("subject", "urgent", "read_at", "created_at", "kind").order_by("-pk")[:BELL_ROWS])
    )


def tabs_of(messages: QuerySet[Message]) -> list[Tab]:
    """How many of these stand in each tab; counting stops at 1,000. One query each."""
    counted = ((code, label, capped_count(in_tab(messages, code))) for code, (label, _states) in TABS.items())
    return [Tab(code, str(label), number, more) for code, label, (number, more) in counted]


def in_tab(messages: QuerySet[Message], tab: str) -> QuerySet[Message]:
    states = TABS[tab][1]
    return messages.filter(state__in=states) if states else messages


def rows_of(messages: list[Message]) -> list[Row]:
    found = conflicts_of(messages)
    return [Row(message, found.get(message.pk, [])) for message in messages]


def told_of_firm(firm: Firm, user: User) -> list[Message]:
    """What went or goes to this firm, newest first."""
    rows = Message.objects.visible_to(user).filter(firm=firm, to_firm=True)
    return list(rows.select_related("application", "event__application").order_by("-pk")[:SHOWN])


def told_of_application(application: Application, user: User) -> list[Message]:
    rows = Message.objects.visible_to(user).filter(application=application, to_firm=True)
    return list(rows.select_related("application", "event__application").order_by("-pk")[:SHOWN])


def unreachable(user: User) -> QuerySet[Firm]:
    """Active firms under way or with a valid title whom nobody can write to: no account, agent or contact with mail."""
    today, of_firm = timezone.localdate(), Q(firm=OuterRef("pk"))
    busy = Exists(Application.objects.in_progress().exclude_internal().filter(of_firm))
    titled = Exists(Recognition.objects.valid_on(today).filter(of_firm))
    people = Membership.objects.filter(of_firm, ended_on=None, user__is_active=True)
    accounts = Exists(people.exclude(user__email=""))
    agents = Exists(Mandate.objects.in_force(today).filter(of_firm).exclude(agent__email=""))
    contacts = Exists(Contact.objects.filter(of_firm).exclude(email=""))
    firms = Firm.objects.visible_to(user).filter(busy | titled, ~accounts, ~agents, ~contacts)
    return firms.filter(status=FirmStatus.ACTIVE).select_related("region", "officer")


def bounces(user: User) -> QuerySet[Bounce]:
    """The addresses that refuse mail and wait for somebody."""
    return Bounce.objects.visible_to(user).unsettled().select_related("firm")
