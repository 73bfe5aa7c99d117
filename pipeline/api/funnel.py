"""Conversion, for programs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Region
from pipeline.api.targets import WHERE, StaffOnly
from pipeline.cohort_forms import CohortForm
from pipeline.selectors.conversion import Conversion, conversion
from pipeline.selectors.funnel import Funnel
from pipeline.workflows import PROGRAMMES


class FunnelStepSerializer(serializers.Serializer):
    """One stage: `ratio` of those who reached the one before, `low` and `high` its 90 % interval."""

    stage = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    reached = serializers.IntegerField()
    lost = serializers.IntegerField()
    ratio = serializers.FloatField(allow_null=True)
    before = serializers.IntegerField()
    waiting = serializers.IntegerField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    outcomes = serializers.DictField(child=serializers.IntegerField())


class StaySerializer(serializers.Serializer):
    """Working days in a stage: half of the stays ended within `median`, nine of ten within `most`."""

    stage = serializers.CharField()
    median = serializers.IntegerField(allow_null=True)
    most = serializers.IntegerField(allow_null=True)
    ended = serializers.IntegerField()
    going_on = serializers.IntegerField()


class ReasonSerializer(serializers.Serializer):
    """Why firms were lost: the code of a condition, a note, or nothing said."""

    kind = serializers.ChoiceField(choices=["criterion", "note", "silent"])
    text = serializers.CharField(allow_blank=True)
    number = serializers.IntegerField()


class FunnelSerializer(serializers.Serializer):
    programme = serializers.CharField()
    year = serializers.IntegerField()
    quarter = serializers.IntegerField()
    as_of = serializers.DateField(allow_null=True)
    region = serializers.CharField()
    steps = FunnelStepSerializer(many=True)
    stays = StaySerializer(many=True)
    reasons = ReasonSerializer(many=True)


ASKED = [
    OpenApiParameter("programme", OpenApiTypes.STR, description="One programme; default: all."),
    OpenApiParameter("quarter", OpenApiTypes.INT, description="Opened in this quarter, 1 to 4; default: the year."),
    OpenApiParameter("as_of", OpenApiTypes.DATE, description="As known on this day; default: the newest snapshot."),
]


class FunnelView(StaffOnly):
    """How far the applications opened in a year or quarter got, stage by stage, where and why they were lost."""

    @extend_schema(parameters=[*WHERE, *ASKED], responses=FunnelSerializer(many=True))
    def get(self, request: Request) -> Response:
        region, year = self.place(request)
        form = CohortForm(request.GET, today=timezone.localdate())
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(fault) for fault in faults] for name, faults in form.errors.items()}
            )
        said = form.cleaned_data
        wanted = [said["programme"]] if said["programme"] else list(PROGRAMMES)
        found = conversion(
            region,
            year=year,
            today=form.today,
            as_of=said["as_of"],
            quarter=said["quarter"] or 0,
            programmes=wanted,
        )
        return Response([_funnel(region, found, found.funnels[name]) for name in wanted if name in found.funnels])


def _funnel(region: Region, found: Conversion, funnel: Funnel) -> dict[str, Any]:
    labels = {stage.code: str(stage.label) for stage in PROGRAMMES[funnel.programme].stages}
    data = funnel.as_dict()
    steps = [step | {"label": labels[step["stage"]]} for step in data["steps"]]
    return data | {"as_of": found.as_of, "region": region.code, "steps": steps}
