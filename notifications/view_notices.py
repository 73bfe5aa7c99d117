"""Says by the bell that another person deleted one's view of the firm list. No mail: nothing is to be done."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import translation
from django.utils.translation import gettext as _

from crm.models import SavedView, User
from crm.signals import view_deleted
from notifications.models import MessageKind, MessageState
from notifications.outbox import enqueue

LONGEST_LINK = 200  # characters that a message keeps


@receiver(view_deleted, dispatch_uid="tell_of_view")
def tell_of_view(sender: type, view: SavedView, actor: User, **kwargs: Any) -> None:
    """One row for its owner, in the owner's language, with the list as it was."""
    link = f"/firms/?{view.query}"
    with translation.override(view.owner.language):
        enqueue(
            key=f"view:{view.pk}:deleted",
            kind=MessageKind.ACCOUNT,
            subject=_("视图“{name}”已被{actor}删除").format(name=view.name, actor=actor),
            body=_("仍可打开当时的筛选结果，另存为自己的视图。"),
            link=link if len(link) <= LONGEST_LINK else "/firms/",
            recipient_id=view.owner_id,
            to_name=view.owner.name,
            language=view.owner.language,
            region_path=view.region_path,
            state=MessageState.IN_APP,
        )
