"""The newest forecast of each target, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.views.common import person
from pipeline.api.targets import WHERE, StaffOnly
from pipeline.models import Forecast
from pipeline.selectors.forecasts import counties, forecasts, sentence


class ForecastSerializer(serializers.ModelSerializer):
    """One target. `low` and `high` are the 10 % and 90 % points; all are null with too little history."""

    indicator = serializers.CharField(source="indicator.code")
    region = serializers.CharField(source="region.code")
    region_name = serializers.CharField(source="region.name")
    sentence = serializers.SerializerMethodField()
    open = serializers.IntegerField(source="open_count", allow_null=True)
    judged = serializers.JSONField(allow_null=True, help_text="The same with the probabilities that people set.")
    masses = serializers.SerializerMethodField()

    class Meta:
        model = Forecast
        fields = [
            "indicator",
            "region",
            "region_name",
            "year",
            "as_of",
            "sentence",
            "target",
            "done",
            "expected",
            "low",
            "high",
            "probability",
            "history",
            "confidence",
            "open",
            "judged",
            "masses",
        ]

    def get_sentence(self, row: Forecast) -> str:
        return sentence(row)

    def get_masses(self, row: Forecast) -> dict[str, Any] | None:
        """`{"first": 24, "of": [0.1, 0.2, …]}`: how probable 24, 25 … are."""
        return row.data.get("masses")


class ForecastsSerializer(serializers.Serializer):
    region = serializers.CharField()
    year = serializers.IntegerField()
    rows = ForecastSerializer(many=True)
    children = ForecastSerializer(many=True)


class ForecastView(StaffOnly):
    """Whether a region's targets, and those of the regions right below, will be met: from the ledger's newest rows."""

    @extend_schema(parameters=WHERE, responses=ForecastsSerializer)
    def get(self, request: Request) -> Response:
        region, year, _compiled = self.where(request)
        rows = forecasts(region, person(request), year=year)
        below = [one for row in rows for one in counties(row, person(request))]
        return Response(
            ForecastsSerializer({"region": region.code, "year": year, "rows": rows, "children": below}).data
        )
