"""What one person said about being reminded: later, no more, and how many reminders make one mail."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Snooze(models.Model):
    """One person is not reminded of one deadline: until a day, or, where no day is kept, no more, for a reason.

    It was said of the date `due_on`: when that date moves, it ends. On `told_on` the person was reminded again.
    """

    deadline = models.ForeignKey("pipeline.Deadline", models.CASCADE, related_name="snoozes")
    user = models.ForeignKey("crm.User", models.CASCADE, related_name="snoozes")
    due_on = models.DateField()
    until = models.DateField(_("推迟到"), null=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    told_on = models.DateField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deadline", "user"], name="one_snooze_per_person"),
            models.CheckConstraint(
                condition=models.Q(until__isnull=False) | ~models.Q(reason=""), name="who_stops_says_why"
            ),
        ]
        indexes = [models.Index(fields=["until"], name="snooze_to_wake", condition=models.Q(told_on=None))]
        verbose_name = _("推迟提醒")

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.user_id} {self.until or self.reason}"

    @property
    def stopped(self) -> bool:
        return self.until is None


class MorningRule(models.Model):
    """How many reminders of a morning one person still wants as single mails; more become one. 0: always one mail."""

    user = models.OneToOneField("crm.User", models.CASCADE, related_name="morning_rule")
    threshold = models.PositiveSmallIntegerField(_("合并成一封"))
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.threshold}"
