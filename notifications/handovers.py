"""Tells of work that goes to another: who must confirm it, and then the receiver, once, with what to look at first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from crm.access import MANAGERS
from notifications.account_mails import tell
from notifications.people import Person, Staff, of_user
from pipeline.models import HandOver
from pipeline.selectors.handovers import summary
from pipeline.signals import handed_over, handover_asked


@receiver(handover_asked, dispatch_uid="ask_for_confirmation")
def ask_for_confirmation(sender: type, handover: HandOver, **kwargs: Any) -> None:
    """Those who manage the region nearest to it."""
    today, path = timezone.localdate(), handover.region_path
    staff = Staff(today)
    people = staff.present(staff.nearest(path, MANAGERS), path)
    _tell("handover_asked", handover, people)


@receiver(handed_over, dispatch_uid="tell_receiver")
def tell_receiver(sender: type, handover: HandOver, **kwargs: Any) -> None:
    _tell("handover", handover, [of_user(handover.receiver)], summary=summary(handover, timezone.localdate()))


def _tell(name: str, handover: HandOver, people: Iterable[Person], **context: Any) -> None:
    for person in people:
        tell(
            name,
            person,
            key=f"{name}:{handover.pk}:{person.key}",
            context={"handover": handover, **context},
            link=f"/handovers/{handover.pk}/",
            template=name,
            region_path=handover.region_path,
        )
