"""Tells who stands in for whom: the deputy of an absence, and who is away where another entered it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from crm.models import Leave
from crm.selectors.leaves import writing_paths
from crm.signals import leave_ended, leave_planned
from notifications.account_mails import tell
from notifications.people import of_user

LINK = "/settings/leaves/"


@receiver(leave_planned, dispatch_uid="tell_of_leave")
def tell_of_leave(sender: type, leave: Leave, **kwargs: Any) -> None:
    _tell(leave, "planned")


@receiver(leave_ended, dispatch_uid="tell_of_return")
def tell_of_return(sender: type, leave: Leave, **kwargs: Any) -> None:
    _tell(leave, "ended")


def _tell(leave: Leave, what: str) -> None:
    """Nobody hears of what they entered themselves."""
    told = [leave.deputy] if leave.made_by_id == leave.user_id else [leave.deputy, leave.user]
    path = next(iter(writing_paths(leave.user)), "")
    for person in map(of_user, told):
        tell(
            "leave",
            person,
            key=f"leave:{leave.pk}:{what}:{person.key}",
            context={"leave": leave, "ended": what == "ended"},
            link=LINK,
            template="leave",
            region_path=path,
        )
