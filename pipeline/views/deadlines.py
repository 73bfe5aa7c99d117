"""What is due, for whom, until when."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.paging import capped_count, keyset
from crm.views.common import staff_only, wants_fragment
from pipeline.filters import DeadlineFilter
from pipeline.models import Deadline
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.days import due_items

ORDER = ("due_on", "pk")


@staff_only
@require_GET
def deadline_list(request: HttpRequest) -> HttpResponse:
    """The open deadlines, the nearest first; those overdue stand on top because they are the earliest."""
    rows = Deadline.objects.visible_to(request.user).open()
    if (region := current_region(request)) is not None:
        rows = rows.filter(region_path__under=region.path)
    filterset = DeadlineFilter(request.GET, queryset=rows, request=request)
    found = filterset.qs if filterset.is_valid() else rows.none()
    found = found.select_related("application", "recognition", "firm", "firm__region")
    today = timezone.localdate()
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    number, more = capped_count(found)
    overdue, _more = capped_count(found.filter(due_on__lt=today))
    context = {
        "filterset": filterset,
        "page": page,
        "items": due_items(page.rows, today, work_calendar()),
        "number": number,
        "more": more,
        "overdue": overdue,
        "today": today,
    }
    template = "pipeline/_deadline_rows.html" if wants_fragment(request) else "pipeline/deadline_list.html"
    return render(request, template, context)
