"""Mails that stay inside the product."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import Role
from crm.fields import PathField


class MailQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Mail to oneself. The city's administrators see the whole box, a county's what went out for their county.

        Whose a mail is was settled when it was written: taking over an address later opens nothing.
        """
        scope = scope_of(user)
        if not user.is_authenticated:
            return self.none()
        if scope.at_city({Role.ADMIN}):
            return self
        wanted = models.Q(recipient=user)
        for path in (path for path, role in scope.posts if role == Role.ADMIN):
            wanted |= models.Q(region_path__under=path)
        return self.filter(wanted)


class Mail(models.Model):
    """A mail that did not leave the machine: where no mail server is set, `/mailbox/` shows these."""

    address = models.EmailField(db_index=True)
    recipient = models.ForeignKey("crm.User", models.CASCADE, null=True, related_name="mails")
    region_path = PathField(editable=False, blank=True)
    subject = models.CharField(max_length=300)
    message_id = models.CharField(max_length=200, blank=True)
    attachment = models.ForeignKey("notifications.Attachment", models.PROTECT, null=True, related_name="mails")
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("邮件")

    def __str__(self) -> str:
        return self.subject
