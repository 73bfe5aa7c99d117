"""The officer's day: what is late, what waits for this desk, what was promised."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.access import scope_of
from crm.choices import Role
from crm.frame import current_region
from crm.paging import capped_count
from crm.selectors.leaves import leaves_around
from crm.views.common import person
from pipeline.models import Application
from pipeline.selectors.calendar import missing_notices, work_calendar
from pipeline.selectors.days import SHOWN, due_items, due_soon, waiting_here
from pipeline.selectors.deputies import lent_work
from pipeline.selectors.next_actions import my_tasks
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
    applications, calendar = Application.objects.visible_to(request.user), work_calendar()
    away, lent = leaves_around(person(request), today)
    deadlines, waiting = due_soon(person(request), today), waiting_here(applications, person(request))
    parts = my_tasks(applications, person(request), today=today)
    context = {
        "today": today,
        "deadlines": due_items(deadlines[:SHOWN], today, calendar),
        "deadline_count": capped_count(deadlines)[0],
        "waiting": waiting[:SHOWN],
        "waiting_count": capped_count(waiting)[0],
        "parts": parts,
        "has_actions": any(part.actions for part in parts),
        "away": away,
        "lent": lent_work(lent, person(request), today, calendar),
        "rungs": next_rungs(person(request), today),
        "missing_notices": missing_notices(calendar, today) if scope.has_role(Role.ADMIN) else [],
        "compiled": latest_snapshot(region) if region else None,
        # Who leads sees whom the region must push; an officer sees the firms that are theirs.
        "mine": scope.has_role(Role.OFFICER) and not scope.has_role(Role.LEAD, Role.ADMIN),
    }
    return render(request, "pipeline/my_day.html", context)
