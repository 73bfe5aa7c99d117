"""What is lacking in the care of a firm, how that stands for each officer, and after how long silence is too long."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from crm.models import Fact
from pipeline.choices import LapseKind
from pipeline.models.applications import Application


class LapseQuerySet(models.QuerySet["Lapse"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))

    def live(self, today: date):
        """What still is so: the night found it, and nothing has happened or been planned against it since."""
        unanswered = Q(task=None) | Q(task__due_on__lt=today)
        unanswered |= Q(task__done_at__isnull=False) | Q(task__cancelled_at__isnull=False)
        told = Fact.objects.filter(firm=OuterRef("firm"), year__gt=OuterRef("seen"))
        acted = Application.objects.open().filter(firm=OuterRef("firm")).exclude(next_action_on=None)
        still = (
            Q(kind=LapseKind.NO_NEXT, firm__next_action_on=None) & ~Exists(acted)
            | Q(kind=LapseKind.NO_CONTACT)
            & (Q(firm__last_contact_on=None) | Q(firm__last_contact_on__lte=F("since_on")))
            | Q(kind=LapseKind.STALE_YEAR) & ~Exists(told)
            | Q(kind=LapseKind.STALE_STAGE, application__closed_at=None, application__version=F("seen"))
        )
        return self.filter(still & unanswered)


class Lapse(models.Model):
    """One thing that is lacking with one firm, found in the night. `since_on` is from when it has been lacking.

    `seen` is what it stands on: the newest year with figures, or the version of the application.
    """

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="lapses")
    kind = models.CharField(_("问题"), max_length=12, choices=LapseKind)
    since_on = models.DateField()
    seen = models.PositiveIntegerField(default=0)
    application = models.ForeignKey("pipeline.Application", models.CASCADE, null=True, related_name="+")
    task = models.ForeignKey("crm.Task", models.SET_NULL, null=True, related_name="+")  # what was planned against it
    officer = models.ForeignKey("crm.User", models.CASCADE, related_name="+", db_index=False)
    region_path = PathField(editable=False)

    objects = LapseQuerySet.as_manager()

    class Meta:
        ordering = ["since_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["firm", "kind"], name="one_lapse_of_a_kind")]
        indexes = [
            models.Index(fields=["kind", "since_on", "id"], name="lapse_oldest"),
            models.Index(fields=["officer", "kind", "since_on", "id"], name="lapse_of_officer"),
            models.Index(fields=["region_path", "kind"], name="lapse_of_region"),
        ]
        verbose_name = _("台账问题")

    def __str__(self) -> str:
        return f"{self.firm_id} {self.kind}"


class HygieneScoreQuerySet(models.QuerySet["HygieneScore"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class HygieneScore(models.Model):
    """Of one officer in one county this night: how many firms are in their care, and with how many nothing lacks."""

    region = models.ForeignKey("crm.Region", models.CASCADE, related_name="+")
    region_path = PathField(editable=False)
    officer = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    on = models.DateField()
    firms = models.PositiveIntegerField()
    fine = models.PositiveIntegerField()

    objects = HygieneScoreQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "officer"], name="one_score_per_officer")]
        indexes = [models.Index(fields=["region_path"], name="score_of_region")]
        verbose_name = _("台账得分")

    def __str__(self) -> str:
        return f"{self.region_id} {self.officer_id} {self.fine}/{self.firms}"


class ContactRule(models.Model):
    """After how many working days without a call or visit a firm of this position is out of contact."""

    position = models.CharField(max_length=60, unique=True)
    workdays = models.PositiveSmallIntegerField(_("工作日"))
    source = models.CharField(_("依据"), max_length=120, blank=True)
    verified = models.BooleanField(_("已核实"), default=False)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        verbose_name = _("联系时限")

    def __str__(self) -> str:
        return f"{self.position} {self.workdays}"
