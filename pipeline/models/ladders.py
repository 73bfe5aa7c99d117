"""How people are reminded, where the bureau differs from the defaults."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from pipeline.choices import DeadlineKind, OccasionKind, Overdue


class Ladder(models.Model):
    """The bureau's own ladder for one kind of date. One that was set back to the default keeps its row and version.

    `rungs` is a list of {days, unit, roles} or {month_day, roles}; `lead_after` and `leader_after` are working days.
    """

    kind = models.CharField(
        _("类型"), max_length=20, unique=True, choices=[*DeadlineKind.choices, *OccasionKind.choices]
    )
    own = models.BooleanField(default=True)  # False: set back to the default
    active = models.BooleanField(_("启用"), default=True)
    rungs = models.JSONField(default=list)
    overdue = models.CharField(_("逾期后"), max_length=10, choices=Overdue, default=Overdue.NEVER)
    overdue_roles = models.JSONField(default=list)
    lead_after = models.PositiveSmallIntegerField(_("逾期几个工作日报科长"), null=True, blank=True)
    leader_after = models.PositiveSmallIntegerField(_("逾期几个工作日报局领导"), null=True, blank=True)
    yearly = models.CharField(_("每年日期"), max_length=5, blank=True)  # 12-15, of occasions that come each year
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["kind"]
        verbose_name = _("提醒阶梯")

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
