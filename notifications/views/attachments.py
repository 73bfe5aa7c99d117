"""Takes a file off a mail: from the mailbox, or from the outbox."""

from __future__ import annotations

from io import BytesIO

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from crm.files import as_download
from crm.views.common import staff_only
from notifications.models import Attachment, Mail, Message


@require_GET
def mailbox_attachment(request: HttpRequest, pk: int) -> FileResponse:
    """The file of a mail that stayed inside, for those who may read the mail."""
    mail = get_object_or_404(Mail.objects.visible_to(request.user).select_related("attachment"), pk=pk)
    return _download(mail.attachment)


@staff_only
@require_GET
def outbox_attachment(request: HttpRequest, pk: int) -> FileResponse:
    message = get_object_or_404(Message.objects.visible_to(request.user).select_related("attachment"), pk=pk)
    return _download(message.attachment)


def _download(attachment: Attachment | None) -> FileResponse:
    if attachment is None:
        raise Http404
    return as_download(BytesIO(attachment.content), attachment.name)
