from __future__ import annotations

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import PathField
from crm.published.matching import Standing
from pipeline.listing import LIST_TYPES, ListKind, ListType
from pipeline.workflows import PROGRAMMES


class ListState(models.TextChoices):
    READING = "reading", _("读取中")
    READY = "ready", _("待处理")
    FAILED = "failed", _("无法读取")


class RowResult(models.TextChoices):
    """What became of a line after it was confirmed."""

    OPEN = "", _("未确认")
    DONE = "done", _("已处理")
    REFUSED = "refused", _("被拒绝")
    UNDONE = "undone", _("已撤销")


class OfficialListQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Lists of the reader's regions, and lists from above on which firms of theirs stand."""
        scope = scope_of(user)
        if scope.everything:
            return self
        own = OfficialListRow.objects.filter(scope.q(firm=None)).values("official_list")
        return self.filter(scope.q(firm=None) | models.Q(pk__in=own))


class OfficialList(models.Model):
    """A list that an authority published: a public notice, a recognition or a revocation, as a file or pasted text."""

    name = models.CharField(_("名单名称"), max_length=200)
    programme = models.CharField(_("计划"), max_length=40)
    kind = models.CharField(_("类别"), max_length=12, choices=ListKind)
    stage = models.CharField(_("对应阶段"), max_length=20)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    published_on = models.DateField(_("发布日期"))
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    file = models.FileField(upload_to="lists/%Y/", blank=True, max_length=200)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+", verbose_name=_("区划"))
    region_path = PathField(editable=False, db_index=True)
    state = models.CharField(_("状态"), max_length=10, choices=ListState, default=ListState.READING)
    error = models.TextField(blank=True)
    skipped = models.JSONField(default=list)
    job = models.ForeignKey("crm.Job", models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfficialListQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("官方名单")

    def __str__(self) -> str:
        return self.name

    @cached_property
    def type(self) -> ListType:
        return LIST_TYPES[f"{self.programme}:{self.stage}"]

    @property
    def programme_label(self) -> str:
        return str(PROGRAMMES[self.programme].short_label)

    @property
    def reason(self) -> str:
        """What a move, a recognition or a change says it was made for."""
        text = _("依据{kind}名单《{name}》（{document}）") if self.document else _("依据{kind}名单《{name}》")
        return str(text).format(kind=self.get_kind_display(), name=self.name, document=self.document)


class OfficialListRowQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows of the reader's own firms; whoever sees the list's region sees also the rows that are nobody's."""
        return self.filter(scope_of(user).q(firm=None))

    def confirmable(self):
        """Matched with a firm and not carried out yet; refused and undone rows may be tried again."""
        return self.filter(standing=Standing.MATCHED, firm__isnull=False).exclude(result=RowResult.DONE)


class OfficialListRow(models.Model):
    """One line of a list: as it stood, which firm it means and why, and what was done for it.

    `region_path` is the firm's, or the list's where no firm is known.
    """

    official_list = models.ForeignKey(OfficialList, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(default=dict)
    name = models.CharField(_("企业名称"), max_length=120, blank=True)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    number = models.CharField(_("编号"), max_length=40, blank=True)
    place = models.CharField(_("所属地区"), max_length=60, blank=True)
    granted_on = models.DateField(_("发证日期"), null=True, blank=True)
    region_path = PathField(editable=False, db_index=True)
    standing = models.CharField(_("比对结果"), max_length=12, choices=Standing)
    offered = models.CharField(max_length=12, choices=Standing)  # what the comparison said, before a person decided
    reasons = models.JSONField(default=list)
    candidates = models.JSONField(default=list)
    firm = models.ForeignKey("crm.Firm", models.SET_NULL, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    result = models.CharField(_("办理结果"), max_length=10, choices=RowResult, blank=True, default=RowResult.OPEN)
    outcome = models.JSONField(default=list)  # sentences: what was done, or every reason why not
    application = models.ForeignKey("pipeline.Application", models.SET_NULL, null=True, related_name="+")
    first_version = models.PositiveIntegerField(
        null=True
    )  # of the moves made for this line, so that they can be undone
    last_version = models.PositiveIntegerField(null=True)
    recognition = models.ForeignKey("pipeline.Recognition", models.SET_NULL, null=True, related_name="+")
    ended = models.JSONField(default=list)  # recognitions that this line ended
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    objects = OfficialListRowQuerySet.as_manager()

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["official_list", "line"], name="one_list_row_per_line"),
            models.UniqueConstraint(
                fields=["official_list", "firm"], condition=models.Q(firm__isnull=False), name="one_list_row_per_firm"
            ),
        ]
        indexes = [models.Index(fields=["official_list", "standing", "line"], name="list_row_standing")]
        verbose_name = _("名单行")

    def __str__(self) -> str:
        return f"{self.official_list_id}:{self.line} {self.name}"


class UndoneMove(models.Model):
    """A stage event that a later, correcting event took back: it stays in the history and counts nowhere."""

    event = models.OneToOneField("pipeline.StageEvent", models.CASCADE, related_name="undone", primary_key=True)
    by = models.ForeignKey("pipeline.StageEvent", models.CASCADE, related_name="undoes")

    def __str__(self) -> str:
        return f"{self.event_id} ← {self.by_id}"
