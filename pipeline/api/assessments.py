"""Judging facts that are handed in, for programs. Nothing is stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from crm.choices import Basis, Source
from pipeline.assessment import read_json, spoken_name
from pipeline.assessment.json_text import MOST_BYTES
from pipeline.choices import VerdictKind
from pipeline.policy.nodes import Status
from pipeline.policy.tables import CREDENTIALS, EXPERT_SCORES, FIGURES, FLAGS, IP_PREFIX, LEVELS
from pipeline.selectors.preview import preview
from pipeline.workflows import PROGRAMMES

PROGRAMME_CHOICES = [(code, table.short_label) for code, table in PROGRAMMES.items()]
_NUMBER: dict[str, Any] = {"oneOf": [{"type": "number"}, {"type": "string"}]}
_STATED = {
    "type": "object",
    "properties": {
        "value": {**_NUMBER, "nullable": True},
        "basis": {"type": "string", "enum": [*Basis.values]},
        "source": {"type": "string", "enum": [*Source.values]},
    },
    "required": ["value"],
}
_CLAIMED = {
    "type": "object",
    "properties": {"value": {"type": "boolean", "nullable": True}, "source": {"type": "string"}},
    "required": ["value"],
}


@extend_schema_field(
    {
        "oneOf": [*_NUMBER["oneOf"], _STATED, {"type": "array", "items": {"oneOf": [*_NUMBER["oneOf"], _STATED]}}],
        "nullable": True,
    }
)
class FigureField(serializers.JSONField):
    """A number, {"value", "basis", "source"}, or a list of such."""


@extend_schema_field(
    {
        "oneOf": [
            {"type": "boolean"},
            _CLAIMED,
            {"type": "array", "items": {"oneOf": [{"type": "boolean"}, _CLAIMED]}},
        ],
        "nullable": True,
    }
)
class ClaimField(serializers.JSONField):
    """Yes or no, {"value", "source"}, or a list of such; null says nothing."""


@extend_schema_field({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2, "nullable": True})
class PointsField(serializers.JSONField):
    """[least, most]."""


def _figures(codes: list[str]) -> dict[str, Any]:
    return {spoken_name(code): FigureField(required=False, help_text=str(FIGURES[code].label)) for code in codes}


YearSerializer: Any = inline_serializer(
    "YearFigures", _figures([code for code, figure in FIGURES.items() if figure.per_year])
)
IpSerializer: Any = inline_serializer("IpFigures", _figures([code for code in FIGURES if code.startswith(IP_PREFIX)]))


class HoldingSerializer(serializers.Serializer):
    """A credential; what it may state depends on its kind."""

    kind = serializers.ChoiceField(choices=[*CREDENTIALS])
    valid_until = serializers.DateField(required=False, allow_null=True)
    on = serializers.DateField(required=False, allow_null=True)
    rank = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    level = serializers.ChoiceField(choices=[*LEVELS], required=False, allow_null=True)
    year = serializers.IntegerField(required=False, allow_null=True)


class FactsSerializer(serializers.Serializer):
    """The facts of one firm. What is not here is unknown, never zero; only a credential not listed is not held."""

    registered_on = serializers.DateField(required=False, allow_null=True)
    industry = serializers.CharField(required=False, allow_blank=True, help_text="GB/T 4754: C3612")
    credit_score = FigureField(required=False)
    years = serializers.DictField(child=YearSerializer, required=False, help_text="By year: 2025")
    ip = IpSerializer
    credentials = HoldingSerializer(many=True, required=False)
    flags = serializers.DictField(child=ClaimField(), required=False, help_text=", ".join(FLAGS))
    expert = inline_serializer("ExpertPoints", {name: PointsField(required=False) for name in EXPERT_SCORES})


class QuestionSerializer(serializers.Serializer):
    """What is asked: by which edition, for which region, on which day. Null is the one in force, our city, today."""

    programme = serializers.ChoiceField(choices=PROGRAMME_CHOICES)
    edition = serializers.CharField(required=False, allow_null=True)
    region = serializers.CharField(required=False, allow_null=True)
    on = serializers.DateField(required=False, allow_null=True)
    facts = FactsSerializer()


class ScoreSerializer(serializers.Serializer):
    min = serializers.IntegerField()
    max = serializers.IntegerField()
    parts = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))


class LineSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    verdict = serializers.ChoiceField(choices=VerdictKind.choices)
    actual = serializers.CharField(allow_null=True)
    threshold = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    gap = serializers.CharField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=[*Status])


class GapSerializer(serializers.Serializer):
    criterion = serializers.CharField()
    amount = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()


class MissingSerializer(serializers.Serializer):
    fact = serializers.CharField()
    year = serializers.CharField(allow_null=True)
    ask = serializers.CharField()


StepSerializer: Any = inline_serializer(
    "Step",
    {
        "fact": serializers.CharField(),
        "year": serializers.CharField(allow_null=True),
        "from": serializers.CharField(),
        "to": serializers.CharField(),
        "effort": serializers.IntegerField(),
        "sentence": serializers.CharField(),
    },
    many=True,
)


class PathSerializer(serializers.Serializer):
    steps = StepSerializer
    reaches = serializers.IntegerField(allow_null=True)


class AssessmentSerializer(serializers.Serializer):
    """The assessment document: ratios, amounts and actuals are decimal strings, scores are integers."""

    programme = serializers.ChoiceField(choices=PROGRAMME_CHOICES)
    edition = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VerdictKind.choices)
    route = serializers.CharField(allow_null=True)
    score = ScoreSerializer(allow_null=True)
    criteria = LineSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    gaps = GapSerializer(many=True)
    missing = MissingSerializer(many=True)
    cheapest = PathSerializer(many=True)


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457). `errors` says what is wrong with each field, by its path."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    errors = serializers.DictField(child=serializers.CharField(), required=False)  # type: ignore[assignment]


class ExactParser(JSONParser):
    """JSON as the command `assess` reads it."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return read_json(stream.read(MOST_BYTES + 1))


class PreviewView(APIView):
    """Judge one set of facts by an edition. Nothing is stored; the command `assess` gives the same document."""

    parser_classes = [ExactParser]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "preview"

    @extend_schema(
        request=QuestionSerializer,
        responses={
            200: AssessmentSerializer,
            **dict.fromkeys(
                [(status, "application/problem+json") for status in (400, 401, 403, 415, 429)], ProblemSerializer
            ),
        },
    )
    def post(self, request: Request) -> Response:
        return Response(preview(request.data).as_dict())
