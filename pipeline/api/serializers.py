"""What the API shows of each row: explicit fields; serializers shape data and decide nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.access import scope_of
from crm.choices import STATED_SOURCES, Basis
from crm.fact_codes import FACT_CODES, NO_YEAR
from crm.models import Fact, Firm, Region
from pipeline.api.clocks import PlanSerializer, RoundVersionSerializer
from pipeline.choices import TargetKind
from pipeline.models import Application, Deadline, Indicator, PendingResult, Quota, Recognition, Round, StageEvent
from pipeline.models.applications import UNDO
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.clocks import IN_TIME, Clock, clocks
from pipeline.selectors.explained import explained
from pipeline.workflows import PROGRAMMES


class Code(serializers.SlugRelatedField):
    """A row by its code. PostgreSQL cannot even look for a text with a NUL in it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="code", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if "\0" in str(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class RegionCode(Code):
    """A region by its code."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", Region.objects.all())
        super().__init__(**kwargs)


class FirmSerializer(serializers.ModelSerializer):
    region = RegionCode(read_only=True)
    region_name = serializers.CharField(source="region.name", read_only=True)
    officer = serializers.CharField(source="officer.name", default=None, read_only=True)

    class Meta:
        model = Firm
        fields = [
            "credit_code",
            "name",
            "region",
            "region_name",
            "officer",
            "status",
            "registered_on",
            "firm_type",
            "capital_amount",
            "capital_currency",
            "industry",
            "address",
            "business_scope",
            "updated_at",
            "version",
        ]
        read_only_fields = fields


class FactSerializer(serializers.ModelSerializer):
    code = serializers.ChoiceField(choices=[(code, kind.label) for code, kind in FACT_CODES.items()])
    year = serializers.IntegerField(min_value=0, max_value=2100, default=NO_YEAR)
    basis = serializers.ChoiceField(choices=Basis.choices, required=False, allow_blank=True, default="")
    source = serializers.ChoiceField(choices=STATED_SOURCES)  # type: ignore[assignment]
    value = serializers.DecimalField(max_digits=20, decimal_places=4)
    evidence = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    evidence_file = serializers.CharField(source="file_name", read_only=True)
    entered_by = serializers.CharField(source="entered_by.name", default=None, read_only=True)

    class Meta:
        model = Fact
        fields = ["year", "code", "basis", "source", "value", "evidence", "evidence_file", "entered_by", "entered_at"]
        read_only_fields = ["entered_at"]
        validators: list = []  # the unique key means "replace", not "refuse"


class StageEventSerializer(serializers.ModelSerializer):
    actor = serializers.CharField(source="actor.name", default=None, read_only=True)

    class Meta:
        model = StageEvent
        fields = ["version", "transition", "from_stage", "to_stage", "actor", "acted_as", "note", "at"]

    def to_representation(self, event: StageEvent) -> dict[str, Any]:
        """A firm reads the notes that were meant for it, and no officer's name."""
        shown = super().to_representation(event)
        if scope_of(self.context["request"].user).is_staff or event.by_firm:
            return shown
        meant = event.transition == UNDO or event.application.workflow.stage(event.to_stage).mails_firm
        return shown | {"actor": None} | ({} if meant else {"note": ""})


class ApplicationSerializer(serializers.ModelSerializer):
    firm = serializers.CharField(source="firm.credit_code", read_only=True)
    firm_name = serializers.CharField(source="firm.name", read_only=True)
    region = RegionCode(read_only=True)
    officer = serializers.CharField(source="officer.name", default=None, read_only=True)
    stage_label = serializers.SerializerMethodField()
    turn = serializers.SerializerMethodField()
    late_days = serializers.SerializerMethodField(help_text="Calendar days past the round's last day; 0 when in time.")

    class Meta:
        model = Application
        fields = [
            "id",
            "reference",
            "firm",
            "firm_name",
            "programme",
            "year",
            "round",
            "region",
            "officer",
            "stage",
            "stage_label",
            "phase",
            "turn",
            "stage_since",
            "late_days",
            "next_action",
            "next_action_on",
            "opened_at",
            "closed_at",
            "version",
        ]
        read_only_fields = fields

    def _is_staff(self) -> bool:
        return scope_of(self.context["request"].user).is_staff

    @extend_schema_field(str)
    def get_stage_label(self, application: Application) -> str:
        stage = application.current
        return str(stage.label if self._is_staff() else stage.public_label)

    @extend_schema_field(str)
    def get_turn(self, application: Application) -> str:
        return str(application.current.turn)

    @extend_schema_field(int)
    def get_late_days(self, application: Application) -> int:
        return self._clocks.get(application.pk, IN_TIME).late_days

    @cached_property
    def _clocks(self) -> dict[int, Clock]:
        """The clocks of the whole page at once: one serializer writes all of it."""
        whole = self.root.instance
        return clocks([whole] if isinstance(whole, Application) else list(whole or []), timezone.localdate())

    def to_representation(self, application: Application) -> dict[str, Any]:
        """A firm reads the public face: no officer's plans."""
        shown = super().to_representation(application)
        if not self._is_staff():
            shown |= {"next_action": "", "next_action_on": None}
        return shown


class ApplicationDetailSerializer(ApplicationSerializer):
    """One application with its timetable, null once it is filed or the round is over."""

    timetable = serializers.SerializerMethodField()

    class Meta(ApplicationSerializer.Meta):
        fields = [*ApplicationSerializer.Meta.fields, "timetable"]
        read_only_fields = fields

    @extend_schema_field(PlanSerializer(allow_null=True))
    def get_timetable(self, application: Application) -> dict[str, Any] | None:
        plan = self._clocks.get(application.pk, IN_TIME).plan
        return PlanSerializer(plan).data if plan else None


class OpenSerializer(serializers.Serializer):
    """`{"firm", "programme", "round"}`: start a firm on a programme."""

    firm = serializers.CharField(max_length=18)
    programme = serializers.ChoiceField(choices=[(code, table.short_label) for code, table in PROGRAMMES.items()])
    round = serializers.IntegerField(required=False, allow_null=True, default=None)
    year = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=2000, max_value=2100)


