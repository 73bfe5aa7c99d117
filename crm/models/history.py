from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class AppendOnlyQuerySet(models.QuerySet):
    """Rows that are written once. The database refuses UPDATE as well (migration 0002 of each app)."""

    def update(self, **kwargs):
        raise TypeError("append-only rows are never updated")

    def delete(self):
        raise TypeError("append-only rows are never deleted")


class ChangeRecordQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class ChangeRecord(models.Model):
    """One field of one object changed: what it was, what it is, who did it and why. Append-only."""

    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    region_path = PathField(blank=True)
    field = models.CharField(max_length=60)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects = ChangeRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "-at"], name="change_of_object")]
        verbose_name = _("变更记录")

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} {self.field}"
