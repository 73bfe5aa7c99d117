from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import CLASS_ONE, Basis, CredentialKind, Level, RightKind, Source
from crm.fact_codes import UNIT_LABELS, FactCode, kind_of
from crm.files import shown_name


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
    file = models.FileField(_("证明材料"), upload_to="facts/%Y/", blank=True, max_length=200)
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
        found = kind_of(self.code)
        assert found is not None, self.code
        return found

    @property
    def named(self) -> str:
        """The figure as history names it: 2025:rd_cny:high_tech:tax."""
        return f"{self.year}:{self.code}:{self.basis}:{self.source}"

    @property
    def unit_label(self) -> str:
        return str(UNIT_LABELS[self.kind.unit])

    @property
    def file_name(self) -> str:
        """The name of the file behind the figure; empty where there is none."""
        return shown_name(self.file)


class IntellectualProperty(models.Model):
    """One right the firm owns. Where any are recorded, their number is the count that rules read."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="rights")
    kind = models.CharField(_("种类"), max_length=20, choices=RightKind)
    number = models.CharField(_("编号"), max_length=60)
    title = models.CharField(_("名称"), max_length=200, blank=True)
    granted_on = models.DateField(_("授权日期"), null=True, blank=True)
    self_developed = models.BooleanField(_("自主研发"), default=True)
    in_force = models.BooleanField(_("有效"), default=True)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["firm", "kind", "number"], name="one_right_per_number")]
        verbose_name = _("知识产权")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def is_class_one(self) -> bool:
        return self.kind in CLASS_ONE

    @property
    def summary(self) -> str:
        """Everything that it says, in one line: what history shows."""
        own = _("自主研发") if self.self_developed else _("受让等")
        state = _("有效") if self.in_force else _("已失效")
        said = [str(self), self.title, self.granted_on and self.granted_on.isoformat(), own, state]
        return " · ".join(str(part) for part in said if part)


class Credential(models.Model):
    """Something a rule may ask for: an award, a research institution, a standard led, a library entry."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="credentials")
    kind = models.CharField(_("种类"), max_length=30, choices=CredentialKind)
    name = models.CharField(_("名称"), max_length=200, blank=True)
    level = models.CharField(_("级别"), max_length=12, choices=Level, blank=True)
    rank = models.PositiveSmallIntegerField(_("名次"), null=True, blank=True)
    on = models.DateField(_("日期"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    year = models.PositiveSmallIntegerField(_("年度"), null=True, blank=True)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-on", "-pk"]
        verbose_name = _("资质")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()

    @property
    def summary(self) -> str:
        """Everything that it says, in one line: what history shows."""
        return " · ".join([str(self), *self.stated])

    @property
    def stated(self) -> list[str]:
        """What is stated of it beside its name, in words."""
        days = [(_("日期"), self.on), (_("有效期至"), self.valid_until)]
        said = [f"{_('级别')} {self.get_level_display()}"] if self.level else []
        said += [f"{_('名次')} {self.rank}"] if self.rank else []
        said += [f"{label} {day.isoformat()}" for label, day in days if day]
        return said + ([f"{_('年度')} {self.year}"] if self.year else [])
