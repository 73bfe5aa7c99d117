"""Indicators, targets and progress, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.frame import current_region, current_year
from crm.models import Region
from crm.views.common import person
from pipeline.api.serializers import (
    IndicatorSerializer,
    ProgressSerializer,
    QuotaSerializer,
)
from pipeline.models import Indicator, Quota
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.services.targets import set_quota

WHERE = [
    OpenApiParameter("region", OpenApiTypes.STR, description="Region code; default: the caller's own region."),
    OpenApiParameter("year", OpenApiTypes.INT, description="Default: this year."),
]


class StaffOnly(APIView):
    """Numbers of the authority: for firms these addresses do not exist."""

    def place(self, request: Request) -> tuple[Region, int]:
        region = current_region(request)
        if region is None:
            raise Http404
        return region, current_year(request)

    def where(self, request: Request) -> tuple[Region, int, Compiled | None]:
        region, year = self.place(request)
        return region, year, latest_snapshot(region, year=year)


class IndicatorViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """What is counted."""

    serializer_class = IndicatorSerializer
    queryset = Indicator.objects.filter(active=True).order_by("position", "pk")


class QuotaViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The targets in force. POST sets one; another number for the same year becomes a revision."""

    serializer_class = QuotaSerializer
    filterset_fields = ["year", "indicator__code", "region__code"]

    def get_queryset(self) -> QuerySet[Quota]:
        rows = Quota.objects.visible_to(self.request.user).current()
        return rows.select_related("indicator", "region", "officer").order_by("-year", "pk")

    @extend_schema(request=QuotaSerializer, responses={201: QuotaSerializer})
    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        data: dict[str, Any] = dict(form.validated_data)
        if not Region.objects.visible_to(request.user).filter(pk=data["region"].pk).exists():
            raise Http404
        quota = set_quota(actor=person(request), **data)
        return Response(self.get_serializer(quota).data, status=201)


class ProgressView(StaffOnly):
    """How far each target of a region and of the regions below it is, from the newest snapshot."""

    @extend_schema(parameters=WHERE, responses=ProgressSerializer)
    def get(self, request: Request) -> Response:
        region, year, compiled = self.where(request)
        return Response(
            {
                "region": region.code,
                "year": year,
                "as_of": compiled.as_of if compiled else None,
                "rows": [row.as_dict() for row in compiled.rows] if compiled else [],
                "children": [row.as_dict() for row in compiled.children] if compiled else [],
            }
        )
