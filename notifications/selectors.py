"""Messages read for pages."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.models import User
from notifications.models import Message


def own_messages(user: User) -> QuerySet[Message]:
    """What this person was told, newest first."""
    return Message.objects.told(user).select_related("firm").order_by("-pk")


def unread_count(user: User) -> int:
    """How many of them are unread; counting stops at 100."""
    return Message.objects.told(user).filter(read_at=None).order_by().values("pk")[:100].count()
