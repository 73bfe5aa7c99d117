"""Addresses that a mail server refused for good."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class BounceQuerySet(models.QuerySet["Bounce"]):
    def visible_to(self, user):
        """Those of one's regions. A firm's people are not told of the addresses of others."""
        return self.filter(scope_of(user).q(firm=None))

    def unsettled(self):
        return self.filter(settled_at=None)


class Bounce(models.Model):
    """One address that refuses mail, in small letters; until it is settled nothing more is tried there."""

    address = models.EmailField(unique=True)
    firm = models.ForeignKey("crm.Firm", models.SET_NULL, null=True, related_name="bounces")
    region_path = PathField(editable=False, blank=True)
    name = models.CharField(max_length=60, blank=True)
    code = models.PositiveSmallIntegerField(default=0)  # of the mail server; 0 where a person said so
    detail = models.CharField(max_length=300, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    objects = BounceQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-pk"]
        verbose_name = _("退信地址")

    def __str__(self) -> str:
        return self.address
