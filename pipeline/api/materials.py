"""Materials and documents, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.views.common import person
from pipeline.access import acting_role
from pipeline.models import Application, Document
from pipeline.selectors.materials import MaterialList, document_rows, material_list
from pipeline.services.material_decisions import Decision, decide_materials


class DocumentSerializer(serializers.ModelSerializer):
    firm = serializers.CharField(source="firm.credit_code", read_only=True)
    name = serializers.CharField(source="file_name", read_only=True)
    is_expired = serializers.BooleanField(read_only=True)
    uploaded_by = serializers.CharField(source="uploaded_by.name", default=None, read_only=True)

    class Meta:
        model = Document
        fields = [
            "id",
            "firm",
            "kind",
            "label",
            "year",
            "name",
            "size",
            "valid_until",
            "is_expired",
            "reusable",
            "scan",
            "uploaded_by",
            "uploaded_at",
        ]
        read_only_fields = fields


class SlotSerializer(serializers.Serializer):
    """One line of an application's list."""

    item = serializers.CharField(source="item.code")
    label = serializers.CharField(source="item.label")  # type: ignore[assignment]
    year = serializers.IntegerField()
    required = serializers.BooleanField(source="item.is_required")  # type: ignore[assignment]
    when = serializers.CharField(source="item.when")
    formats = serializers.ListField(source="item.formats", child=serializers.CharField())
    source = serializers.CharField(source="item.source")  # type: ignore[assignment]
    status = serializers.CharField(source="item.status")
    state = serializers.CharField()
    reasons = serializers.ListField(source="material.reasons", child=serializers.CharField(), default=list)
    note = serializers.CharField(source="material.note", default="")
    version = serializers.IntegerField(source="material.version", default=None, allow_null=True)
    documents = serializers.SerializerMethodField()

    def get_documents(self, slot: Any) -> list[int]:
        return [place.document_id for place in slot.files]


class MaterialsSerializer(serializers.Serializer):
    edition = serializers.CharField(source="checklist.edition")
    enforced = serializers.BooleanField()
    items = SlotSerializer(source="slots", many=True)


class DecisionSerializer(serializers.Serializer):
    item = serializers.CharField(max_length=40)
    year = serializers.IntegerField(min_value=0, max_value=2100, default=0)
    accept = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField(max_length=40), default=list)
    note = serializers.CharField(max_length=300, default="", allow_blank=True)
    version = serializers.IntegerField(min_value=0, default=None, allow_null=True)


class DecisionsSerializer(serializers.Serializer):
    decisions = DecisionSerializer(many=True)


class MaterialsView(APIView):
    """The material list of one application, and what is decided about it."""

    @extend_schema(responses=MaterialsSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Every item with its state, reasons and documents; 404 where the edition has no checklist."""
        _application, found = self._found(request, pk)
        return Response(MaterialsSerializer(found).data)

    @extend_schema(request=DecisionsSerializer, responses=MaterialsSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Accept or refuse items, all or none; 409 with the reasons of every item."""
        application, _list = self._found(request, pk)
        form = DecisionsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = [Decision(**{**one, "reasons": tuple(one["reasons"])}) for one in form.validated_data["decisions"]]
        decide_materials(application, said, actor=person(request))
        return Response(MaterialsSerializer(self._found(request, pk)[1]).data)

    def _found(self, request: Request, pk: int) -> tuple[Application, MaterialList]:
        rows = Application.objects.visible_to(request.user).select_related("firm", "edition")
        application = get_object_or_404(rows, pk=pk)
        found = material_list(application, acting_role(person(request), application).hats)
        if found is None:
            raise Http404
        return application, found


class DocumentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The papers of firms, newest first; files leave through their pages, where it is kept who took them."""

    serializer_class = DocumentSerializer
    filterset_fields = {"firm__credit_code": ["exact"], "kind": ["exact"], "year": ["exact"]}

    def get_queryset(self) -> QuerySet[Document]:
        return document_rows(person(self.request))
