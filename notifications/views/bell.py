"""The bell: how much is unread and what came last, asked again by every open page."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from crm.views.common import person
from notifications.models import Message
from notifications.selectors import Bell, bell_of


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The last messages and the count; 304 while neither has changed. Two statements, rendered without the frame."""
    shown = bell_of(person(request))
    etag = _etag(shown)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        context = {"bell": shown, "csrf_token": get_token(request)}
        answer = HttpResponse(render_to_string("notifications/_bell_list.html", context))
    answer["ETag"] = etag
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _etag(shown: Bell) -> str:
    parts = [shown.unread, translation.get_language(), *((row.pk, row.read_at is None) for row in shown.rows)]
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:20]}"'


@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one's own message read and stay."""
    get_object_or_404(Message.objects.told(request.user), pk=pk)
    Message.objects.filter(pk=pk, read_at=None).update(read_at=timezone.now())
    return redirect("notices")
