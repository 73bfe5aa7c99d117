from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access import scope_of, ways_up
from crm.choices import Role
from crm.fields import PathField
from crm.models.facts import Fact
from crm.models.history import AppendOnlyQuerySet
from crm.models.mandates import spoken
from crm.models.people import Post
from pipeline.choices import Acting, Phase
from pipeline.material_gate import missing_materials
from pipeline.workflow import Stage, Workflow
from pipeline.workflows import PROGRAMMES, WORKFLOWS

UNDO = "undo"  # the event that takes moves back: a correction, not a move of any table
# Beyond the pool, and not where a title stays until it ends and it is nobody's turn. One by one and without a list:
# only so SQLite sees that `application_desk` answers it.
MOVING = models.Q(closed_at=None) & ~models.Q(phase=Phase.POOL) & ~models.Q(stage="certified")
MOVING &= ~models.Q(stage="registered")
INTERNAL = [stage.code for table in WORKFLOWS.values() for stage in table.stages if stage.internal]


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user):
        """Applications this user may know of: officers by region, firm users by firm (not mere leads)."""
        scope = scope_of(user)
        wanted = scope.q(firm=None)
        if scope.firm_ids:
            wanted |= models.Q(firm_id__in=scope.firm_ids) & ~models.Q(stage__in=INTERNAL)
        return self.filter(wanted)

    def exclude_internal(self):
        """Without the mere leads that a firm is not told of."""
        return self.exclude(stage__in=INTERNAL)

    def open(self):
        return self.filter(closed_at=None)

    def moving(self):
        """Open ones that are on somebody's desk, or on the way there."""
        return self.filter(MOVING)

    def in_progress(self):
        """On their way: neither recognised yet nor over."""
        return self.filter(phase__in=[Phase.POOL, Phase.PREPARING, Phase.REVIEW, Phase.NOTICE])


class Application(models.Model):
    """One firm's run through one programme. Repeats the firm's region path and officer: scope is one indexed WHERE."""

    reference = models.CharField(_("受理编号"), max_length=24, unique=True)
    firm = models.ForeignKey("crm.Firm", models.PROTECT, related_name="applications")
    programme = models.CharField(_("计划"), max_length=40)
    workflow_code = models.CharField(max_length=40)
    edition = models.ForeignKey("pipeline.PolicyEdition", models.PROTECT, null=True, related_name="applications")
    round = models.ForeignKey("pipeline.Round", models.PROTECT, null=True, blank=True, related_name="applications")
    year = models.PositiveSmallIntegerField(_("年度"))
    region = models.ForeignKey("crm.Region", models.PROTECT, related_name="+")
    region_path = PathField(editable=False)
    officer = models.ForeignKey("crm.User", models.SET_NULL, null=True, blank=True, related_name="applications")
    stage = models.CharField(_("阶段"), max_length=20)
    phase = models.CharField(_("状态"), max_length=12, choices=Phase)
    stage_since = models.DateTimeField(_("进入阶段时间"))
    version = models.PositiveIntegerField(default=0)
    next_action = models.CharField(_("下一步"), max_length=120, blank=True)
    next_action_on = models.DateField(_("下一步日期"), null=True, blank=True)
    opened_at = models.DateTimeField(_("发起时间"))
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "programme", "year"],
                condition=models.Q(closed_at=None),
                name="one_open_application_per_year",
            )
        ]
        indexes = [
            models.Index(fields=["programme", "year", "stage", "-stage_since", "-id"], name="application_lane"),
            models.Index(fields=["region_path", "programme", "phase"], name="application_region"),
            models.Index(fields=["officer", "-stage_since", "-id"], name="application_officer"),
            models.Index(fields=["-stage_since", "-id"], name="application_newest"),
            models.Index(fields=["programme", "opened_at"], name="application_cohort"),
            models.Index(fields=["stage_since", "id"], name="application_desk", condition=MOVING),
        ]
        verbose_name = _("申报")

    def __str__(self) -> str:
        return self.reference

    @property
    def workflow(self) -> Workflow:
        return WORKFLOWS[self.workflow_code]

    @property
    def current(self) -> Stage:
        return self.workflow.stage(self.stage)

    @property
    def programme_label(self) -> str:
        return str(PROGRAMMES[self.programme].short_label)

    @property
    def facts_year(self) -> int:
        """The year whose figures an application speaks of: the one before its own."""
        return self.year - 1

    def missing_facts(self, codes: Iterable[str]) -> list[str]:
        """Which of these yearly figures nobody has stated for the year in question. At most one query."""
        wanted = list(codes)
        if not wanted:
            return []
        rows = Fact.objects.filter(firm_id=self.firm_id, year=self.facts_year, code__in=wanted)
        known = set(rows.values_list("code", flat=True))
        return [code for code in wanted if code not in known]

    def lead_names(self) -> str:
        """The leads nearest to this application's region, for an officer who must ask one. One query."""
        above = ways_up(self.region_path)
        posts = Post.objects.filter(role=Role.LEAD, user__is_active=True, region__path__in=above)
        found = list(posts.order_by("user_id").values_list("region__path", "user__name"))
        nearest = max((path for path, _name in found), key=len, default="")
        return "、".join(dict.fromkeys(name for path, name in found if path == nearest))

    def missing_materials(self) -> list[str]:
        """What the checklist demands before submission and is not here (pipeline.material_gate)."""
        return missing_materials(self)

    def holds(self, programme: str) -> bool:
        """True when the firm holds a valid recognition of another programme. One query."""
        return self.firm.recognitions.valid_now().filter(programme=programme).exists()  # type: ignore[attr-defined]


