from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import Basis, Source
from crm.fact_codes import FACT_CODES, UNIT_LABELS, FactCode


class FactQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(path="firm__region_path"))


class Fact(models.Model):
    """One figure of one firm: for a year (0 for a fact of no year), with its basis (口径) and where it comes from.

    Money is yuan; a yes/no fact is 1 or 0. A figure that is not here is unknown, never zero.
    """

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="facts")
    year = models.PositiveSmallIntegerField(_("年度"), validators=[MinValueValidator(0)])
    code = models.CharField(_("指标"), max_length=40)
    basis = models.CharField(_("口径"), max_length=20, choices=Basis, blank=True, default="")
    source = models.CharField(_("来源"), max_length=12, choices=Source)
    value = models.DecimalField(_("数值"), max_digits=20, decimal_places=4)
    evidence = models.CharField(_("依据"), max_length=200, blank=True)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "code", "basis", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "year", "code", "basis", "source"], name="one_fact_per_year_code_basis_source"
            )
        ]
        verbose_name = _("企业数据")

    def __str__(self) -> str:
        return f"{self.kind.label} {self.year or ''}: {self.value}"

    @property
    def kind(self) -> FactCode:
        return FACT_CODES[self.code]

    @property
    def unit_label(self) -> str:
        return str(UNIT_LABELS[self.kind.unit])
