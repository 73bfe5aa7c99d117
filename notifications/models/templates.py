"""The bureau's own wording of each kind of mail to firms, in versions, and whether a person looks at it first."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.models.history import AppendOnlyQuerySet


class TopicQuerySet(models.QuerySet["MailTopic"]):
    def visible_to(self, user):
        """Wording names nobody: all people of the authority read it."""
        return self.all() if scope_of(user).is_staff else self.none()


class MailTopic(models.Model):
    """What the bureau decided about one kind of mail, or a letter of its own; without a row the defaults hold."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=60, blank=True)  # of the bureau's own letters
    hold = models.BooleanField(_("发送前需经办人确认"), default=False)
    retired = models.BooleanField(default=False)
    changed_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("通知种类")

    def __str__(self) -> str:
        return self.name or self.code


class TemplateQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user):
        return self.all() if scope_of(user).is_staff else self.none()


class MailTemplate(models.Model):
    """One version of the wording of one kind of mail in one language. Append-only; the newest holds."""

    code = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    subject = models.CharField(_("主题"), max_length=150)
    body = models.TextField(_("正文"))
    restores = models.PositiveIntegerField(null=True)  # the earlier version that this one repeats
    by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["code", "language", "version"], name="one_text_per_version")]
        verbose_name = _("通知模板")

    def __str__(self) -> str:
        return f"{self.code} {self.language} {self.version}"