class StageEventQuerySet(AppendOnlyQuerySet):
    def standing(self):
        """Moves that count: not taken back by a later correction."""
        return self.filter(undone=None)

    def visible_to(self, user):
        scope = scope_of(user)
        wanted = scope.q(path="application__region_path", firm=None)
        if scope.firm_ids:
            wanted |= models.Q(application__firm_id__in=scope.firm_ids) & ~models.Q(to_stage__in=INTERNAL)
        return self.filter(wanted)


class StageEvent(models.Model):
    """One move of one application: from where to where, by whom, why. Append-only; metrics and the portal read it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="events")
    version = models.PositiveIntegerField()
    transition = models.CharField(max_length=40)
    from_stage = models.CharField(max_length=20, blank=True)
    to_stage = models.CharField(max_length=20)
    actor = models.ForeignKey("crm.User", models.PROTECT, null=True, related_name="+")
    acted_as = models.CharField(max_length=10)
    note = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = StageEventQuerySet.as_manager()

    class Meta:
        ordering = ["application", "version"]
        constraints = [models.UniqueConstraint(fields=["application", "version"], name="one_event_per_version")]
        indexes = [models.Index(fields=["at", "id"], name="event_in_time")]
        verbose_name = _("阶段记录")

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"

    @property
    def who(self) -> str:
        """Who made the move; of an agent also for whom."""
        if self.acted_as == Acting.AGENT:
            return spoken(self.details["agent"], self.details["firm"])
        return str(self.actor) if self.actor else str(_("系统"))

    @property
    def by_firm(self) -> bool:
        """True where the firm itself acted, or somebody on its mandate."""
        return self.acted_as in {Acting.FIRM, Acting.AGENT}

    @property
    def label(self) -> str:
        """The verb of the move, as the button said it."""
        if not self.from_stage:
            return str(_("发起申报"))
        if self.transition == UNDO:
            return str(_("更正：撤销此前办理"))
        return str(self.application.workflow.transition(self.transition, self.from_stage).label)


def standing_events(events: Iterable[StageEvent]) -> list[StageEvent]:
    """Of an application's whole history the moves that were not taken back. No query."""
    known = list(events)
    undone = {version for event in known if event.transition == UNDO for version in event.details["undoes"]}
    return [event for event in known if event.transition != UNDO and event.version not in undone]
