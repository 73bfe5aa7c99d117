from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from pipeline.models.applications import Application
from pipeline.workflow import Transition


class PendingQuerySet(models.QuerySet["PendingResult"]):
    def visible_to(self, user):
        """Results that are not public yet: for the authority alone, by the application's region."""
        return self.filter(scope_of(user).q(path="application__region_path", firm=None))

    def waiting(self):
        return self.filter(settled_at=None)


class PendingResult(models.Model):
    """A result that is decided but not public: the move that will be made when it is revealed.

    Until then nothing has happened to the application: the firm, counts and mails know nothing. `settled_at` is set
    when it was revealed (`event` names the move) or withdrawn; `refusal` says why the last attempt did not work.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="pending_results")
    version = models.PositiveIntegerField()  # the application as it was when the result was entered
    transition = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    result = models.JSONField(default=dict)  # number, document, granted_on, valid_until where the move grants
    reveal_on = models.DateField(_("公布日期"), null=True, blank=True)
    entered_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    refusal = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True)
    event = models.ForeignKey("pipeline.StageEvent", models.SET_NULL, null=True, related_name="+")

    objects = PendingQuerySet.as_manager()

    class Meta:
        ordering = ["reveal_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(settled_at=None), name="one_pending_result"
            )
        ]
        indexes = [
            models.Index(fields=["reveal_on", "id"], name="pending_due", condition=models.Q(settled_at=None)),
        ]
        verbose_name = _("待公布结果")

    def __str__(self) -> str:
        return f"{self.application_id} {self.transition}"

    @property
    def step(self) -> Transition | None:
        """The move in question; None where the application has moved to where it no longer exists."""
        steps = self.application.workflow.moves_from(self.application.stage)
        return next((step for step in steps if step.code == self.transition), None)

    @property
    def label(self) -> str:
        """What the button of the move says."""
        steps = [step for step in self.application.workflow.transitions if step.code == self.transition]
        return str(steps[0].label) if steps else self.transition
