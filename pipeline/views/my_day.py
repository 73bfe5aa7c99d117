"""The officer's day: what is late, what waits for this desk, what was promised."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.access import scope_of
from crm.frame import current_region
from crm.paging import capped_count
from crm.views.common import person
from pipeline.models import Application
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.days import SHOWN, due_items, due_soon, planned_actions, waiting_here
from pipeline.selectors.next_rungs import next_rungs
from pipeline.selectors.snapshots import latest_snapshot


@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """For officers their work of today; firm users go to their portal."""
    scope = scope_of(request.user)
    if not scope.is_staff:
        return redirect("portal")
    region = current_region(request)
    today = timezone.localdate()
    applications = Application.objects.visible_to(request.user)
    deadlines, waiting = due_soon(person(request), today), waiting_here(applications, person(request))
    context = {
        "today": today,
        "deadlines": due_items(deadlines[:SHOWN], today, work_calendar()),
        "deadline_count": capped_count(deadlines)[0],
        "waiting": waiting[:SHOWN],
        "waiting_count": capped_count(waiting)[0],
        "planned": planned_actions(applications, person(request), today),
        "rungs": next_rungs(person(request), today),
        "compiled": latest_snapshot(region) if region else None,
    }
    return render(request, "pipeline/my_day.html", context)
