from __future__ import annotations

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.choices import ScanState
from crm.files import shown_name
from crm.models.history import AppendOnlyQuerySet
from pipeline.material_kinds import DOCUMENT_KINDS, MaterialState
from pipeline.models.applications import StageEvent


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user):
        """The papers of the firms that this user may know of."""
        return self.filter(scope_of(user).q(path="firm__region_path"))

    def readable(self):
        """Without those that the scanner condemned or has not seen yet."""
        return self.exclude(scan__in=[ScanState.INFECTED, ScanState.WAITING])

    def valid_on(self, day: date):
        return self.filter(models.Q(valid_until=None) | models.Q(valid_until__gte=day))


class Document(models.Model):
    """One paper of a firm, uploaded once and used in as many applications as it is good for. `year` 0: of no year."""

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="documents")
    kind = models.CharField(_("种类"), max_length=20, choices=list(DOCUMENT_KINDS.items()))
    year = models.PositiveSmallIntegerField(_("年度"), default=0)
    label = models.CharField(_("名称"), max_length=120)
    file = models.FileField(_("文件"), upload_to="documents/%Y/", max_length=200)
    size = models.PositiveIntegerField()
    valid_until = models.DateField(_("有效期至"), null=True, blank=True)
    reusable = models.BooleanField(default=True)
    scan = models.CharField(_("病毒扫描"), max_length=10, choices=ScanState, default=ScanState.UNSCANNED)
    uploaded_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(_("上传时间"))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        indexes = [models.Index(fields=["firm", "kind", "year"], name="document_of_firm")]
        verbose_name = _("企业材料")

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        return shown_name(self.file)

    @property
    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    @property
    def is_readable(self) -> bool:
        return self.scan in {ScanState.CLEAN, ScanState.UNSCANNED}


class Material(models.Model):
    """One item of an application's checklist, for one year (0 where it has none), and what was decided about it."""

    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="materials")
    item = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(_("状态"), max_length=10, choices=MaterialState, default=MaterialState.MISSING)
    reasons = models.JSONField(default=list)  # codes of material_kinds.REASONS
    note = models.CharField(_("说明"), max_length=300, blank=True)
    decided_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    documents = models.ManyToManyField(Document, through="MaterialFile", related_name="materials")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "item", "year"], name="one_material_per_item_and_year")
        ]
        verbose_name = _("申报材料")

    def __str__(self) -> str:
        return f"{self.item} {self.year or ''}".strip()


class MaterialFile(models.Model):
    """A document in the place of an item. The same document stands there once."""

    material = models.ForeignKey(Material, models.CASCADE, related_name="files")
    document = models.ForeignKey(Document, models.PROTECT, related_name="uses")
    added_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["material", "document"], name="one_place_per_document")]

    def __str__(self) -> str:
        return f"{self.material_id} {self.document_id}"


class NoticeQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user):
        """As the applications that they speak of."""
        scope = scope_of(user)
        return self.filter(scope.q(path="application__region_path", firm="application__firm_id"))

    def standing(self):
        """Those that hold: without the ones whose return was taken back at once."""
        undone = StageEvent.objects.filter(
            application=models.OuterRef("application"), at=models.OuterRef("at"), undone__isnull=False
        )
        return self.exclude(models.Q(models.Exists(undone), returned=True))


class MaterialNotice(models.Model):
    """一次性告知书: everything that an application lacks, said at once. Append-only.

    `second` where it names an item that an earlier one had already looked at; then a lead gave the reason.
    """

    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="notices")
    number = models.PositiveSmallIntegerField(_("序号"))
    second = models.BooleanField(_("二次告知"), default=False)
    items = models.JSONField()
    looked_at = models.JSONField(default=list)  # item and year of everything that was on the checklist then
    reason = models.CharField(_("再次告知的理由"), max_length=300, blank=True)
    due_on = models.DateField(_("补正截止"))
    returned = models.BooleanField(default=False)  # issued together with the return
    sent_by = models.ForeignKey("crm.User", models.PROTECT, related_name="+")
    at = models.DateTimeField(_("告知时间"))

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["application", "number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="one_notice_per_number")]
        verbose_name = _("一次性告知书")

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"{self.application.reference}-G{self.number}"


class ChecklistStart(models.Model):
    """From which day on applications of a programme must be complete before they are submitted."""

    programme = models.CharField(_("计划"), max_length=40, unique=True)
    starts_on = models.DateField(_("材料清单生效日"))
    set_by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("材料清单生效日")

    def __str__(self) -> str:
        return f"{self.programme} {self.starts_on}"


class Upload(models.Model):
    """A file on its way in, part by part; parts lie in private storage until it is finished or forgotten."""

    key = models.CharField(max_length=43, unique=True)
    application = models.ForeignKey("pipeline.Application", models.CASCADE, related_name="+")
    item = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    parts = models.JSONField(default=list)  # names in storage, in order
    user = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    begun_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["begun_at"], name="upload_in_time")]

    def __str__(self) -> str:
        return self.name
