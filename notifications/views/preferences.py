"""What one wants to be told by which way; and the link in a mail that stops it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.access import scope_of
from crm.models import Firm
from crm.selectors.people import told_names
from crm.views.common import person, say
from notifications.addresses import is_mobile
from notifications.models import Way
from notifications.preferences import choices_of, save_choices
from notifications.unsubscribing import holder_of, is_stopped, stop

FIRMS_SHOWN = 20


@require_http_methods(["GET", "POST"])
def notification_settings(request: HttpRequest) -> HttpResponse:
    """Each kind with its ways; what always goes out is said with the reason."""
    user, scope = person(request), scope_of(request.user)
    choices = choices_of(user)
    if request.method == "POST":
        ways = [(choice.kind, way) for choice in choices for way in Way.values]
        save_choices(user, {(kind, way): f"{kind}-{way}" in request.POST for kind, way in ways})
        say(request, _("通知设置已保存"))
        return redirect("notification_settings")
    firms = Firm.objects.filter(pk__in=scope.firm_ids).order_by("name")[:FIRMS_SHOWN]
    context = {
        "choices": choices,
        "mobile": is_mobile(user.phone),
        "told": [(firm, told_names(firm)) for firm in firms],
        "base": "frame.html" if scope.is_staff else "portal_base.html",
    }
    return render(request, "notifications/settings.html", context)


@csrf_exempt  # mail programs post here by themselves; the signature in the address is the proof
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing, since scanners follow links; a post stops the mails at once, and may come twice."""
    holder = holder_of(token)
    if holder is None:
        return render(request, "notifications/unsubscribe.html", {"state": "unknown"}, status=404)
    if request.method == "POST":
        stop(holder, again="again" in request.POST)
    state = "stopped" if is_stopped(holder) else "again" if request.method == "POST" else "ask"
    return render(request, "notifications/unsubscribe.html", {"state": state, "holder": holder})
