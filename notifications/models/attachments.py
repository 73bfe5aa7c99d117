"""Files that go with mails."""

from __future__ import annotations

import hashlib

from django.db import models


class AttachmentManager(models.Manager["Attachment"]):
    def keep(self, scope: str, name: str, content: bytes) -> Attachment:
        """The row of this very content under a scope such as gap:2026-W48:450800, made where there is none yet."""
        key = f"{scope}:{hashlib.sha256(content).hexdigest()[:16]}"
        return self.get_or_create(key=key, defaults={"name": name, "content": content})[0]


class Attachment(models.Model):
    """A file as it went out. It is never made again: a mail that is sent once more carries the same bytes.

    The key ends in the digest of the content, so that many mails of one region share a row and other numbers are
    another row. In the database, so that mail and file are written in one transaction. It is read through the mail.
    """

    key = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentManager()

    def __str__(self) -> str:
        return self.key

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)
