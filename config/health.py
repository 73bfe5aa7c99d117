"""Is the product alive, ready, and does its queue move?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from crm.selectors.runs import job_rows
from notifications.vital_signs import Beat, failures_by_way, vital_signs


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def live(request: Request) -> Response:
    """The web process answers; nothing else is asked."""
    return Response({"live": True})


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def health(request: Request) -> Response:
    """200 when the database answers, else 503; `queue_moves` and the ages say whether background work goes on."""
    try:
        report = _report()
    except DatabaseError as error:
        return Response({"live": True, "ready": False, "reason": type(error).__name__}, status=503)
    return Response(report, status=200 if report["ready"] else 503)


def _report() -> dict[str, Any]:
    """A dozen indexed queries; numbers, instants and names of tasks, and nothing that names a person or an address."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    signs = vital_signs(now=now)
    age = signs.queue_age
    late = timedelta(minutes=settings.ALARM_QUEUE_MINUTES)
    return {
        "live": True,
        "ready": True,
        "queue_moves": age is not None and age < late,
        "queue_age_seconds": None if age is None else round(age.total_seconds()),
        "oldest_message_seconds": round(signs.oldest_age.total_seconds()),
        "last_plan": _instant(signs.last_plan),
        "last_digest": _instant(signs.last_digest),
        "failures_24h": failures_by_way(now=now),
        "dead_letters": signs.dead_letters,
        "unconfirmed": signs.unconfirmed,
        "late_jobs": [row.job.task for row in job_rows(now=now) if row.late_since],
        "last_runs": {name: beat.at.isoformat() for name, beat in signs.beats.items()},
    }


def _instant(beat: Beat | None) -> str | None:
    return beat.at.isoformat() if beat else None
