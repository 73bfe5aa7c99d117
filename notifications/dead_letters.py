"""Dead letters: messages that will not be sent by themselves any more. A person sends them again or gives them up."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import EVERYTHING, NOTHING, scope_of
from crm.choices import Role
from crm.errors import InvalidInput, NotAllowed
from crm.models import User
from notifications.models import Delivery, Message, MessageKind, MessageState
from notifications.preferences import keep_unwanted_in_site
from pipeline.models import UndoneMove

MOST = 1000  # at once; what is left is still listed
AFRESH = {
    "state": MessageState.QUEUED,
    "error": "",
    "attempts": 0,
    "swept": 0,
    "resent": False,
    "lease": None,
    "leased_until": None,
    "expires_at": None,
}


def still_holds() -> Q:
    """Neither what was decided and taken back since, a reminder of what is done, nor what went by a channel out of use:
    those are not sent again.
    """
    done = Q(kind=MessageKind.REMINDER, deadline__closed_at__isnull=False)
    return ~Q(event__in=UndoneMove.objects.values("event")) & ~done & ~Q(channel__active=False)


def dead_letters(user: User) -> QuerySet[Message]:
    """Those of the reader's regions, newest first."""
    return Message.objects.visible_to(user).filter(state=MessageState.FAILED).order_by("-pk")


def administers(user: User) -> bool:
    return scope_of(user).has_role(Role.ADMIN)


def _of_administrator(user: User) -> QuerySet[Message]:
    """The dead letters of the regions that the user administers."""
    scope = scope_of(user)
    if not administers(user):
        raise NotAllowed(_("重新发送和放弃由管理员办理"))
    mine = EVERYTHING if scope.everything else NOTHING
    for path, role in scope.posts:
        if role == Role.ADMIN:
            mine |= Q(region_path__under=path)
    return dead_letters(user).filter(mine)


def send_again(wanted: QuerySet[Message], *, actor: User) -> int:
    """Queue dead letters anew, under the same Message-ID and with their history. Returns how many; again, none."""
    wanted = wanted.filter(still_holds())
    fields = AFRESH | {"send_after": timezone.now()}
    return _settle(wanted, actor, _("{who} 重新发送").format(who=actor.name), fields)


def give_up(wanted: QuerySet[Message], *, actor: User, reason: str) -> int:
    """End dead letters with a reason that stays with them. Returns how many; again, none."""
    if not reason.strip():
        raise InvalidInput(_("请填写放弃的理由"))
    said = _("{who} 放弃：{reason}").format(who=actor.name, reason=reason.strip())
    return _settle(wanted, actor, said, {"state": MessageState.GIVEN_UP, "error": said[:500]})


@transaction.atomic
def _settle(wanted: QuerySet[Message], actor: User, said: str, fields: dict) -> int:
    rows = _of_administrator(actor).filter(pk__in=wanted.order_by().values("pk"))
    ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True)[:MOST])
    changed = Message.objects.filter(pk__in=ids, state=MessageState.FAILED).update(**fields)
    _note(ids, fields["state"], said)
    if fields["state"] == MessageState.QUEUED:
        keep_unwanted_in_site(ids)
    return changed


def _note(ids: Collection[int], outcome: str, said: str) -> None:
    now = timezone.now()
    Delivery.objects.bulk_create([Delivery(message_id=pk, at=now, outcome=outcome, detail=said[:300]) for pk in ids])
