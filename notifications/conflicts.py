"""What speaks against sending a mail as it stands. Read for a page of rows at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Mandate, Membership
from crm.templatetags.show import due_day
from notifications.models import WAITING, Bounce, Message, MessageKind, MessageState
from notifications.wording import unwritten
from pipeline.models import UndoneMove

MOVED_ON, DOUBLE, DATE_MOVED = "moved_on", "double", "date_moved"
UNWRITTEN = "unwritten"
NOBODY, NO_ADDRESS, BOUNCING, UNDONE, GONE = "nobody", "no_address", "bouncing", "undone", "gone"
HARD = {NOBODY, BOUNCING, UNDONE, GONE}  # nobody can wave these through
NOTES = {NO_ADDRESS}  # said, but no reason not to send: it stands in the site


@dataclass(frozen=True)
class Conflict:
    code: str
    text: str

    @property
    def is_hard(self) -> bool:
        return self.code in HARD

    @property
    def is_note(self) -> bool:
        return self.code in NOTES


def conflicts_of(messages: Sequence[Message]) -> dict[int, list[Conflict]]:
    """By key of each message that still waits. Five queries, however many rows.

    The rows come with application, event and deadline.
    """
    waiting = [row for row in messages if row.state in WAITING and row.to_firm]
    if not waiting:
        return {}
    bouncing = _bouncing({row.to.lower() for row in waiting if row.to})
    doubles, acting = _doubles(waiting), _acting(waiting)
    undone = set(
        UndoneMove.objects.filter(event__in=[row.event_id for row in waiting if row.event_id]).values_list(
            "event_id", flat=True
        )
    )
    return {
        row.pk: found
        for row in waiting
        if (found := [*_of(row, bouncing=bouncing, doubles=doubles, undone=undone), *_of_reader(row, acting)])
    }


def _of_reader(row: Message, acting: set[tuple[int, int]]) -> Iterable[Conflict]:
    if row.recipient_id and row.firm_id and (row.recipient_id, row.firm_id) not in acting:
        yield Conflict(GONE, _("收件人已不再是该企业的人员或代理人；请弃用这封草稿"))


def _acting(waiting: Sequence[Message]) -> set[tuple[int, int]]:
    """Accounts and the firms that they belong to or act for today. Two queries, none where no account is told."""
    users, firms = {row.recipient_id for row in waiting if row.recipient_id}, {row.firm_id for row in waiting}
    if not users:
        return set()
    members = Membership.objects.filter(user__in=users, firm__in=firms, ended_on=None, user__is_active=True)
    agents = Mandate.objects.in_force(timezone.localdate()).filter(agent__in=users, firm__in=firms)
    lent = agents.filter(agent__is_active=True).order_by().values_list("agent", "firm")
    return {*members.values_list("user", "firm"), *lent}


def _of(row: Message, *, bouncing: set[str], doubles: Counter, undone: set[int]) -> Iterable[Conflict]:
    if row.event_id in undone:
        yield Conflict(UNDONE, _("所依据的办理已被撤销"))
    elif row.event and row.application and row.application.stage != row.event.to_stage:
        stage = row.application.current.label
        yield Conflict(MOVED_ON, _("申报此后已进入“{stage}”").format(stage=stage))
    if row.application_id and doubles[(row.application_id, row.to.lower(), row.recipient_id)] > 1:
        yield Conflict(DOUBLE, _("同一申报还有另一封未发给此人的草稿"))
    if row.kind == MessageKind.LETTER and (reason := unwritten(row.body)):
        yield Conflict(UNWRITTEN, reason)
    due = row.parts.get("due_on")
    if due and row.deadline and row.deadline.due_on.isoformat() != due:
        yield Conflict(DATE_MOVED, _("期限已改为 {day}").format(day=due_day(row.deadline.due_on)))
    if not row.to and row.recipient_id is None:
        yield Conflict(NOBODY, _("企业没有收件人；请先补联系人，再重新生成"))
    elif not row.to:
        yield Conflict(NO_ADDRESS, _("收件人没有邮箱，仅站内可见"))
    elif row.to.lower() in bouncing:
        yield Conflict(BOUNCING, _("该地址退信；请先在“地址问题”中更正"))


def _bouncing(addresses: set[str]) -> set[str]:
    return set(Bounce.objects.unsettled().filter(address__in=addresses).values_list("address", flat=True))


def _doubles(waiting: Sequence[Message]) -> Counter:
    """How many mails of one kind wait for one person about one application."""
    wanted = {row.application_id for row in waiting if row.application_id}
    rows = Message.objects.filter(
        Q(state=MessageState.DRAFT), application__in=wanted, kind=MessageKind.STAGE, to_firm=True
    )
    return Counter((pk, to.lower(), person) for pk, to, person in rows.values_list("application", "to", "recipient"))
