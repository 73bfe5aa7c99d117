"""Who to push this week, for programs."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.views.common import person
from pipeline.api.targets import WHERE, StaffOnly
from pipeline.selectors.pushing import push_list

MOST = 100
MINE = OpenApiParameter("mine", OpenApiTypes.BOOL, description="1: only the caller's own firms.")


class PushSerializer(serializers.Serializer):
    """One firm. The parts are 0–1; the order is by `score`, their product."""

    application = serializers.IntegerField(source="application.pk")
    firm = serializers.CharField(source="application.firm.credit_code")
    name = serializers.CharField(source="application.firm.name")
    region = serializers.CharField(source="application.region.code")
    officer = serializers.CharField(source="application.officer.name", default=None)
    indicator = serializers.CharField(source="forecast.indicator.code")
    stage = serializers.CharField(source="application.stage")
    chance = serializers.FloatField()
    pushed = serializers.FloatField()
    gain = serializers.FloatField(source="gain.probability", help_text="Rise of the probability of the target.")
    urgency = serializers.FloatField()
    closable = serializers.FloatField()
    score = serializers.FloatField()
    lacks = serializers.CharField()
    action = serializers.CharField()
    due_on = serializers.DateField(allow_null=True, help_text="The last responsible day.")
    workdays = serializers.IntegerField(allow_null=True)


class PushListView(StaffOnly):
    """The open firms whose push raises the probability of meeting the region's targets most, at most 100."""

    @extend_schema(parameters=[*WHERE, MINE], responses=PushSerializer(many=True))
    def get(self, request: Request) -> Response:
        region, year, _compiled = self.where(request)
        user = person(request)
        officer = user if request.query_params.get("mine") in {"1", "true"} else None
        pushes = push_list(region, user, year=year, today=timezone.localdate(), officer=officer, limit=MOST)
        return Response(PushSerializer(pushes, many=True).data)
