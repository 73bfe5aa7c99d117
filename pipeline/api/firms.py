"""Firms and their figures, for programs."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Firm
from crm.services.facts import record_fact
from crm.views.common import person
from pipeline.api.serializers import FactSerializer, FirmSerializer
from pipeline.filters import FirmFilter


@extend_schema_view(
    list=extend_schema(description="Firms the caller may know of, newest change first."),
    retrieve=extend_schema(description="One firm by its unified social credit code."),
)
class FirmViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    serializer_class = FirmSerializer
    filterset_class = FirmFilter
    lookup_field = "credit_code"
    lookup_value_regex = "[0-9A-Za-z]{1,18}"

    def get_queryset(self) -> QuerySet[Firm]:
        firms = Firm.objects.visible_to(self.request.user)
        return firms.select_related("region", "officer").order_by("-updated_at", "-pk")

    @extend_schema(
        methods=["GET"], responses=FactSerializer(many=True), description="Every figure with its source.", filters=False
    )
    @extend_schema(methods=["POST"], request=FactSerializer, responses={201: FactSerializer})
    @action(detail=True, methods=["get", "post"], serializer_class=FactSerializer, pagination_class=None)
    def facts(self, request: Request, credit_code: str) -> Response:
        """GET: the firm's figures. POST: enter one; the same year, code, basis and source replaces."""
        firm = self.get_object()
        if request.method == "POST":
            form = self.get_serializer(data=request.data)
            form.is_valid(raise_exception=True)
            fact = record_fact(firm, actor=person(request), **form.validated_data)
            return Response(self.get_serializer(fact).data, status=201)
        return Response(self.get_serializer(firm.facts.select_related("entered_by"), many=True).data)
