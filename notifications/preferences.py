"""What each person wants to be told by which way. All of it stands in the site anyway; the law's notices always go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import Scope, scope_of
from crm.choices import Role
from crm.models import Post, User
from notifications.models import ChannelKind, Message, MessageKind, MessageState, Preference, QuietAddress, Way

# By mail everybody hears of everything that is theirs, but for these roles; by text message nobody unless they say so.
NOT_BY_DEFAULT: Mapping[str, frozenset[str]] = {
    MessageKind.STAGE: frozenset({Role.LEADER, Role.VIEWER}),
    MessageKind.REMINDER: frozenset({Role.VIEWER}),
    MessageKind.MORNING: frozenset({Role.VIEWER}),
}
BY_SMS = (MessageKind.STAGE, MessageKind.REMINDER, MessageKind.LETTER, MessageKind.OPERATION)


def wants(user: User | int, kind: str, way: str, *, statutory: bool = False) -> bool:
    """True when this person is to get a message of this kind by this way. At most two queries."""
    pk = user if isinstance(user, int) else user.pk
    return pk in wanting([pk], kind, way, statutory=statutory)


def wanting(users: Iterable[int], kind: str, way: str, *, statutory: bool = False) -> set[int]:
    """Those of many people who are to get it: what they said, else the default of their role. At most two queries."""
    asked = set(users)
    if way == Way.MAIL and is_fixed(kind, statutory=statutory):
        return asked
    said = dict(Preference.objects.filter(user__in=asked, kind=kind, way=way).values_list("user_id", "wanted"))
    return {pk for pk in asked if said.get(pk)} | _by_default(asked - said.keys(), kind, way)


def is_fixed(kind: str, *, statutory: bool) -> bool:
    """True for mails that nobody can switch off: notices that the law asks for, and those about accounts."""
    return statutory or kind == MessageKind.ACCOUNT


def _by_default(users: set[int], kind: str, way: str) -> set[int]:
    if way != Way.MAIL:
        return set()
    quiet = NOT_BY_DEFAULT.get(kind)
    if not quiet or not users:
        return users
    roles: dict[int, set[str]] = {}
    for pk, role in Post.objects.filter(user__in=users).values_list("user_id", "role"):
        roles.setdefault(pk, set()).add(role)
    return {pk for pk in users if pk not in roles or roles[pk] - quiet}


def phones_wanting(users: Collection[int], kind: str) -> dict[int, str]:
    """The telephones of those who asked for this kind as a text message. One query."""
    said = Preference.objects.filter(user__in=users, kind=kind, way=Way.SMS, wanted=True)
    return dict(said.values_list("user_id", "user__phone"))


def mails_wanted(addresses: Collection[str], kind: str, *, statutory: bool = False) -> set[str]:
    """Those of the addresses without an account that still take this kind of mail. At most one query."""
    if is_fixed(kind, statutory=statutory):
        return set(addresses)
    lowered = {address.lower() for address in addresses}
    quiet = set(QuietAddress.objects.filter(address__in=lowered, kind=kind).values_list("address", flat=True))
    return {address for address in addresses if address.lower() not in quiet}


@dataclass(frozen=True)
class Choice:
    """One line of the page: when it is sent, and by which ways now."""

    kind: str
    label: str
    sentence: str
    mail: bool
    sms: bool | None  # None: this kind is never sent as a text message


def choices_of(user: User) -> list[Choice]:
    """What this person may choose, with what holds now."""
    return [
        Choice(
            kind=kind,
            label=str(MessageKind(kind).label),
            sentence=sentence,
            mail=wants(user, kind, Way.MAIL),
            sms=wants(user, kind, Way.SMS) if kind in BY_SMS else None,
        )
        for kind, sentence in _sentences(scope_of(user)).items()
    ]


def _sentences(scope: Scope) -> dict[str, str]:
    """The kinds that people of this scope are sent at all, each in a sentence."""
    found: dict[str, str] = {}
    if scope.is_staff:
        found[MessageKind.STAGE] = _("企业提交、补正或撤回时")
        found[MessageKind.REMINDER] = _("我经办的期限临近、当天截止或逾期时")
        found[MessageKind.MORNING] = _("每个工作日早上，把当天要办的事汇总成一封")
        found[MessageKind.GAP_DIGEST] = _("每周第一个工作日，本辖区的目标缺口和最接近达标的企业")
    if scope.has_role(Role.ADMIN):
        found[MessageKind.OPERATION] = _("后台任务没有按时运行、消息积压时")
    if scope.firm_ids:
        found.setdefault(MessageKind.STAGE, _("申报进入公示等阶段时"))
        found.setdefault(MessageKind.REMINDER, _("补正、年报、申报窗口等期限临近时"))
        found.setdefault(MessageKind.MORNING, _("每个工作日早上，把当天要办的事汇总成一封"))
        found[MessageKind.LETTER] = _("主管部门就申报发来信函时")
    return found


@transaction.atomic
def save_choices(user: User, chosen: Mapping[tuple[str, str], bool]) -> int:
    """Keep what differs from what holds now, so that the rest goes on following the role. Returns how many changed."""
    now, rows = timezone.now(), []
    for choice in choices_of(user):
        for way, held in ((Way.MAIL, choice.mail), (Way.SMS, choice.sms)):
            wanted = chosen.get((choice.kind, way))
            if held is not None and wanted is not None and wanted != held:
                rows.append(Preference(user=user, kind=choice.kind, way=way, wanted=wanted, changed_at=now))
    say(rows)
    return len(rows)


def say(rows: list[Preference]) -> None:
    """Write what people said, over what they said before."""
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "kind", "way"],
        update_fields=["wanted", "changed_at"],
    )
    for row in rows:
        if not row.wanted:
            _hold_back(row)


def _hold_back(said: Preference) -> None:
    """What waits follows what was said: mails stay in the site, text messages are recalled."""
    waiting = Message.objects.filter(recipient=said.user_id, kind=said.kind)
    if said.way == Way.MAIL:
        keep_in_site(waiting)
    else:
        copies = waiting.filter(channel__kind=ChannelKind.SMS, state=MessageState.QUEUED)
        copies.update(state=MessageState.RECALLED)


def keep_in_site(messages: QuerySet[Message]) -> int:
    """Mails of these that have not left are not sent, but what always goes out. Returns how many."""
    waiting = messages.filter(channel=None, statutory=False, state__in=[MessageState.HELD, MessageState.QUEUED])
    return waiting.exclude(kind=MessageKind.ACCOUNT).update(state=MessageState.IN_APP)


def keep_unwanted_in_site(ids: Collection[int]) -> int:
    """For mails queued again: who switched their kind off meanwhile reads them in the site. Returns how many."""
    queued = Message.objects.filter(pk__in=ids, channel=None, state=MessageState.QUEUED).exclude(to="")
    rows = list(queued.only("kind", "statutory", "recipient", "to"))
    unwanted: list[int] = []
    for kind in {row.kind for row in rows}:
        theirs = [row for row in rows if row.kind == kind]
        people = wanting({row.recipient_id for row in theirs if row.recipient_id}, kind, Way.MAIL)
        addresses = mails_wanted({row.to for row in theirs if not row.recipient_id}, kind)
        unwanted += [
            row.pk for row in theirs if not (row.recipient_id in people if row.recipient_id else row.to in addresses)
        ]
    return keep_in_site(Message.objects.filter(pk__in=unwanted))
