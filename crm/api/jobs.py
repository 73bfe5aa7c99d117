"""Background jobs, for programs."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Job
from crm.selectors.jobs import outcomes


class JobSerializer(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "title",
            "state",
            "total",
            "done",
            "refused",
            "result",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        ]


class OutcomeQuery(serializers.Serializer):
    after = serializers.IntegerField(min_value=-1, required=False, default=-1)
    outcome = serializers.ChoiceField(choices=["done", "refused"], required=False, default="")


class OutcomeSerializer(serializers.Serializer):
    """What became of one item of a job that is cut into parts."""

    id = serializers.IntegerField()
    reference = serializers.CharField()
    firm = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["done", "refused"])
    reasons = serializers.ListField(child=serializers.CharField())


class OutcomesSerializer(serializers.Serializer):
    rows = OutcomeSerializer(many=True)
    after = serializers.IntegerField(allow_null=True)


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The caller's own background jobs: how far each is and what came of it."""

    serializer_class = JobSerializer
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user).order_by("-pk")

    @extend_schema(
        parameters=[OutcomeQuery, OpenApiParameter("id", int, "path")], responses=OutcomesSerializer, filters=False
    )
    @action(detail=True, pagination_class=None)
    def outcomes(self, request: Request, pk: str) -> Response:
        """What became of each item, some hundred at a time; `after` of one answer asks for the next."""
        query = OutcomeQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(OutcomesSerializer(outcomes(self.get_object(), **query.validated_data)).data)
