"""The mail backends: a mail server that says how far it came, and the mailbox of a closed network."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from crm.models import User
from notifications.models import Mail
from notifications.sending import NotReached


class Smtp(smtplib.SMTP):
    """A connection that knows whether the text of the mail has begun to leave."""

    text_left = False

    def mail(self, sender, options=()):
        self.text_left = False
        return super().mail(sender, options)

    def data(self, msg):
        self.text_left = True
        return super().data(msg)


class SmtpSsl(Smtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class SmtpBackend(EmailBackend):
    """Django's, which also tells apart a mail that certainly did not leave from one of which nobody knows."""

    @property
    def connection_class(self):
        return SmtpSsl if self.use_ssl else Smtp

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            return super().send_messages(email_messages)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise
        except OSError as error:
            if getattr(self.connection, "text_left", True):
                raise
            raise NotReached(str(error)) from error


class MailboxBackend(BaseEmailBackend):
    """Keeps mails inside the product."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now = timezone.now()
        mails = [_kept(mail, parseaddr(to)[1], now) for mail in email_messages for to in mail.recipients()]
        Mail.objects.bulk_create(mails)
        return len(email_messages)


def _kept(mail: EmailMessage, address: str, now: datetime) -> Mail:
    row = getattr(mail, "row", None)  # the outbox says whose it is; other mails, such as a new password, do not
    return Mail(
        address=address,
        recipient_id=row.recipient_id if row else _holder(address),
        region_path=row.region_path if row else "",
        subject=str(mail.subject),
        message_id=mail.extra_headers.get("Message-ID", ""),
        attachment_id=row.attachment_id if row else None,
        text=str(mail.body),
        html=next((str(part[0]) for part in getattr(mail, "alternatives", []) if part[1] == "text/html"), ""),
        headers={name: str(value) for name, value in mail.extra_headers.items()},
        at=now,
    )


def _holder(address: str) -> int | None:
    """The one account that this address belongs to now; nobody when several claim it."""
    found = list(User.objects.filter(email__iexact=address, is_active=True).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None