class PendingResultSerializer(serializers.ModelSerializer):
    """A result that is decided but not public."""

    firm = serializers.CharField(source="application.firm.credit_code", read_only=True)
    firm_name = serializers.CharField(source="application.firm.name", read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    entered_by = serializers.CharField(source="entered_by.name", read_only=True)

    class Meta:
        model = PendingResult
        fields = ["id", "application", "firm", "firm_name", "transition", "label", "note", "result", "reveal_on"]
        fields += ["entered_by", "entered_at", "refusal"]
        read_only_fields = fields


class RevealSerializer(serializers.Serializer):
    """`{"results": [id]}`: what is to become public now."""

    results = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=20_000)


class DeadlineSerializer(serializers.ModelSerializer):
    firm = serializers.CharField(source="firm.credit_code", read_only=True)
    firm_name = serializers.CharField(source="firm.name", read_only=True)
    explanation = serializers.SerializerMethodField(help_text="Why the deadline falls on this day, in one sentence.")

    class Meta:
        model = Deadline
        fields = [
            "id",
            "kind",
            "firm",
            "firm_name",
            "application",
            "recognition",
            "due_on",
            "explanation",
            "provisional",
            "closed_at",
        ]

    @extend_schema_field(str)
    def get_explanation(self, deadline: Deadline) -> str:
        return self._explained[deadline.pk]

    @cached_property
    def _explained(self) -> dict[int, str]:
        """The sentences of the whole page at once."""
        whole = self.root.instance
        return explained([whole] if isinstance(whole, Deadline) else list(whole or []), work_calendar())


class RoundSerializer(serializers.ModelSerializer):
    region = RegionCode(read_only=True)
    versions = RoundVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Round
        fields = [
            "id",
            "programme",
            "region",
            "year",
            "batch",
            "opens_on",
            "closes_on",
            "extended_to",
            "last_on",
            "notice_number",
            "versions",
        ]


class RecognitionSerializer(serializers.ModelSerializer):
    firm = serializers.CharField(source="firm.credit_code", read_only=True)
    firm_name = serializers.CharField(source="firm.name", read_only=True)
    region = RegionCode(read_only=True)

    class Meta:
        model = Recognition
        fields = [
            "id",
            "firm",
            "firm_name",
            "programme",
            "title",
            "number",
            "document",
            "granted_on",
            "valid_until",
            "suspended_on",
            "ended_on",
            "region",
        ]


class IndicatorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Indicator
        fields = ["code", "label", "unit", "programme", "counter", "decimals", "assessed", "adds_up"]


class QuotaSerializer(serializers.ModelSerializer):
    indicator = Code(queryset=Indicator.objects.filter(active=True))
    region = RegionCode()
    target = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    document = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(TargetKind.choices, required=False, default=TargetKind.ASSIGNED)
    stretch = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0, required=False, allow_null=True)
    officer = serializers.CharField(source="officer.username", read_only=True, default=None)

    class Meta:
        model = Quota
        fields = [
            "indicator",
            "region",
            "officer",
            "year",
            "kind",
            "target",
            "stretch",
            "document",
            "revision",
            "set_at",
        ]
        read_only_fields = ["revision", "set_at"]
        validators: list = []  # a second number for the same year is a revision


class QuotaRowSerializer(serializers.Serializer):
    """One target's progress. Amounts and ratios are decimal strings; a ratio may exceed 1."""

    indicator = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    decimals = serializers.IntegerField()
    programme = serializers.CharField(allow_blank=True)
    region = serializers.CharField()
    region_name = serializers.CharField()
    target = serializers.CharField()
    done = serializers.CharField()
    gap = serializers.CharField()
    completion_ratio = serializers.CharField(allow_null=True)
    expected = serializers.CharField()
    pace = serializers.CharField()
    document = serializers.CharField(allow_blank=True)
    pace_years = serializers.IntegerField()
    stretch = serializers.CharField(allow_null=True)
    pledge = serializers.CharField(allow_null=True)
    unverified = serializers.CharField()


class ProgressSerializer(serializers.Serializer):
    region = serializers.CharField()
    year = serializers.IntegerField()
    as_of = serializers.DateField(allow_null=True)
    rows = QuotaRowSerializer(many=True)
    children = QuotaRowSerializer(many=True)
