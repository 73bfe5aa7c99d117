"""Says by the bell that an export can be taken. No mail: the file is only handed out inside the site."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import translation
from django.utils.translation import gettext as _

from crm.models import Export
from crm.signals import export_ready
from crm.templatetags.show import figure
from notifications.models import MessageKind, MessageState
from notifications.outbox import enqueue


@receiver(export_ready, dispatch_uid="tell_of_export")
def tell_of_export(sender: type, export: Export, **kwargs: Any) -> None:
    """One row for its owner, in the owner's language."""
    with translation.override(export.owner.language):
        what, rows = export.get_kind_display(), figure(export.rows)
        subject = _("导出已完成：{what} {rows} 行").format(what=what, rows=rows)
        body = _("事由：{reason}。文件保留 7 天，请及时下载。").format(reason=export.reason)
        enqueue(
            key=f"export:{export.pk}",
            kind=MessageKind.EXPORT,
            subject=subject,
            body=body,
            link="/exports/",
            recipient_id=export.owner_id,
            to_name=export.owner.name,
            language=export.owner.language,
            region_path=export.region_path,
            expires_at=export.expires_at,
            state=MessageState.IN_APP,
        )
