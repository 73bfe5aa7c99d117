"""The public look-up for programs: one answer for every miss."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from crm.errors import DomainError
from pipeline.selectors.lookup import public_state


class NothingFound(DomainError):
    """The one answer to a wrong code, a wrong number, something unreadable and a stage nobody outside may know."""

    code = "not_found"
    title = gettext_lazy("没有查到")
    status = 404


class LookupSerializer(serializers.Serializer):
    programme = serializers.CharField()
    programme_label = serializers.CharField()
    year = serializers.IntegerField()
    stage = serializers.CharField(help_text="The public word for the stage.")
    since = serializers.DateField()


ASKED = inline_serializer(
    "LookupRequest", {"credit_code": serializers.CharField(), "reference": serializers.CharField()}
)


class LookupView(APIView):
    """Where an application stands, by credit code and reference number. No log-in."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (JSONParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "lookup"

    @extend_schema(request=ASKED, responses=LookupSerializer, auth=[])
    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        found = public_state(asked.get("credit_code"), asked.get("reference"))
        if found is None:
            raise NothingFound(_("没有查到。请核对统一社会信用代码和受理编号，或联系所在县区科技部门"))
        return Response(LookupSerializer(found).data, headers={"X-Robots-Tag": "noindex", "Cache-Control": "no-store"})
