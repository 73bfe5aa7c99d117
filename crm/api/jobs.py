"""Background jobs, for programs."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from crm.models import Job


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


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The caller's own background jobs: how far each is and what came of it."""

    serializer_class = JobSerializer
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user).order_by("-pk")
