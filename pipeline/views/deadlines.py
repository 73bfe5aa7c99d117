"""What is due, for whom, until when."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import QuerySet
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
from pipeline.selectors.explained import explained
from pipeline.selectors.month import month_of

ORDER = ("due_on", "pk")


def _found(request: HttpRequest) -> tuple[DeadlineFilter, QuerySet[Deadline]]:
    """The open deadlines of the reader's region that the address asks for."""
    rows = Deadline.objects.visible_to(request.user).open()
    if (region := current_region(request)) is not None:
        rows = rows.filter(region_path__under=region.path)
    filterset = DeadlineFilter(request.GET, queryset=rows, request=request)
    return filterset, filterset.qs if filterset.is_valid() else rows.none()


@staff_only
@require_GET
def deadline_list(request: HttpRequest) -> HttpResponse:
    """The open deadlines, the nearest first; those overdue stand on top because they are the earliest."""
    filterset, found = _found(request)
    found = found.select_related("application__round", "recognition", "firm", "firm__region")
    today = timezone.localdate()
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    number, more = capped_count(found)
    calendar = work_calendar()
    overdue, _more = capped_count(found.filter(due_on__lt=today))
    context = {
        "filterset": filterset,
        "page": page,
        "items": due_items(page.rows, today, calendar),
        "why": explained(page.rows, calendar),
        "number": number,
        "more": more,
        "overdue": overdue,
        "today": today,
    }
    template = "pipeline/_deadline_rows.html" if wants_fragment(request) else "pipeline/deadline_list.html"
    return render(request, template, context)


@staff_only
@require_GET
def deadline_month(request: HttpRequest) -> HttpResponse:
    """The same deadlines as a month: how many of each kind end on each day."""
    filterset, found = _found(request)
    today = timezone.localdate()
    month = _month(request.GET.get("month", "")) or today.replace(day=1)
    context = {
        "filterset": filterset,
        "month": month,
        "before": month - timedelta(days=1),
        "after": month + timedelta(days=31),
        "weeks": month_of(found, month, work_calendar()),
        "today": today,
    }
    return render(request, "pipeline/deadline_month.html", context)


def _month(text: str) -> date | None:
    """The first day of a month as YYYY-MM; None for anything else and for years no calendar reaches."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
