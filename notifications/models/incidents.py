"""What went wrong in the running, and who was told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class IncidentKind(models.TextChoices):
    QUEUE = "queue", _("队列不动")
    LATE = "late", _("任务逾期未运行")
    FAILED = "failed", _("任务失败")
    DEAD_LETTERS = "dead_letters", _("死信过多")
    CHANNEL = "channel", _("渠道连续失败")


class Incident(models.Model):
    """One trouble from when the watch found it until it was over. `about` is the task or the channel.

    Its alarm and its all-clear are claimed by a conditional update, so that two watches send one of each.
    """

    kind = models.CharField(_("类型"), max_length=20, choices=IncidentKind)
    about = models.CharField(max_length=80, blank=True)
    detail = models.CharField(max_length=300)  # in figures, not in words: 12, or an instant
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when a watch found it last; it is over a little later
    closed_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)  # why the alarm mail did not leave

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], name="one_open_incident", condition=models.Q(closed_at=None)
            )
        ]
        verbose_name = _("告警")

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
