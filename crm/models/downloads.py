from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import MANAGERS, NOTHING, scope_of
from crm.fields import PathField
from crm.models.history import AppendOnlyQuerySet


class DownloadLogQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user):
        """Those who answer for a region, its leads and administrators, see who took what in it."""
        scope = scope_of(user)
        if scope.everything:
            return self
        wanted = NOTHING
        for path, role in scope.posts:
            if role in MANAGERS:
                wanted |= models.Q(region_path__under=path)
        return self.filter(wanted)


class DownloadLog(models.Model):
    """One file that one person took out of private storage. Append-only; it outlives what it tells of."""

    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    name = models.CharField(_("文件"), max_length=200)
    about = models.CharField(_("企业"), max_length=200, blank=True)
    region_path = PathField(blank=True)
    actor = models.ForeignKey("crm.User", models.PROTECT, related_name="+", verbose_name=_("下载人"))
    at = models.DateTimeField(_("时间"))

    objects = DownloadLogQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-at"], name="download_of_object"),
            models.Index(fields=["-at", "-id"], name="download_in_time"),
        ]
        verbose_name = _("下载记录")

    def __str__(self) -> str:
        return f"{self.actor_id} {self.name}"
