"""Somebody's work that goes to another: asked for, confirmed, moved row by row, received."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from pipeline.choices import Handed, HandOverState, Held

OPEN_STATES = [HandOverState.PROPOSED, HandOverState.RUNNING]


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def visible_to(self, user):
        """Those who give and receive, and the officers of the region."""
        scope = scope_of(user)
        if not scope.is_staff:
            return self.none()
        return self.filter(scope.q(firm=None) | Q(giver=user) | Q(receiver=user))


class HandOver(models.Model):
    """What `giver` holds in a region goes to `receiver`. Of one person and region one is open at a time."""

    giver = models.ForeignKey("crm.User", models.PROTECT, related_name="given", verbose_name=_("移交人"))
    receiver = models.ForeignKey("crm.User", models.PROTECT, related_name="received", verbose_name=_("接收人"))
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("区划"))
    region_path = PathField(editable=False)
    kinds = models.JSONField(default=list)  # of Held
    note = models.TextField(_("交接说明"), blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=HandOverState, default=HandOverState.PROPOSED)
    proposed_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(_("签收时间"), null=True)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["giver", "region"], condition=Q(state__in=OPEN_STATES), name="one_open_hand_over"
            ),
            models.CheckConstraint(condition=~Q(receiver=models.F("giver")), name="hand_over_to_another"),
        ]
        verbose_name = _("岗位交接")

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class HandOverRow(models.Model):
    """What came of one thing that was to be handed over: moved, or every reason why not."""

    handover = models.ForeignKey(HandOver, models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=12, choices=Held)
    object_id = models.BigIntegerField()
    firm = models.ForeignKey("crm.Firm", models.CASCADE, null=True, related_name="+")
    title = models.CharField(max_length=200)
    outcome = models.CharField(max_length=8, choices=Handed)
    reasons = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["handover", "kind", "object_id"], name="handed_over_once")]
        verbose_name = _("交接结果")

    def __str__(self) -> str:
        return f"{self.handover_id} {self.kind} {self.object_id}"
