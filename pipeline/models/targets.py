from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import TargetKind


class Indicator(models.Model):
    """One assessed number: counted from recognitions (`high_tech.first_time`) or entered (`manual.<slug>`)."""

    code = models.CharField(_("代码"), max_length=60, unique=True)
    label = models.CharField(_("名称"), max_length=80)
    unit = models.CharField(_("单位"), max_length=10)
    programme = models.CharField(max_length=40, blank=True)
    counter = models.CharField(max_length=20, blank=True)
    decimals = models.PositiveSmallIntegerField(default=0)
    assessed = models.BooleanField(_("承接考评"), default=False)
    adds_up = models.BooleanField(_("可累加"), default=True)  # a share or a rank is the newest entry of its own region
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

    def known_at(self, moment):
        """The revision of each target that was in force at a moment."""
        return self.filter(set_at__lte=moment).filter(models.Q(superseded_at=None) | models.Q(superseded_at__gt=moment))

    def of_regions(self):
        """What regions were told to reach: neither pledges nor the shares of single officers."""
        return self.filter(kind=TargetKind.ASSIGNED, officer=None)


class Quota(models.Model):
    """What a region, or one officer there, is to reach in a year. A changed number is a new revision.

    `assigned` came from above, `pledge` is what the region itself says it will reach. `target` is the base, `stretch`
    the number beyond it that was asked for, if any.
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="quotas")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="quotas")
    region_path = PathField(editable=False)
    officer = models.ForeignKey("crm.User", models.PROTECT, null=True, blank=True, related_name="quotas")
    year = models.PositiveSmallIntegerField(_("年度"))
    kind = models.CharField(_("类别"), max_length=10, choices=TargetKind, default=TargetKind.ASSIGNED)
    target = models.DecimalField(_("目标"), max_digits=18, decimal_places=6)
    stretch = models.DecimalField(_("争取目标"), max_digits=18, decimal_places=6, null=True, blank=True)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    revision = models.PositiveSmallIntegerField(default=1)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "indicator", "region_path", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "region", "year", "kind", "revision"],
                condition=models.Q(officer=None),
                name="one_quota_per_revision",
            ),
            models.UniqueConstraint(
                fields=["indicator", "region", "year", "kind"],
                condition=models.Q(superseded_at=None, officer=None),
                name="one_current_quota",
            ),
            models.UniqueConstraint(
                fields=["indicator", "region", "officer", "year", "kind", "revision"],
                condition=~models.Q(officer=None),
                name="one_officer_quota_per_revision",
            ),
            models.UniqueConstraint(
                fields=["indicator", "region", "officer", "year", "kind"],
                condition=models.Q(superseded_at=None) & ~models.Q(officer=None),
                name="one_current_officer_quota",
            ),
        ]
        verbose_name = _("考评目标")

    def __str__(self) -> str:
        return f"{self.indicator} {self.region} {self.year}"


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
