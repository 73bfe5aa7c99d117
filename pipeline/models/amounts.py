"""Numbers that people enter: amounts with evidence, the rule of their quality, what other cities published."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import AmountClass


class CountQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))

    def standing(self):
        """Entries that were not withdrawn; a corrected one lives on in the entry that replaced it."""
        return self.filter(withdrawn_at=None)


class Count(models.Model):
    """One entered amount of a manual indicator: what was achieved on a day, with its evidence.

    An entry is never changed: a correction withdraws it, with the reason, and a new one says whose place it takes.
    """

    indicator = models.ForeignKey("pipeline.Indicator", models.PROTECT, related_name="counts")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    on = models.DateField(_("日期"))
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=6)
    evidence = models.CharField(_("依据"), max_length=200)
    verified = models.BooleanField(_("已核验"), default=True)
    amount_class = models.CharField(_("类别"), max_length=1, choices=AmountClass, blank=True)
    measure = models.DecimalField(_("计分金额"), max_digits=18, decimal_places=6, null=True, blank=True)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    withdraw_reason = models.CharField(_("撤回原因"), max_length=200, blank=True)

    objects = CountQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "region", "on", "evidence", "value"],
                condition=models.Q(withdrawn_at=None),
                name="one_standing_entry",
            )
        ]
        indexes = [models.Index(fields=["indicator", "on"], name="count_by_day")]
        verbose_name = _("录入数")

    def __str__(self) -> str:
        return f"{self.indicator} {self.on} {self.value}"


class QualityRule(models.Model):
    """How one class of an indicator's projects is scored in a year: coefficient × measure, at most the cap."""

    indicator = models.ForeignKey("pipeline.Indicator", models.PROTECT, related_name="quality_rules")
    year = models.PositiveSmallIntegerField(_("年度"))
    amount_class = models.CharField(_("类别"), max_length=1, choices=AmountClass)
    measure_label = models.CharField(_("计分依据"), max_length=40)
    coefficient = models.DecimalField(_("系数"), max_digits=12, decimal_places=8)
    cap = models.DecimalField(_("单项上限"), max_digits=12, decimal_places=5, null=True, blank=True)
    document = models.CharField(_("文号"), max_length=120)
    set_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-year", "amount_class"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "year", "amount_class"], name="one_quality_rule_per_class")
        ]
        verbose_name = _("质量分规则")

    def __str__(self) -> str:
        return f"{self.indicator} {self.year} {self.amount_class}"


class PublishedTotal(models.Model):
    """What the authority above published of another city, or of the whole region, as of a day."""

    indicator = models.ForeignKey("pipeline.Indicator", models.PROTECT, related_name="published")
    year = models.PositiveSmallIntegerField(_("年度"))
    region_code = models.CharField(_("区划代码"), max_length=12)
    region_name = models.CharField(_("地区"), max_length=40)
    value = models.DecimalField(_("公布数"), max_digits=18, decimal_places=6)
    as_of = models.DateField(_("截至"))
    source = models.CharField(_("来源"), max_length=200)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-as_of", "region_code"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year", "region_code", "as_of"], name="one_published_total_per_day"
            )
        ]
        verbose_name = _("公布数")

    def __str__(self) -> str:
        return f"{self.region_name} {self.indicator} {self.value}"
