"""The ways out of the product beside mail, and what each person wants by which way."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from notifications.models.messages import MessageKind


class Way(models.TextChoices):
    """How a person is reached. What is told always stands in the site too."""

    MAIL = "mail", _("邮件")
    SMS = "sms", _("短信")


class ChannelKind(models.TextChoices):
    ROBOT = "robot", _("群机器人")
    SMS = "sms", _("短信网关")


class ChannelQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Channel(models.Model):
    """A group robot or an SMS gateway of a region. Its address is a secret: no page, export or log shows it whole."""

    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("类型"), max_length=10, choices=ChannelKind)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="channels")
    region_path = PathField(editable=False)
    address = models.TextField(_("地址"))
    kinds = models.JSONField(default=list)  # the MessageKind codes that a robot repeats to its group
    active = models.BooleanField(_("启用"), default=True)
    last_ok_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # since it last went well
    error = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["region_path", "pk"]
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="one_channel_per_name")]
        verbose_name = _("渠道")

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """What one person said about one kind of message by one way; silence means the default of the role."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=20, choices=MessageKind)
    way = models.CharField(max_length=10, choices=Way)
    wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "way"], name="one_preference_per_way")]

    def __str__(self) -> str:
        return f"{self.user} {self.kind} {self.way}"


class QuietAddress(models.Model):
    """An address without an account whose holder wants no more mails of one kind."""

    address = models.EmailField()  # in lower case
    kind = models.CharField(max_length=20, choices=MessageKind)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "kind"], name="one_quiet_row_per_address")]

    def __str__(self) -> str:
        return f"{self.address} {self.kind}"
