"""One act on many firms, for programs."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.access import scope_of
from crm.errors import InvalidInput
from crm.models import Firm, User
from crm.services.tags import tag_named
from crm.views.common import person
from pipeline.api.bulk import BulkJobSerializer
from pipeline.filters import PROGRAMME_CHOICES
from pipeline.models import Shortlist
from pipeline.services.firm_acts import ACTS, MOST, start_firm_act


class FirmActSerializer(serializers.Serializer):
    """What is to be done with which firms; each act reads what it needs of the rest."""

    act = serializers.ChoiceField(choices=list(ACTS))
    firms = serializers.ListField(child=serializers.CharField(max_length=18), max_length=MOST, help_text="Codes.")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    officer = serializers.SlugRelatedField(
        slug_field="username",
        queryset=User.objects.filter(is_active=True, posts__isnull=False).distinct(),
        required=False,
        allow_null=True,
        default=None,
        help_text="For `assign`: a username; null leaves the firms without an officer.",
    )
    tag = serializers.CharField(max_length=20, required=False, default="", help_text="For `tag` and `untag`: its name.")
    shortlist = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    programme = serializers.ChoiceField(choices=PROGRAMME_CHOICES, required=False, allow_blank=True, default="")
    year = serializers.IntegerField(min_value=2000, max_value=2100, required=False, allow_null=True, default=None)


class FirmActView(APIView):
    """Act on many firms: each under the rules of one, with an outcome of its own (`jobs/{id}/outcomes/`)."""

    @extend_schema(request=FirmActSerializer, responses={202: BulkJobSerializer})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        actor = person(request)
        if not scope_of(actor).is_staff:
            raise Http404
        form = FirmActSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        codes = list(dict.fromkeys(code.upper() for code in given.pop("firms")))
        known = dict(_keys_of(codes, actor))
        given["tag"] = tag_named(given["tag"], actor=actor) if given["tag"].strip() else None
        given["shortlist"] = _shortlist(given["shortlist"], actor)
        unknown = [code for code in codes if code not in known]
        job = start_firm_act(given.pop("act"), list(known.values()), unknown=unknown, actor=actor, **given)
        return Response({"job": job.pk}, status=202)


def _keys_of(codes: list[str], actor: User) -> Any:
    visible = Firm.objects.visible_to(actor)
    for start in range(0, len(codes), 5000):
        yield from visible.filter(credit_code__in=codes[start : start + 5000]).values_list("credit_code", "pk")


def _shortlist(number: int | None, actor: User) -> Shortlist | None:
    found = Shortlist.objects.visible_to(actor).filter(pk=number).first() if number else None
    if number and found is None:
        raise InvalidInput(_("没有编号为 {number} 的候选名单，或不在您的辖区内").format(number=number))
    return found
