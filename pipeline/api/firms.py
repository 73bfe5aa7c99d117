"""Firms and their figures, for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Firm
from crm.services.facts import record_fact
from crm.services.holdings import save_credential, save_right
from crm.views.common import person
from pipeline.api.holdings import CredentialSerializer, RightSerializer
from pipeline.api.serializers import FactSerializer, FirmSerializer
from pipeline.filters import FirmFilter
from pipeline.selectors.assessments import standings
from pipeline.workflows import PROGRAMMES


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

    @extend_schema(methods=["GET"], responses=RightSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=RightSerializer, responses={201: RightSerializer})
    @action(detail=True, methods=["get", "post"], serializer_class=RightSerializer, pagination_class=None)
    def rights(self, request: Request, credit_code: str) -> Response:
        """GET: the firm's intellectual property, one by one. POST: record one; recorded rights come before a count."""
        firm = self.get_object()
        return self._listed(request, firm.rights.select_related("entered_by"), lambda said: save_right(firm, **said))

    @extend_schema(methods=["GET"], responses=CredentialSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=CredentialSerializer, responses={201: CredentialSerializer})
    @action(detail=True, methods=["get", "post"], serializer_class=CredentialSerializer, pagination_class=None)
    def credentials(self, request: Request, credit_code: str) -> Response:
        """GET: awards, institutions, standards led. POST: record one, with what its kind may state and nothing else."""
        firm = self.get_object()
        rows = firm.credentials.select_related("entered_by")
        return self._listed(request, rows, lambda said: save_credential(firm, **said))

    def _listed(self, request: Request, rows: QuerySet, save: Callable[[dict[str, Any]], Any]) -> Response:
        if request.method != "POST":
            return Response(self.get_serializer(rows, many=True).data)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = save(form.validated_data | {"actor": person(request)})
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(
        parameters=[
            OpenApiParameter("programme", str, enum=list(PROGRAMMES), description="One programme alone."),
            OpenApiParameter("paths", bool, description="1: search the cheapest ways to the line too."),
        ],
        responses={200: {"type": "array", "items": {"type": "object"}}},
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])  # its query is no filter of firms
    def assessments(self, request: Request, credit_code: str) -> Response:
        """The assessment document of each programme by the edition in force, judged on the facts as they are now."""
        firm, wanted = self.get_object(), request.query_params.get("programme", "")
        if wanted and wanted not in PROGRAMMES:
            raise ValidationError({"programme": _("没有代码为“{code}”的计划").format(code=wanted)})
        paths = request.query_params.get("paths", "") in {"1", "true"}
        found = standings(firm, on=timezone.localdate(), paths=paths, programmes=[wanted] if wanted else PROGRAMMES)
        return Response([standing.document.as_dict() for standing in found])
