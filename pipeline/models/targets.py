from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField


class Indicator(models.Model):
    """One assessed number: counted from recognitions (`high_tech.first_time`) or entered (`manual.<slug>`)."""

    code = models.CharField(_("代码"), max_length=60, unique=True)
    label = models.CharField(_("名称"), max_length=80)
    unit = models.CharField(_("单位"), max_length=10)
    programme = models.CharField(max_length=40, blank=True)
    counter = models.CharField(max_length=20, blank=True)
    decimals = models.PositiveSmallIntegerField(default=0)
    assessed = models.BooleanField(_("承接考评"), default=False)
    position = models.PositiveSmallIntegerField(default=100)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("考评指标")

    def __str__(self) -> str:
        return gettext(self.label)

    @property
    def is_manual(self) -> bool:
        return not self.counter


class QuotaQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))

    def current(self):
        """The newest revision of each target."""
        return self.filter(superseded_at=None)


class Quota(models.Model):
    """What a region was told to reach in a year. A changed number is a new revision; the old one stays."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="quotas")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="quotas")
    region_path = PathField(editable=False)
    year = models.PositiveSmallIntegerField(_("年度"))
    target = models.DecimalField(_("目标"), max_digits=18, decimal_places=6)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    revision = models.PositiveSmallIntegerField(default=1)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "indicator", "region_path", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "region", "year", "revision"], name="one_quota_per_revision"),
            models.UniqueConstraint(
                fields=["indicator", "region", "year"],
                condition=models.Q(superseded_at=None),
                name="one_current_quota",
            ),
        ]
        verbose_name = _("考评目标")

    def __str__(self) -> str:
        return f"{self.indicator} {self.region} {self.year}"


class CountQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Count(models.Model):
    """One entered amount of a manual indicator: what was achieved on a day, with its evidence."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="counts")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    on = models.DateField(_("日期"))
    value = models.DecimalField(_("数值"), max_digits=18, decimal_places=6)
    evidence = models.CharField(_("依据"), max_length=200)
    verified = models.BooleanField(_("已核验"), default=True)
    entered_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)

    objects = CountQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["indicator", "on"], name="count_by_day")]
        verbose_name = _("录入数")

    def __str__(self) -> str:
        return f"{self.indicator} {self.on} {self.value}"


class SnapshotQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Snapshot(models.Model):
    """The numbers of one region as known on one day: progress and funnels. Pages and mails read it."""

    region = models.ForeignKey("crm.Region", models.CASCADE, related_name="snapshots")
    region_path = PathField(editable=False)
    as_of = models.DateField(_("截至"))
    taken_at = models.DateTimeField(_("生成时间"))
    data = models.JSONField()

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of"]
        constraints = [models.UniqueConstraint(fields=["region", "as_of"], name="one_snapshot_per_day")]
        verbose_name = _("快照")

    def __str__(self) -> str:
        return f"{self.region} {self.as_of}"
