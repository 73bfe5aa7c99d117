from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access import MANAGERS, NOTHING, scope_of
from crm.choices import ExportColumns, ExportFormat, ExportKind
from crm.fields import PathField


class ExportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; leads and administrators see who took what out of their regions."""
        scope = scope_of(user)
        if scope.everything:
            return self
        wanted = models.Q(owner=user) if scope.is_staff else NOTHING
        for path, role in scope.posts:
            if role in MANAGERS:
                wanted |= models.Q(region_path__under=path)
        return self.filter(wanted)


class Export(models.Model):
    """A table that somebody took out of the library: who, why, how many rows. Its file is kept some days."""

    kind = models.CharField(_("内容"), max_length=20, choices=ExportKind)
    owner = models.ForeignKey("crm.User", models.PROTECT, related_name="exports", verbose_name=_("导出人"))
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("区划"))
    region_path = PathField(editable=False)
    reason = models.CharField(_("导出事由"), max_length=200)
    format = models.CharField(_("格式"), max_length=4, choices=ExportFormat, default=ExportFormat.XLSX)
    columns = models.CharField(_("列"), max_length=10, choices=ExportColumns, default=ExportColumns.LIST)
    year = models.PositiveSmallIntegerField(_("数据年度"), default=0)
    selection = models.JSONField(default=list)  # keys as they were chosen, in the order of the list
    job = models.OneToOneField("crm.Job", models.SET_NULL, null=True, related_name="export")
    rows = models.PositiveIntegerField(_("行数"), default=0)
    missing = models.PositiveIntegerField(default=0)  # chosen, but no longer there or no longer the reader's to see
    file = models.FileField(upload_to="exports/%Y/", blank=True, max_length=200)
    asked_at = models.DateTimeField(_("时间"), auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["owner", "-id"], name="export_of_owner"),
            models.Index(fields=["expires_at"], name="export_kept", condition=~models.Q(file="")),
        ]
        verbose_name = _("导出")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_kept(self) -> bool:
        """True while the file can be taken."""
        return bool(self.file) and self.expires_at is not None and timezone.now() < self.expires_at
