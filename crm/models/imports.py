from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import ImportState, RowOutcome
from crm.fields import PathField


class ImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Import(models.Model):
    """One file of firms or facts: uploaded, checked row by row, then applied. The counts are of its rows."""

    name = models.CharField(_("文件名"), max_length=200)
    digest = models.CharField(max_length=64)
    file = models.FileField(upload_to="imports/%Y/", blank=True, max_length=200)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("导入到"))
    region_path = PathField()
    state = models.CharField(_("状态"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="imports")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    rows_seen = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("导入")

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """One line of an imported file: as it stood there, what became of it, and why."""

    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(default=dict)
    outcome = models.CharField(_("结果"), max_length=10, choices=RowOutcome)
    reasons = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    # What a person decided about a pending row: "" not yet, "create" take it in, "skip" leave it out.
    decision = models.CharField(max_length=10, blank=True)
    firm = models.ForeignKey("crm.Firm", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="one_row_per_line")]
        indexes = [models.Index(fields=["batch", "outcome", "line"], name="row_by_outcome")]
        verbose_name = _("导入行")

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"
