"""Moving many applications at once: what was chosen, what can be done with it, and the job that does it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from crm.models import Job
from crm.views.common import attempt, person, staff_only
from pipeline.filters import ApplicationFilter
from pipeline.forms import BulkMoveForm
from pipeline.models import Application
from pipeline.selectors.applications import with_account
from pipeline.services.bulk import MOST, offers, start_bulk_move

Chosen = dict[int, int]  # application: the version that was seen


@staff_only
@require_http_methods(["GET", "POST"])
def bulk_move(request: HttpRequest) -> HttpResponse:
    """The sheet for what was chosen on the list (`row=id:version`), by a filter (`everything=1`), or was refused
    by an earlier job (`job=id`). With a transition it starts the job."""
    if request.method == "GET":
        return _sheet(request, _refused_by(request), BulkMoveForm())
    chosen = _chosen(request)
    form = BulkMoveForm(request.POST)
    if "transition" not in request.POST:
        return _sheet(request, chosen, BulkMoveForm())
    started: list[Job] = []
    if attempt(form, lambda: started.append(_start(request, chosen, form))):
        return redirect("job", started[0].pk)
    return _sheet(request, chosen, form, status=409)


def _start(request: HttpRequest, chosen: Chosen, form: BulkMoveForm) -> Job:
    rows = [{"id": pk, "version": version} for pk, version in chosen.items()]
    return start_bulk_move(rows, actor=person(request), **form.given)


def _chosen(request: HttpRequest) -> Chosen:
    """The rows of the request, from single boxes or from one field that carries them all."""
    if request.POST.get("everything"):
        filterset = ApplicationFilter(request.GET, queryset=_visible(request), request=request)
        found = filterset.qs if filterset.is_valid() else _visible(request).none()
        return dict(found.order_by("pk").values_list("pk", "version")[: MOST + 1])
    marks = [*request.POST.getlist("row"), *request.POST.get("rows", "").split(",")]
    pairs = [mark.split(":") for mark in marks if mark]
    try:
        return {int(pk): int(version) for pk, version in pairs}
    except ValueError:
        return {}  # an address or a form that somebody cut short: nothing is chosen


def _refused_by(request: HttpRequest) -> Chosen:
    """What an earlier job refused, as it is now."""
    number = request.GET.get("job", "")
    if not number.isdecimal():
        return {}
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=number, kind="bulk_move")
    refused = job.result.get("refused_ids", [])
    return dict(_visible(request).filter(pk__in=refused).values_list("pk", "version"))


def _visible(request: HttpRequest):
    return Application.objects.visible_to(request.user)


def _sheet(request: HttpRequest, chosen: Chosen, form: BulkMoveForm, *, status: int = 200) -> HttpResponse:
    rows = with_account(_visible(request).filter(pk__in=list(chosen))).select_related("firm", "region")
    found = list(rows.order_by("pk"))
    context = {
        "rows": found[:50],
        "number": len(found),
        "marks": ",".join(f"{row.pk}:{chosen[row.pk]}" for row in found),
        "offers": offers(found, person(request)),
        "form": form,
    }
    return render(request, "pipeline/bulk_move.html", context, status=status)
