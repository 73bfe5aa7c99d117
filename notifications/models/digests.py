"""The ledger of periodic mails."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from notifications.models.messages import Message, MessageKind


class DigestState(models.TextChoices):
    QUEUED = "queued", _("已生成")
    FAILED = "failed", _("生成失败")


class DigestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was to go to oneself; for people of the authority also what concerns their regions."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(scope_of(user).q(firm=None) | models.Q(recipient=user))


class Digest(models.Model):
    """The ledger of periodic mails: one row per kind, person and period, whatever restarts or doubles happen."""

    kind = models.CharField(max_length=20, choices=MessageKind)
    recipient = models.ForeignKey("crm.User", models.CASCADE, related_name="digests")
    period = models.CharField(max_length=16)  # 2026-W47, 2026-11-25, the second of that day 2026-11-25+2
    region_path = PathField(editable=False, blank=True)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    snapshot_as_of = models.DateField(null=True)
    state = models.CharField(_("状态"), max_length=10, choices=DigestState, default=DigestState.QUEUED)
    items = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=1)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "recipient", "period"], name="one_digest_per_person_and_period")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.recipient} {self.period}"
