"""Taking applications or titles out as a table: what was ticked or found, why, and in which format."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from crm.choices import ExportKind
from crm.frame import current_region
from crm.models import Job, Region
from crm.services.exports import MOST, start_export
from crm.views.common import attempt, person, staff_only, typed_key
from pipeline.filters import ApplicationFilter, RecognitionFilter
from pipeline.firm_act_forms import RowsExportForm
from pipeline.models import Application, Recognition
from pipeline.selectors.renewals import TABS, of_tab, order_of

LISTS = {ExportKind.APPLICATIONS: "applications", ExportKind.RECOGNITIONS: "recognitions"}


@staff_only
@require_http_methods(["GET", "POST"])
def export_rows(request: HttpRequest, kind: str) -> HttpResponse:
    """The sheet for rows that were ticked (`row`), else for all that the list at this query finds; it carries them on
    (`rows`). With `go` it starts the job. A GET goes to the list."""
    region = current_region(request)
    if kind not in LISTS or region is None:
        raise Http404
    if request.method == "GET":
        return redirect(LISTS[ExportKind(kind)])
    keys = _chosen(request, kind, region)
    sent = request.POST if request.POST.get("go") else None
    form = RowsExportForm(sent, user=person(request), region=region)
    started: list[Job] = []

    def start() -> None:
        started.append(start_export(kind, keys, region=region, actor=person(request), **form.given()))

    if sent and attempt(form, start):
        return redirect("job", started[0].pk)
    context: dict[str, Any] = {"form": form, "number": len(keys), "marks": ",".join(map(str, keys))}
    context |= {"kind": kind, "label": ExportKind(kind).label, "list": LISTS[ExportKind(kind)]}
    status = 409 if form.is_bound and form.errors else 200
    return render(request, "pipeline/export_rows.html", context, status=status)


def _chosen(request: HttpRequest, kind: str, region: Region) -> list[int]:
    """The rows meant, by key, in the order of their list."""
    if "rows" in request.POST:
        marks = request.POST["rows"].split(",")
    elif request.POST.getlist("row"):
        marks = [mark.partition(":")[0] for mark in request.POST.getlist("row")]
    else:
        found = _applications(request) if kind == ExportKind.APPLICATIONS else _titles(request, region)
        return list(found.values_list("pk", flat=True)[: MOST + 1])
    return [key for key in dict.fromkeys(map(typed_key, marks)) if key]


def _applications(request: HttpRequest) -> QuerySet[Application]:
    visible = Application.objects.visible_to(request.user)
    filterset = ApplicationFilter(request.GET, queryset=visible, request=request)
    return (filterset.qs if filterset.is_valid() else visible.none()).order_by("-stage_since", "-pk")


def _titles(request: HttpRequest, region: Region) -> QuerySet[Recognition]:
    visible = Recognition.objects.visible_to(request.user).within(region)
    filterset = RecognitionFilter(request.GET, queryset=visible, request=request)
    found = filterset.qs if filterset.is_valid() else visible.none()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "12"
    return of_tab(found, tab, timezone.localdate()).order_by(*order_of(tab))
