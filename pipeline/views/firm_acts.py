"""One act on many firms: what was chosen on the list, what the act would meet, and the job that does it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Firm, Job, Region
from crm.selectors.jobs import every_outcome
from crm.services import exports
from crm.services.exports import start_export
from crm.views.common import attempt, person, refuse, staff_only, typed_key
from pipeline.filters import FirmFilter
from pipeline.firm_act_forms import FORMS, ActForm
from pipeline.selectors.firm_acts import mails_on_opening, preview
from pipeline.selectors.firm_order import order_of, sort_of
from pipeline.services.firm_acts import ACTS, KIND, MOST, OPEN, REFUSED, start_firm_act, undo_firm_act
from pipeline.workflows import PROGRAMMES

EXPORT = "export"


@staff_only
@require_http_methods(["GET", "POST"])
def firm_bulk(request: HttpRequest) -> HttpResponse:
    """The sheet of one act for the firms that were ticked (`firm`), that a filter finds (`all`, `query`, `expected`),
    that the sheet carries (`firms`) or that an earlier job refused (`job`). With `go` it starts the job."""
    region = current_region(request)
    if region is None:
        raise Http404
    keys = _chosen(request) if request.method == "POST" else _refused_by(request)
    act = request.POST.get("other") or request.POST.get("act") or request.GET.get("act", "")
    act = act if act in FORMS else next(iter(FORMS))
    sent = request.POST if request.POST.get("go") else None
    form = FORMS[act](sent, user=person(request), region=region)
    started: list[Job] = []
    if sent and attempt(form, lambda: started.append(_start(request, act, keys, form, region))):
        return redirect("job", started[0].pk)
    return _sheet(request, act, keys, form)


@transaction.atomic
def _start(request: HttpRequest, act: str, keys: list[int], form: ActForm, region: Region) -> Job:
    if act == EXPORT:
        return start_export("firms", keys, region=region, actor=person(request), **form.given())
    return start_firm_act(act, keys, actor=person(request), **form.given())


def _chosen(request: HttpRequest) -> list[int]:
    """The firms meant, by key, in the order of the list; those that the sheet carries stay as they were chosen."""
    if request.POST.get("firms"):
        marks = request.POST["firms"].split(",")
    elif request.POST.get("all"):
        order = order_of(sort_of(QueryDict(request.POST.get("query", "")).get("sort", "")))
        found = _of_query(request).order_by(*order).values_list("pk", flat=True)
        return list(found[: exports.MOST + 1])
    else:
        marks = request.POST.getlist("firm")
    return [key for key in dict.fromkeys(map(typed_key, marks)) if key]


def _of_query(request: HttpRequest) -> QuerySet[Firm]:
    visible = Firm.objects.visible_to(request.user)
    filterset = FirmFilter(QueryDict(request.POST.get("query", "")), queryset=visible, request=request)
    return filterset.qs if filterset.is_valid() else visible.none()


def _refused_by(request: HttpRequest) -> list[int]:
    """The firms that an earlier job refused."""
    number = typed_key(request.GET.get("job", ""))
    if not number:
        return []
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=number, kind=KIND)
    return [row["id"] for row in every_outcome(job, REFUSED) if row["id"]]


def _sheet(request: HttpRequest, act: str, keys: list[int], form: ActForm) -> HttpResponse:
    expected = request.POST.get("expected", "") if request.POST.get("all") else ""
    context: dict[str, Any] = {
        "act": act,
        "acts": [*ACTS.items(), (EXPORT, _("导出"))],
        "form": form,
        "preview": preview(keys, person(request)),
        "marks": ",".join(map(str, keys)),
        "expected": int(expected) if expected.isdecimal() and int(expected) != len(keys) else None,
        "most": MOST if act != EXPORT else exports.MOST,
        "told": [table.short_label for code, table in PROGRAMMES.items() if act == OPEN and mails_on_opening(code)],
    }
    status = 409 if form.is_bound and form.errors else 200
    return render(request, "pipeline/firm_bulk.html", context, status=status)


@staff_only
@require_POST
def firm_bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an act back, firm by firm."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, kind=KIND)
    try:
        undoing = undo_firm_act(job, actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("job", pk)
    return redirect("job", undoing.pk)
