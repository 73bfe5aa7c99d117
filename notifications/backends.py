"""The mail backend of a closed network: every mail becomes a row that `/mailbox/` shows."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications.models import Mail


class MailboxBackend(BaseEmailBackend):
    """Keeps mails inside the product."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now = timezone.now()
        mails = [
            Mail(
                address=parseaddr(address)[1],
                subject=str(mail.subject),
                message_id=mail.extra_headers.get("Message-ID", ""),
                text=str(mail.body),
                html=next((str(part[0]) for part in getattr(mail, "alternatives", []) if part[1] == "text/html"), ""),
                headers={name: str(value) for name, value in mail.extra_headers.items()},
                at=now,
            )
            for mail in email_messages
            for address in mail.recipients()
        ]
        Mail.objects.bulk_create(mails)
        return len(email_messages)
