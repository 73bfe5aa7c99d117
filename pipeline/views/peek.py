"""The short card of a firm, to look at beside a list without leaving it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.views.common import staff_only, wants_fragment
from pipeline.models import Application
from pipeline.selectors.chips import foremost, gap_chips
from pipeline.selectors.firms import ladders
from pipeline.selectors.next_actions import firm_actions
from pipeline.views.firms import visible_firm
from pipeline.workflows import PROGRAMMES

SHOWN = 3  # next actions, contacts, and last contacts


@staff_only
@require_GET
def firm_peek(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The card alone for htmx, a page of its own for everybody else."""
    firm = visible_firm(request, credit_code)
    today = timezone.localdate()
    running = list(
        Application.objects.visible_to(request.user)
        .open()
        .filter(firm=firm)
        .select_related("officer", "firm")
        .order_by("-opened_at", "-pk")
    )
    badges, chips = ladders([firm], today=today), gap_chips([firm.pk], programmes=PROGRAMMES, today=today)
    context = {
        "firm": firm,
        "ladder": badges[firm.pk],
        "chip": foremost(chips, badges).get(firm.pk),
        "actions": firm_actions(firm, running, user=request.user, today=today)[:SHOWN],
        "today": today,
        "running": running,
        "contacts": firm.contacts.order_by("pk")[:SHOWN],
        "touches": firm.touches.visible_to(request.user).select_related("actor").order_by("-on", "-pk")[:SHOWN],
    }
    template = "pipeline/firm/_peek.html" if wants_fragment(request) else "pipeline/firm/peek_page.html"
    return render(request, template, context)
