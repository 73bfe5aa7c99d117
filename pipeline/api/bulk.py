"""Many moves at once, for programs."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.views.common import person
from pipeline.services.bulk import MOST, start_bulk_move


class BulkRowSerializer(serializers.Serializer):
    """One application, with the version that the caller saw; a number where the move grants one."""

    id = serializers.IntegerField(min_value=1)
    version = serializers.IntegerField(min_value=0)
    number = serializers.CharField(max_length=40, required=False, allow_blank=True)


class BulkMoveSerializer(serializers.Serializer):
    transition = serializers.CharField(max_length=40)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    document = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    granted_on = serializers.DateField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)
    hold = serializers.BooleanField(
        required=False, default=False, help_text="Keep the results until they are revealed."
    )
    reveal_on = serializers.DateField(required=False, allow_null=True, default=None)
    applications = serializers.ListField(child=BulkRowSerializer(), max_length=MOST)


class BulkJobSerializer(serializers.Serializer):
    job = serializers.IntegerField()


class BulkMoveView(APIView):
    """Move many applications: each under the rules of one move, with an outcome of its own (`jobs/{id}/outcomes/`)."""

    @extend_schema(request=BulkMoveSerializer, responses={202: BulkJobSerializer})
    def post(self, request: Request) -> Response:
        form = BulkMoveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        job = start_bulk_move(given.pop("applications"), given.pop("transition"), actor=person(request), **given)
        return Response({"job": job.pk}, status=202)
