"""Is the product alive, ready, and does its queue move?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.models import Heartbeat
from notifications.models import Message, MessageState

QUEUE_LATE_SECONDS = 300
WAITING = [MessageState.QUEUED, MessageState.UNCONFIRMED]


@login_not_required
@require_GET
def live(request: HttpRequest) -> JsonResponse:
    """The web process answers; nothing else is asked."""
    return JsonResponse({"live": True})


@login_not_required
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; `queue_moves` and the ages say whether background work goes on."""
    try:
        report = _report()
    except DatabaseError as error:
        return JsonResponse({"live": True, "ready": False, "reason": type(error).__name__}, status=503)
    return JsonResponse(report, status=200 if report["ready"] else 503)


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
