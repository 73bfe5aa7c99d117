"""The renewals work list: whose title runs out when, and how far its renewal is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.paging import keyset
from crm.views.common import person, staff_only, wants_fragment
from pipeline.filters import RecognitionFilter
from pipeline.models import Recognition
from pipeline.selectors.renewals import TABS, of_tab, order_of, renewals, tab_counts


@staff_only
@require_GET
def renewal_list(request: HttpRequest) -> HttpResponse:
    """The titles of one tab, those that end first on top; all of them newest first."""
    rows, today = Recognition.objects.visible_to(request.user), timezone.localdate()
    if (region := current_region(request)) is not None:
        rows = rows.within(region)
    filterset = RecognitionFilter(request.GET, queryset=rows, request=request)
    found = filterset.qs if filterset.is_valid() else rows.none()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "12"
    shown = of_tab(found, tab, today).select_related("firm", "firm__region")
    page = keyset(shown, order=order_of(tab), after=request.GET.get("after", ""))
    context = {
        "fields": [filterset.form["q"], filterset.form["programme"]],
        "tab": tab,
        "tabs": tab_counts(found, today),
        "page": page,
        "items": renewals(page.rows, user=person(request), today=today),
    }
    template = "pipeline/renewals/_found.html" if wants_fragment(request) else "pipeline/renewals/list.html"
    return render(request, template, context)
