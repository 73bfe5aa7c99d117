from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyEdition(models.Model):
    """One published edition of a programme's rules. Never changed: a change of law is a new edition."""

    programme = models.CharField(_("计划"), max_length=40)
    code = models.CharField(_("版本"), max_length=40)
    region_code = models.CharField(_("适用区域"), max_length=12)
    source = models.CharField(_("文号"), max_length=120)
    workflow = models.CharField(_("流程"), max_length=40)
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("失效日期"), null=True, blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["programme", "-effective_from", "code"]
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="one_edition_per_code")]
        verbose_name = _("政策版本")

    def __str__(self) -> str:
        return f"{self.programme} {self.code}"
