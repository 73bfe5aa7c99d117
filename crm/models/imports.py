from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import ImportState, JobState, RowDecision, RowOutcome, Undone
from crm.fields import CompactEncoder, PathField


class ImportMappingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Mappings hold headings and nothing of a firm: everybody of the authority may use each."""
        return self if scope_of(user).is_staff else self.none()


class ImportMapping(models.Model):
    """What somebody said of the columns of one kind of sheet, by name; known again by its heading's signature."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    signature = models.CharField(max_length=40, db_index=True)
    columns = models.JSONField(default=dict)  # heading → [field, unit, year]; an empty field is left out
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects = ImportMappingQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("列对应")

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Import(models.Model):
    """One file of firms or facts: uploaded, checked row by row, applied, perhaps taken back.

    The counts are of its rows; `looked` is what was seen of the file, its sheets and its first lines; `layout` what
    its columns mean.
    """

    name = models.CharField(_("文件名"), max_length=200)
    digest = models.CharField(max_length=64)
    file = models.FileField(upload_to="imports/%Y/", blank=True, max_length=200)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("导入到"))
    region_path = PathField()
    state = models.CharField(_("状态"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="imports")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)  # from then on the file's layout is settled
    finished_at = models.DateTimeField(null=True)
    sheet = models.CharField(_("工作表"), max_length=100, blank=True)
    looked = models.JSONField(default=dict)
    layout = models.JSONField(default=dict)
    mapping = models.ForeignKey(ImportMapping, models.SET_NULL, null=True, related_name="+")
    choices = models.JSONField(default=dict)  # what to do with all rows of an outcome
    rows_seen = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)  # totals, footnotes and repeated headings
    counts = models.JSONField(default=dict)
    undone = models.JSONField(default=dict)
    refused = models.FileField(upload_to="imports/%Y/", blank=True, max_length=200)
    error = models.TextField(blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("导入")

    def __str__(self) -> str:
        return self.name

    @property
    def is_held(self) -> bool:
        """True where a run ended before its end and left the state behind: its job was lost or failed."""
        running = {ImportState.CHECKING, ImportState.APPLYING, ImportState.REVERTING}
        over = {JobState.FAILED, JobState.CANCELLED}
        return self.state in running and (self.job is None or self.job.state in over)

    @property
    def may_be_mapped(self) -> bool:
        """Before anything was written, the columns may be said anew."""
        settled = {ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED}
        return self.confirmed_at is None and bool(self.looked) and (self.state in settled or self.is_held)

    @property
    def may_go_on(self) -> bool:
        """A run that was cancelled or failed half-way goes on where it stopped."""
        stopped = self.state in {ImportState.FAILED, ImportState.CANCELLED} or (
            self.state == ImportState.APPLYING and self.is_held
        )
        return self.confirmed_at is not None and stopped

    @property
    def may_be_reverted(self) -> bool:
        over = {ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED, ImportState.REVERTED}
        written = self.confirmed_at is not None and (self.state in over or self.is_held)
        return written and (self.state != ImportState.REVERTED or bool(self.undone.get(Undone.REFUSED)))


class ImportRow(models.Model):
    """One line of an imported file: as it stood there, what became of it, and why.

    `places` are the columns that the `reasons` speak of; `changes` holds what a revert needs: each value before and
    after (crm/judging.py says in which form).
    """

    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(default=list, encoder=CompactEncoder)
    outcome = models.CharField(_("结果"), max_length=10, choices=RowOutcome)
    reasons = models.JSONField(default=list, encoder=CompactEncoder)
    places = models.JSONField(default=list)
    changes = models.JSONField(default=dict, encoder=CompactEncoder)
    decision = models.CharField(max_length=10, blank=True, choices=RowDecision)
    firm = models.ForeignKey("crm.Firm", models.SET_NULL, null=True, related_name="+")
    undone = models.CharField(max_length=10, blank=True, choices=Undone)
    undo_reasons = models.JSONField(default=list, encoder=CompactEncoder)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="one_row_per_line")]
        indexes = [
            models.Index(fields=["batch", "outcome", "line"], name="row_by_outcome"),
            models.Index(fields=["batch", "undone", "line"], name="row_undone", condition=~models.Q(undone="")),
        ]
        verbose_name = _("导入行")

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"
