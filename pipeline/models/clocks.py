"""What a date is computed from besides the calendar: stops of the clock, versions of a window, steps ticked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.history import AppendOnlyQuerySet
from pipeline.choices import ClockMode, RoundChange, StopEnd


class ClockRule(models.Model):
    """What the bureau decided for a programme, where it differs from the workflow table's default."""

    programme = models.CharField(_("计划"), max_length=40, unique=True)
    mode = models.CharField(_("补正后的办理期限"), max_length=10, choices=ClockMode)

    class Meta:
        verbose_name = _("计时规则")

    def __str__(self) -> str:
        return f"{self.programme} {self.mode}"


class ClockStop(models.Model):
    """The authority's term stood still because the firm owed a correction.

    `starts_on`, `length` and `unit` are those of the stopped term, so that what remained of it can be computed again
    when the calendar changes. The versions name the stage events that stopped it and ended the stop.
    """

    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="stops")
    stage = models.CharField(max_length=20)  # whose term it is
    starts_on = models.DateField()
    length = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=10)
    stopped_on = models.DateField(_("暂停日"))
    stopped_version = models.PositiveIntegerField()
    remaining = models.PositiveSmallIntegerField(_("余下天数"))
    resumed_on = models.DateField(_("恢复日"), null=True, blank=True)
    resumed_version = models.PositiveIntegerField(null=True)
    ended = models.CharField(max_length=10, choices=StopEnd, blank=True)

    class Meta:
        ordering = ["application", "stopped_version"]
        constraints = [models.UniqueConstraint(fields=["application", "stopped_version"], name="one_stop_per_event")]
        indexes = [
            models.Index(fields=["application"], name="clock_standing_still", condition=models.Q(resumed_on=None))
        ]
        verbose_name = _("计时暂停")

    def __str__(self) -> str:
        return f"{self.application_id} {self.stage} {self.stopped_on}"


class RoundVersion(models.Model):
    """A filing window as it was announced once: opened, extended, moved or shortened, by whom. Append-only."""

    round = models.ForeignKey("pipeline.Round", models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    change = models.CharField(max_length=10, choices=RoundChange)
    opens_on = models.DateField()
    closes_on = models.DateField()
    extended_to = models.DateField(null=True)
    last_on = models.DateField()
    notice_number = models.CharField(max_length=120, blank=True)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["round", "number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="one_number_per_round_version")]
        verbose_name = _("批次版本")

    def __str__(self) -> str:
        return f"{self.round_id} v{self.number}"


class TimetableStep(models.Model):
    """A step of the back-planned timetable (一企一策倒排) that is done."""

    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="steps_done")
    code = models.CharField(max_length=20)
    done_on = models.DateField()
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "code"], name="step_done_once")]
        verbose_name = _("倒排步骤")

    def __str__(self) -> str:
        return f"{self.application_id} {self.code}"
