from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import CompactEncoder, PathField


class ReportTemplate(models.Model):
    """One version of the sentences of the work report, as the bureau wrote them. A change is a new version."""

    number = models.PositiveIntegerField(_("版本"), unique=True)
    sentences = models.JSONField()
    note = models.CharField(_("说明"), max_length=200, blank=True)
    author = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        verbose_name = _("报告模板")

    def __str__(self) -> str:
        return str(self.number)


class WorkReportQuerySet(models.QuerySet["WorkReport"]):
    def visible_to(self, user):
        """Reports of one's regions; for people of the authority alone."""
        return self.filter(scope_of(user).q(firm=None))


class WorkReport(models.Model):
    """One report as it was made: the document, and every sentence and number of it with where it came from.

    `since` and `until` are the period, `as_of` the last day that was known: what came after it is not in the report.
    """

    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    since = models.DateField(_("期间起"))
    until = models.DateField(_("期间止"))
    as_of = models.DateField(_("截至"))
    title = models.CharField(_("标题"), max_length=200)
    template = models.ForeignKey(ReportTemplate, models.PROTECT, null=True, related_name="+")
    content = models.JSONField(encoder=CompactEncoder)
    file = models.FileField(_("文件"), upload_to="reports/%Y/", max_length=200)
    made_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects = WorkReportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["region_path", "-id"], name="report_of_region")]
        verbose_name = _("工作报告")

    def __str__(self) -> str:
        return self.title
