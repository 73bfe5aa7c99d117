"""Official lists, for programs: take one in, read what each line means, decide, confirm, take back."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access import scope_of
from crm.models import Region
from crm.published.matching import Standing
from crm.views.common import person
from pipeline.api.serializers import ApplicationSerializer
from pipeline.list_forms import PASTED
from pipeline.listing import LIST_TYPES, ListKind, ListType
from pipeline.models import OfficialList, OfficialListRow
from pipeline.selectors.lists import ListCounts, list_counts, missing_from
from pipeline.services.list_confirm import confirm_list, undo_list
from pipeline.services.lists import add_to_library, decide, upload_list
from pipeline.workflows import PROGRAMMES


class OfficialListSerializer(serializers.ModelSerializer):
    """A list and how many of its lines are what, of those that the caller may see."""

    region = serializers.CharField(source="region.code")
    kind = serializers.ChoiceField(choices=ListKind.choices)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = OfficialList
        fields = [
            "id",
            "name",
            "programme",
            "kind",
            "stage",
            "document",
            "published_on",
            "valid_until",
            "region",
            "state",
            "error",
            "job",
            "counts",
            "created_at",
        ]

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_counts(self, found: OfficialList) -> dict[str, int]:
        return self._known[found.pk].as_dict()

    @cached_property
    def _known(self) -> dict[int, ListCounts]:
        """The counts of the whole page at once: one serializer writes all of it."""
        whole = self.root.instance
        lists = [whole] if isinstance(whole, OfficialList) else list(whole or [])
        return list_counts(lists, self.context["request"].user)


class OfficialListUploadSerializer(serializers.Serializer):
    """A published list, as `file` (multipart) or as `text`. `stage` only where a kind has several, as notices have."""

    programme = serializers.ChoiceField(choices=[(code, table.short_label) for code, table in PROGRAMMES.items()])
    kind = serializers.ChoiceField(choices=ListKind.choices)
    stage = serializers.CharField(required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=200)
    document = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    published_on = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)
    region = serializers.CharField(required=False, allow_blank=True, default="", help_text="Region code.")
    file = serializers.FileField(required=False, allow_null=True, default=None)
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=2_000_000)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if bool(data["file"]) == bool(data["text"]):
            raise serializers.ValidationError({"file": _("请选择文件，或粘贴名单文字（二者取一）")})
        data["type"] = self._type(data)
        return data

    def _type(self, data: dict[str, Any]) -> ListType:
        fitting = [
            kind for kind in LIST_TYPES.values() if (kind.programme, kind.kind) == (data["programme"], data["kind"])
        ]
        for kind in fitting:
            if data["stage"] in {"", kind.stage}:
                return kind
        stages = "、".join(kind.stage for kind in fitting)
        raise serializers.ValidationError({"stage": _("可填：{stages}").format(stages=stages)})


class OfficialListRowSerializer(serializers.ModelSerializer):
    """One line: as it stood, which firm it means and why, and what was done for it."""

    firm = serializers.CharField(source="firm.credit_code", default=None, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    candidates = serializers.ListField(child=serializers.DictField())
    outcome = serializers.ListField(child=serializers.CharField())
    standing = serializers.ChoiceField(choices=Standing.choices)

    class Meta:
        model = OfficialListRow
        fields = [
            "line",
            "name",
            "credit_code",
            "number",
            "place",
            "standing",
            "reasons",
            "candidates",
            "firm",
            "result",
            "outcome",
            "application",
            "recognition",
        ]


class LinesSerializer(serializers.Serializer):
    """The lines meant; without them all that can be."""

    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10**8),
        required=False,
        allow_null=True,
        default=None,
        max_length=20_000,
    )


class ListDecisionSerializer(serializers.Serializer):
    """`choice`: a credit code, `none`, or empty to leave the line open; `add` takes its firm into the library."""

    choice = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    add = serializers.BooleanField(required=False, default=False)


class JobStartedSerializer(serializers.Serializer):
    job = serializers.IntegerField()


ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
LINE = OpenApiParameter("line", OpenApiTypes.INT, OpenApiParameter.PATH)


class OfficialListViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Published lists, newest first. POST takes one in; it is read and compared in the background."""

    serializer_class = OfficialListSerializer
    parser_classes = [JSONParser, MultiPartParser]
    filterset_fields = ["programme", "kind", "state"]
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[OfficialList]:
        return OfficialList.objects.visible_to(self.request.user).select_related("region").order_by("-pk")

    @extend_schema(request=OfficialListUploadSerializer, responses={202: OfficialListSerializer})
    def create(self, request: Request) -> Response:
        """Take a list in: 202, and a job that reads it."""
        form = OfficialListUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        file, names = data["file"], ("name", "document", "published_on", "valid_until")
        made = upload_list(
            file.read() if file else data["text"].encode(),
            file_name=file.name if file else PASTED,
            kind=data["type"],
            region=self._region(request, data["region"]),
            actor=person(request),
            **{name: data[name] for name in names},
        )
        return Response(self.get_serializer(made).data, status=202)

    def _region(self, request: Request, code: str) -> Region:
        if not code and (home := scope_of(request.user).home) is not None:
            return home
        return get_object_or_404(Region.objects.visible_to(request.user), code=code)

    @extend_schema(
        parameters=[ID, OpenApiParameter("standing", OpenApiTypes.STR, enum=Standing.values)],
        responses=OfficialListRowSerializer(many=True),
        filters=False,
    )
    @action(detail=True, serializer_class=OfficialListRowSerializer, filter_backends=[])
    def rows(self, request: Request, pk: str) -> Response:
        """The lines that the caller may see, in the list's order."""
        rows = self.get_object().rows.visible_to(request.user).select_related("firm").order_by("line", "pk")
        if (standing := request.query_params.get("standing", "")) in Standing.values:
            rows = rows.filter(standing=standing)
        return self._paged(rows)

    @extend_schema(parameters=[ID], responses=ApplicationSerializer(many=True), filters=False)
    @action(detail=True, serializer_class=ApplicationSerializer, filter_backends=[])
    def missing(self, request: Request, pk: str) -> Response:
        """Ours that should stand on this list and do not."""
        return self._paged(missing_from(self.get_object(), request.user).order_by("stage_since", "pk"))

    def _paged(self, rows: QuerySet[Any]) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(parameters=[ID, LINE], request=ListDecisionSerializer, responses=OfficialListRowSerializer)
    @action(detail=True, methods=["post"], url_path=r"rows/(?P<line>[0-9]+)", pagination_class=None, filter_backends=[])
    def decide(self, request: Request, pk: str, line: str) -> Response:
        """Say which firm a line means, or add its firm to the library."""
        form = ListDecisionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rows = OfficialListRow.objects.visible_to(request.user).select_related("official_list__region", "firm")
        row = get_object_or_404(rows, official_list=self.get_object(), line=line)
        if form.validated_data["add"]:
            add_to_library(row, actor=person(request))
        else:
            decide(row, choice=form.validated_data["choice"], actor=person(request))
        return Response(OfficialListRowSerializer(row).data)

    @extend_schema(parameters=[ID], request=LinesSerializer, responses={202: JobStartedSerializer})
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def confirm(self, request: Request, pk: str) -> Response:
        """Carry out matched lines: 202 and a job; each line is done or refused on its own."""
        job = confirm_list(self.get_object(), actor=person(request), lines=self._lines(request))
        return Response({"job": job.pk}, status=202)

    @extend_schema(parameters=[ID], request=LinesSerializer, responses={202: JobStartedSerializer})
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what was carried out: 202 and a job."""
        job = undo_list(self.get_object(), actor=person(request), lines=self._lines(request))
        return Response({"job": job.pk}, status=202)

    def _lines(self, request: Request) -> list[int] | None:
        form = LinesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return form.validated_data["lines"]
