"""How the delivery goes: the queue, the channels, the incidents, and the letters that nobody got."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.errors import DomainError, InvalidInput
from crm.paging import keyset
from crm.views.common import person, refuse, say, staff_only, typed_key
from notifications.dead_letters import administers, dead_letters, give_up, send_again
from notifications.delivery_report import way_lines
from notifications.filters import DeadLetterFilter
from notifications.incident_words import sentence
from notifications.models import Incident
from notifications.vital_signs import vital_signs

ORDER = ("-pk",)
INCIDENTS_SHOWN = 10


@staff_only
@require_GET
def delivery(request: HttpRequest) -> HttpResponse:
    """One page that says whether messages leave, and what to do with those that did not."""
    now, user = timezone.now(), person(request)
    filterset = DeadLetterFilter(request.GET, queryset=dead_letters(user).select_related("firm"))
    found = filterset.qs if filterset.is_valid() else filterset.queryset.none()
    context = {
        "signs": vital_signs(now=now),
        "ways": way_lines(user, now=now),
        "incidents": [(one, sentence(one)) for one in Incident.objects.all()[:INCIDENTS_SHOWN]],
        "filterset": filterset,
        "dead": dead_letters(user).count(),
        "page": keyset(found, order=ORDER, after=request.GET.get("after", "")),
        "may_act": administers(user),
    }
    return render(request, "notifications/delivery.html", context)


@staff_only
@require_POST
def delivery_resend(request: HttpRequest) -> HttpResponse:
    """Send one dead letter again, or all that the filter finds."""

    def act(rows):
        number = send_again(rows, actor=person(request))
        say(request, ngettext("已重新排队 {n} 条消息", "已重新排队 {n} 条消息", number).format(n=number))

    return _acted(request, act)


@staff_only
@require_POST
def delivery_give_up(request: HttpRequest) -> HttpResponse:
    """Give up one dead letter, or all that the filter finds, with a reason."""

    def act(rows):
        number = give_up(rows, actor=person(request), reason=request.POST.get("reason", ""))
        say(request, ngettext("已放弃 {n} 条消息", "已放弃 {n} 条消息", number).format(n=number))

    return _acted(request, act)


def _acted(request: HttpRequest, act: Callable) -> HttpResponse:
    try:
        act(_chosen(request))
    except DomainError as error:
        refuse(request, error)
    query = request.POST.get("query", "")
    return redirect(f"{reverse('outbox_delivery')}?{query}" if query else "outbox_delivery")


def _chosen(request: HttpRequest):
    """The row that was clicked, or everything that the filter of the form finds."""
    rows = dead_letters(person(request))
    if "row" in request.POST:
        return rows.filter(pk=typed_key(request.POST["row"]))
    filterset = DeadLetterFilter(request.POST, queryset=rows)
    if not filterset.is_valid():
        raise InvalidInput(*(str(reason) for reasons in filterset.errors.values() for reason in reasons))
    return filterset.qs
