"""Who to push this week: a page, and the card that other pages fetch."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region, current_year
from crm.views.common import person, staff_only, wants_fragment
from pipeline.selectors.pushing import push_list

ON_CARD, ON_PAGE = 5, 50


@staff_only
@require_GET
def push_page(request: HttpRequest) -> HttpResponse:
    """The list of a region; `mine` leaves the reader's own firms. htmx gets the card alone."""
    region, user, mine = current_region(request), person(request), request.GET.get("mine") == "1"
    assert region is not None
    fragment = wants_fragment(request)
    pushes = push_list(
        region,
        user,
        year=current_year(request),
        today=timezone.localdate(),
        officer=user if mine else None,
        limit=ON_CARD if fragment else ON_PAGE,
    )
    context = {"region": region, "pushes": pushes, "mine": mine}
    return render(request, "pipeline/pushing/_card.html" if fragment else "pipeline/pushing/page.html", context)
