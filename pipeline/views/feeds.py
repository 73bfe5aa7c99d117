"""The calendar feed: no log-in, the address is the secret."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.limits import limited
from crm.models import User
from pipeline.feeds import calendar_of
from pipeline.selectors.days import feed_actions, feed_deadlines


@login_not_required
@never_cache
@require_safe
@limited("calendar", per_minute=60)
def calendar_feed(request: HttpRequest, key: str) -> HttpResponse:
    """The dates of the person whose secret this is, in their language; a closed account has none."""
    user = get_object_or_404(User, calendar_key=key, is_active=True)
    today = timezone.localdate()
    with override(user.language):
        text = calendar_of(user, feed_deadlines(user, today), feed_actions(user, today), timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="cultivar.ics"'
    response["Referrer-Policy"] = "no-referrer"
    return response
