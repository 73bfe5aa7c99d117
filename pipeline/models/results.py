from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import ChangeKind, Title
from pipeline.workflows import PROGRAMMES


class RecognitionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Titles of the firms of one's regions, where these belong now, and of one's own firms."""
        scope = scope_of(user)
        stayed = models.Q(moved_to=None) | models.Q(moved_to="")
        return self.filter(scope.q(path="moved_to") | (stayed & scope.q()))

    def within(self, region):
        """Titles of firms that belong to the region now."""
        stayed = models.Q(moved_to=None, region_path__under=region.path)
        return self.filter(stayed | models.Q(moved_to__under=region.path))

    def placed_on(self, day: date):
        """Each with `place`, the region path where it counted on that day; without those whose firm had left."""
        moves = FormerPlace.objects.filter(recognition=models.OuterRef("pk"), until_on__gt=day)
        before = models.Subquery(moves.order_by("until_on", "pk").values("region_path")[:1])
        return self.annotate(place=Coalesce(before, "moved_to", "region_path", output_field=PathField())).exclude(
            place=""
        )

    def evidenced(self):
        """With a number or the document that announced it: nothing else counts towards a target."""
        return self.exclude(number="", document="")

    def valid_on(self, day: date):
        """Granted, not expired and not ended by that day. Certificates only: a library entry is no title."""
        alive = models.Q(ended_on=None) | models.Q(ended_on__gt=day)
        lasting = models.Q(valid_until=None) | models.Q(valid_until__gte=day)
        return self.filter(alive, lasting, granted_on__lte=day).exclude(title=Title.LIBRARY)

    def valid_now(self):
        return self.valid_on(timezone.localdate())


class Recognition(models.Model):
    """A title that a firm was granted: number, document, from when, until when, and whether it was ended early.

    A suspended title keeps counting in the stock until it is ended or runs out, and is shown apart (our rule).

    `region_path` is where the firm belonged when it was granted: that county counts the new title. The stock goes
    with the firm: `moved_to` says where it counts now, null where it never moved and empty where the firm has left.
    """

    firm = models.ForeignKey("crm.Firm", models.PROTECT, related_name="recognitions")
    application = models.ForeignKey(
        "pipeline.Application", models.SET_NULL, null=True, blank=True, related_name="recognitions"
    )
    programme = models.CharField(_("计划"), max_length=40)
    title = models.CharField(_("名目"), max_length=12, choices=Title)
    number = models.CharField(_("编号"), max_length=40, blank=True)
    document = models.CharField(_("公告文号"), max_length=120, blank=True)
    granted_on = models.DateField(_("认定日期"))
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    ended_on = models.DateField(_("撤销日期"), null=True, blank=True)
    end_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)
    end_document = models.CharField(_("撤销文号"), max_length=120, blank=True)
    suspended_on = models.DateField(_("暂停日期"), null=True, blank=True)
    suspend_reason = models.CharField(_("暂停原因"), max_length=200, blank=True)
    reissued_on = models.DateField(_("换证日期"), null=True, blank=True)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    moved_to = PathField(editable=False, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RecognitionQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "title", "number"],
                condition=~models.Q(number=""),
                name="one_recognition_per_number",
            ),
            models.UniqueConstraint(
                fields=["firm", "programme", "title", "granted_on"], name="one_recognition_per_day"
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "title", "granted_on"], name="recognition_granted"),
            models.Index(fields=["region_path", "programme", "granted_on"], name="recognition_region"),
            models.Index(fields=["valid_until", "id"], name="recognition_ending", condition=models.Q(ended_on=None)),
        ]
        verbose_name = _("认定结果")

    def __str__(self) -> str:
        return f"{self.programme_label} {self.number or self.granted_on}"

    @property
    def programme_label(self) -> str:
        return str(PROGRAMMES[self.programme].short_label)

    def is_valid_on(self, day: date) -> bool:
        return is_valid(self, day)


def is_valid(title: Any, day: date) -> bool:
    """Whether a title, as a row or as its dates alone, is granted, not expired and not ended on that day."""
    if title.granted_on > day or (title.ended_on and title.ended_on <= day):
        return False
    return title.valid_until is None or title.valid_until >= day


class FormerPlace(models.Model):
    """Where a title counted until its firm moved, so that the stock of any past day can be told."""

    recognition = models.ForeignKey(Recognition, models.CASCADE, related_name="former_places")
    region_path = PathField(blank=True)
    until_on = models.DateField()
    event = models.ForeignKey("crm.FirmEvent", models.SET_NULL, null=True, related_name="+")  # what ended it

    def __str__(self) -> str:
        return f"{self.region_path} {self.until_on}"


class AnnualReport(models.Model):
    """A high-tech enterprise made the report due in a year (国科火发〔2016〕32号 第十三条): when, and the evidence."""

    recognition = models.ForeignKey(Recognition, models.CASCADE, related_name="reports")
    year = models.PositiveSmallIntegerField(_("填报年份"))
    reported_on = models.DateField(_("填报日期"))
    number = models.CharField(_("凭证编号"), max_length=80)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["recognition", "year"], name="one_report_per_year")]
        verbose_name = _("年度报告")

    def __str__(self) -> str:
        return f"{self.year} · {self.reported_on} · {self.number}"


class MajorChange(models.Model):
    """A change that the firm must report within three months (国科火发〔2016〕32号 第十七条), and when it did."""

    recognition = models.ForeignKey(Recognition, models.CASCADE, related_name="changes")
    kind = models.CharField(_("变化类型"), max_length=12, choices=ChangeKind)
    changed_on = models.DateField(_("变化日期"))
    what = models.CharField(_("变化内容"), max_length=200)
    reported_on = models.DateField(_("报告日期"), null=True)
    document = models.CharField(_("报告凭证"), max_length=120, blank=True)

    class Meta:
        ordering = ["changed_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["recognition", "kind", "changed_on"], name="one_change_per_kind_and_day")
        ]
        verbose_name = _("重大变化")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.changed_on}"
