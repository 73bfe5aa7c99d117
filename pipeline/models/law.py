from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of
from crm.fields import CompactEncoder, PathField
from pipeline.choices import Bucket, VerdictKind


class PolicyEdition(models.Model):
    """One published edition of a programme's rules. Never changed: a change of law is a new edition."""

    programme = models.CharField(_("计划"), max_length=40)
    code = models.CharField(_("版本"), max_length=40)
    region_code = models.CharField(_("适用区域"), max_length=12)
    source = models.CharField(_("文号"), max_length=120)
    workflow = models.CharField(_("流程"), max_length=40)
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("失效日期"), null=True, blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["programme", "-effective_from", "code"]
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="one_edition_per_code")]
        verbose_name = _("政策版本")

    def __str__(self) -> str:
        return f"{self.programme} {self.code}"


class PolicyDraft(models.Model):
    """An edition being written on the page: copied from another, changed, tried on the bench, then published."""

    programme = models.CharField(_("计划"), max_length=40)
    code = models.CharField(_("版本"), max_length=40)
    based_on = models.ForeignKey(PolicyEdition, models.PROTECT, related_name="drafts")
    content = models.JSONField()
    version = models.PositiveIntegerField(default=0)
    author = models.ForeignKey("crm.User", models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    published = models.ForeignKey(PolicyEdition, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code"], condition=models.Q(published=None), name="one_draft_per_code"
            )
        ]
        verbose_name = _("政策草稿")

    def __str__(self) -> str:
        return f"{self.programme} {self.code}"


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user):
        """Officers see their region's; a firm those of its own figures."""
        return self.filter(scope_of(user).q())

    def holding_word(self, column: str, word: str):
        """Those of which `lacking` or `asking` has the word. Put between spaces `rd` does not find `rd_ratio`."""
        spaced = Concat(Value(" "), column, Value(" "), output_field=models.TextField())
        return self.alias(**{f"{column}_words": spaced}).filter(**{f"{column}_words__contains": f" {word} "})


class Assessment(models.Model):
    """What an edition said of a firm, with the inputs it was judged on: run again, they give the same document.

    One row per firm and edition: the newest. What is kept has no language; sentences and the cheapest path are made
    when somebody looks (pipeline.selectors.assessments).
    """

    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="assessments")
    region_path = PathField(editable=False)
    programme = models.CharField(_("计划"), max_length=40)
    edition = models.ForeignKey(PolicyEdition, models.PROTECT, related_name="assessments")
    on = models.DateField(_("评估日期"))
    good_until = models.DateField()  # the last day on which the same facts give the same verdict
    verdict = models.CharField(_("结论"), max_length=10, choices=VerdictKind)
    bucket = models.CharField(_("分类"), max_length=12, choices=Bucket)
    score_min = models.PositiveSmallIntegerField(null=True)
    score_max = models.PositiveSmallIntegerField(null=True)
    lacking = models.TextField(blank=True)  # the codes of conditions not met, sorted, with a space between
    asking = models.TextField(blank=True)  # the names of facts nobody has stated, likewise
    estimated = models.BooleanField(default=False)  # stands on an officer's estimate
    inputs = models.JSONField(encoder=CompactEncoder)  # the facts object: what the verdict stands on
    inputs_digest = models.CharField(max_length=32)
    outcome = models.JSONField(encoder=CompactEncoder)  # verdict and distance of each condition, gaps, what is missing
    made_at = models.DateTimeField()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "edition"], name="one_assessment_per_edition")]
        indexes = [
            # Covers the counts of a screening: nothing else of the row is read for them.
            models.Index(fields=["edition", "region_path", "bucket", "lacking", "asking"], name="assessment_tally"),
            models.Index(fields=["edition", "bucket", "region_path", "firm"], name="assessment_rows"),
            models.Index(fields=["firm", "programme"], name="assessment_of_firm"),
        ]
        verbose_name = _("条件评估")

    def __str__(self) -> str:
        return f"{self.firm_id} {self.edition_id} {self.verdict}"


class ShortlistQuerySet(models.QuerySet["Shortlist"]):
    def visible_to(self, user):
        return self.filter(scope_of(user).q(firm=None))


class Shortlist(models.Model):
    """Firms picked out of a screening, to be opened together."""

    name = models.CharField(_("名称"), max_length=80)
    programme = models.CharField(_("计划"), max_length=40)
    edition = models.ForeignKey(PolicyEdition, models.PROTECT, related_name="+")
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    author = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="shortlists")
    created_at = models.DateTimeField(auto_now_add=True)
    firms = models.ManyToManyField("crm.Firm", related_name="shortlists")

    objects = ShortlistQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("候选名单")

    def __str__(self) -> str:
        return self.name


class ShortlistOpening(models.Model):
    """What came of opening an application for one firm of a shortlist: the application, or every reason against it."""

    shortlist = models.ForeignKey(Shortlist, models.CASCADE, related_name="openings")
    firm = models.ForeignKey("crm.Firm", models.CASCADE, related_name="+")
    application = models.ForeignKey("pipeline.Application", models.CASCADE, null=True, related_name="+")
    reasons = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["shortlist", "firm"], name="one_opening_per_firm")]
        verbose_name = _("批量申报结果")

    def __str__(self) -> str:
        return f"{self.shortlist_id} {self.firm_id}"
