from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import PairReason, PairState

UNMERGE_DAYS = 30


class PairQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Pairs of which the person may know both firms: across counties that is the city's desk."""
        scope = scope_of(user)
        both = scope.q(path="first__region_path", firm=None) & scope.q(path="second__region_path", firm=None)
        return self.filter(both)

    def open(self):
        return self.filter(state=PairState.OPEN)


class DuplicatePair(models.Model):
    """Two firms that look like one, and why; `first` is the older row. Decided once, and not asked again."""

    first = models.ForeignKey("crm.Firm", models.CASCADE, related_name="+")
    second = models.ForeignKey("crm.Firm", models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)  # PairReason codes, the strongest first
    strength = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(_("状态"), max_length=10, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("说明"), max_length=200, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        ordering = ["-strength", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_pair_of_two_firms"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="older_firm_first"),
        ]
        indexes = [models.Index(fields=["state", "-strength", "id"], name="pair_queue")]
        verbose_name = _("疑似重复")

    def __str__(self) -> str:
        return f"{self.first_id}/{self.second_id}"

    @property
    def reason_labels(self) -> list[str]:
        return [str(PairReason(reason).label) for reason in self.reasons]


class Merge(models.Model):
    """One firm went into another: what moved and which values were chosen, so that it can be taken back."""

    kept = models.ForeignKey("crm.Firm", models.PROTECT, related_name="merges")
    merged = models.ForeignKey("crm.Firm", models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)  # relation → keys of the rows that moved
    swapped = models.JSONField(default=list)  # pairs of rows whose contents were exchanged: [relation, key, key]
    fields = models.JSONField(default=dict)  # field → [value of the kept firm before, value taken]
    former_name = models.ForeignKey("crm.FormerName", models.SET_NULL, null=True, related_name="+")
    before = models.CharField(max_length=12)  # the status that the merged firm had
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=models.Q(undone_at=None), name="one_standing_merge_of_a_firm"
            )
        ]
        verbose_name = _("企业合并")

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"

    @property
    def undo_until(self):
        """The last instant at which it can be taken back."""
        return self.at + timedelta(days=UNMERGE_DAYS)
