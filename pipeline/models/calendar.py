from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import DayKind, DeadlineKind
from pipeline.workflows import PROGRAMMES


class Workday(models.Model):
    """A day that differs from the library's calendar: what the yearly holiday notice says (国务院办公厅)."""

    date = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类型"), max_length=10, choices=DayKind)
    name = models.CharField(_("名称"), max_length=40, blank=True)
    notice = models.CharField(_("文号"), max_length=120, blank=True)

    class Meta:
        ordering = ["date"]
        verbose_name = _("工作日历")

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class RoundQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rounds are public inside the authority and for firms: whose region lies under the round's, or above it."""
        scope = scope_of(user)
        return self if scope.everything or scope.posts or scope.firm_ids else self.none()

    def open_on(self, day: date):
        return self.filter(opens_on__lte=day, last_on__gte=day)


class Round(models.Model):
    """A filing window of a programme in a region: opens, closes, perhaps extended. `last_on` is the day that holds."""

    programme = models.CharField(_("计划"), max_length=40)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="rounds")
    region_path = PathField(editable=False)
    year = models.PositiveSmallIntegerField(_("年度"))
    batch = models.PositiveSmallIntegerField(_("批次"), default=1)
    opens_on = models.DateField(_("开始日期"))
    closes_on = models.DateField(_("截止日期"))
    extended_to = models.DateField(_("延长至"), null=True, blank=True)
    last_on = models.DateField(editable=False)
    notice_number = models.CharField(_("通知文号"), max_length=120, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "programme", "batch"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "region", "year", "batch"], name="one_round_per_batch"),
            models.CheckConstraint(
                condition=models.Q(opens_on__lte=models.F("closes_on"))
                & (models.Q(extended_to=None) | models.Q(extended_to__gte=models.F("closes_on"))),
                name="round_ends_after_it_begins",
            ),
        ]
        verbose_name = _("申报批次")

    def __str__(self) -> str:
        text = _("{year} 年 {programme} 第 {batch} 批")
        return str(text).format(year=self.year, programme=PROGRAMMES[self.programme].short_label, batch=self.batch)


class DeadlineQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Officers see their region's deadlines, a firm those that are its own to meet or to know."""
        scope = scope_of(user)
        wanted = scope.q(firm=None)
        if scope.firm_ids:
            wanted |= models.Q(firm_id__in=scope.firm_ids, for_firm=True)
        return self.filter(wanted)

    def open(self):
        return self.filter(closed_at=None)


class Deadline(models.Model):
    """A date by which something must have happened. `next_rung_on` is when somebody is told next.

    `starts_on` and `length` are what the date was computed from, so that a new holiday notice can compute it again;
    both are empty where the law or a document names the date itself.
    """

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(_("类型"), max_length=20, choices=DeadlineKind)
    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="deadlines")
    region_path = PathField(editable=False)
    application = models.ForeignKey("pipeline.Application", models.CASCADE, null=True, related_name="deadlines")
    recognition = models.ForeignKey("pipeline.Recognition", models.CASCADE, null=True, related_name="deadlines")
    for_firm = models.BooleanField(default=False)
    starts_on = models.DateField(null=True)
    length = models.PositiveSmallIntegerField(null=True)
    unit = models.CharField(max_length=10, blank=True)
    latest_on = models.DateField(null=True)  # the round's last day: a correction never goes past it
    due_on = models.DateField(_("截止日期"))
    provisional = models.BooleanField(_("暂定"), default=False)
    next_rung_on = models.DateField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["next_rung_on", "id"], name="deadline_due", condition=models.Q(closed_at=None)),
            models.Index(fields=["region_path", "due_on"], name="deadline_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["due_on", "id"], name="deadline_soonest", condition=models.Q(closed_at=None)),
        ]
        verbose_name = _("期限")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_on}"
