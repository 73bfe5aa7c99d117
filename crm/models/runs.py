"""The report of the running: what ran by the clock, how it ended, and who asked for it in between."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.choices import RunOutcome


class PeriodicRun(models.Model):
    """One run of a job that beat starts. `name` is the name of its task; `by` is whoever asked for it by hand."""

    name = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("结果"), max_length=10, choices=RunOutcome, default=RunOutcome.RUNNING)
    result = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["name", "-id"], name="run_newest_of_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="one_asked_run_per_name",
                condition=models.Q(by__isnull=False, outcome__in=["asked", "running"]),
            )
        ]
        verbose_name = _("定时运行")

    def __str__(self) -> str:
        return f"{self.name} {self.outcome}"

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is not over."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None
