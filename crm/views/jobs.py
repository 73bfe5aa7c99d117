"""The report of the running: what runs by the clock, how it went, and the reader's own background jobs."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import MANAGERS, scope_of
from crm.errors import DomainError
from crm.models import Job
from crm.periodic import periodic_jobs
from crm.selectors.runs import job_rows
from crm.services.refusals import hand_out_refused
from crm.services.runs import ask_run
from crm.views.common import person, refuse, say, staff_only

JOBS_SHOWN = 20


@staff_only
@require_GET
def periodic(request: HttpRequest) -> HttpResponse:
    """Every job of the schedule with its last and its next run, and the newest background jobs one may see."""
    rows = job_rows(now=timezone.now())
    jobs = Job.objects.visible_to(request.user).select_related("actor")
    context = {
        "rows": rows,
        "troubled": sum(bool(row.late_since or row.has_failed) for row in rows),
        "unknown": sum(row.last is None for row in rows),
        "may_run": scope_of(request.user).has_role(*MANAGERS),
        "jobs": list(jobs[:JOBS_SHOWN]),
    }
    return render(request, "crm/periodic.html", context)


@staff_only
@require_POST
def periodic_run(request: HttpRequest, name: str) -> HttpResponse:
    """Start one job now."""
    job = periodic_jobs().get(name)
    if job is None:
        raise Http404
    try:
        ask_run(job, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已请求运行“{job}”，结果稍后显示在这里").format(job=job.title))
    return redirect("periodic")


@require_GET
def job_refused(request: HttpRequest, pk: int) -> FileResponse:
    """What a job refused, with every reason, as a table; who took it is kept."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    return hand_out_refused(job, actor=person(request))
