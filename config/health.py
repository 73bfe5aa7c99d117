"""Is the product alive, ready, and does its queue move?"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Heartbeat
from notifications.models import Message, MessageState

QUEUE_LATE_SECONDS = 300
WAITING = [MessageState.QUEUED, MessageState.UNCONFIRMED]


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
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    queue_age = (now - beats["queue"]).total_seconds() if "queue" in beats else None
    oldest = Message.objects.filter(state__in=WAITING, send_after__lte=now).order_by("send_after").first()
    return {
        "live": True,
        "ready": True,
        "queue_moves": queue_age is not None and queue_age < QUEUE_LATE_SECONDS,
        "queue_age_seconds": None if queue_age is None else round(queue_age),
        "oldest_message_seconds": round((now - oldest.send_after).total_seconds()) if oldest else 0,
        "last_runs": {name: at.isoformat() for name, at in beats.items()},
    }
