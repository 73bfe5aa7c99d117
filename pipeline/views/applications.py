"""One application: its page, the sheet of its lawful moves, and what is done next."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.models import Firm
from crm.paging import capped_count, keyset
from crm.selectors.firms import officers_for
from crm.views.common import attempt, back, person, say, staff_only, wants_fragment
from pipeline.errors import StageMoved
from pipeline.filters import ApplicationFilter
from pipeline.forms import AssignForm, MoveForm, NextActionForm
from pipeline.models import Application
from pipeline.selectors.applications import timeline_events
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.clocks import clock_face, clocks
from pipeline.selectors.days import due_items
from pipeline.selectors.firms import ladders
from pipeline.services.applications import assign_application, move_application, moves_of, plan_next, warnings_of

ORDER = ("-stage_since", "-pk")


def visible_application(request: HttpRequest, pk: int) -> Application:
    rows = Application.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("firm", "region", "officer", "round", "edition"), pk=pk)


@staff_only
@require_GET
def application_list(request: HttpRequest) -> HttpResponse:
    """The officer's list; htmx asks for the same address and gets the rows alone."""
    applications = Application.objects.visible_to(request.user).select_related("firm", "region", "officer")
    filterset = ApplicationFilter(request.GET, queryset=applications, request=request)
    found = filterset.qs if filterset.is_valid() else applications.none()
    number, more = capped_count(found)
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    template = "pipeline/_application_rows.html" if wants_fragment(request) else "pipeline/application_list.html"
    context = {"filterset": filterset, "page": page, "number": number, "more": more}
    context["clocks"] = clocks(page.rows, timezone.localdate())
    return render(request, template, context)


@staff_only
@require_GET
def application_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, visible_application(request, pk))


def _page(request: HttpRequest, application: Application, *, status: int = 200, **forms) -> HttpResponse:
    today = timezone.localdate()
    firm: Firm = application.firm
    context = {
        "application": application,
        "firm": firm,
        "ladder": ladders([firm])[firm.pk],
        "moves": moves_of(application, person(request)),
        "warnings": warnings_of(application),
        "events": list(timeline_events(application)),
        "deadlines": due_items(application.deadlines.filter(closed_at=None), today, work_calendar()),
        "face": clock_face(application, today),
        "recognitions": list(application.recognitions.all()),
        "may_write": may_write(request.user, application.region_path),
        "officers": officers_for(application.region_path),
        "move_form": MoveForm(initial={"version": application.version, "granted_on": today}),
        "next_form": NextActionForm(
            initial={"next_action": application.next_action, "next_action_on": application.next_action_on}
        ),
        **forms,
    }
    return render(request, "pipeline/application_page.html", context, status=status)


@staff_only
@require_http_methods(["GET", "POST"])
def application_move(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of lawful moves: a page of its own, or a dialog on the board.

    A refusal shows the sheet again with every reason and all that was typed, on the newest state of the row.
    """
    application = visible_application(request, pk)
    if request.method == "GET":
        initial = {"version": application.version, "granted_on": timezone.localdate()}
        return _sheet(request, application, MoveForm(initial=initial), wanted=request.GET.get("to", ""))
    form = MoveForm(request.POST)
    moved = attempt(form, lambda: _move(application, form, request))
    if not moved:
        return _sheet(request, visible_application(request, pk), form, status=409)
    stage = application.current.label
    text = _("{firm} 已进入“{stage}”").format(firm=application.firm.name, stage=stage)
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Trigger": _moved_event(text)})
    say(request, text)
    return back(request, reverse("application", args=[pk]))


def _move(application: Application, form: MoveForm, request: HttpRequest) -> None:
    data = form.cleaned_data
    try:
        move_application(
            application,
            data["transition"],
            actor=person(request),
            note=data["note"],
            version=data["version"],
            **form.result_for(application),
        )
    except StageMoved:
        # The typed note stays; the next try is judged on what the row is now.
        version = Application.objects.values_list("version", flat=True).get(pk=application.pk)
        form.data = request.POST.copy()
        form.data["version"] = str(version)
        raise


def _moved_event(text: str) -> str:
    """What htmx tells the page: the board reloads its lanes and shows one line."""
    return json.dumps({"moved": {"text": text}})  # ASCII only, as a header must be


def _sheet(
    request: HttpRequest, application: Application, form: MoveForm, *, status: int = 200, wanted: str = ""
) -> HttpResponse:
    moves = moves_of(application, person(request))
    leading = [move for move in moves if move.step.target == wanted]
    chosen = form["transition"].value() or (leading[0].step.code if len(leading) == 1 else "")
    context = {
        "application": application,
        "moves": moves,
        "form": form,
        "wanted": next((stage for stage in application.workflow.stages if stage.code == wanted), None),
        "chosen": chosen,
        "can_move": any(move.allowed for move in moves),
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }
    template = "pipeline/_move_sheet.html" if wants_fragment(request) else "pipeline/move_page.html"
    # htmx swaps error answers only when told to; the status says it to everybody else.
    return render(request, template, context, status=status)


@staff_only
@require_POST
def application_plan(request: HttpRequest, pk: int) -> HttpResponse:
    application = visible_application(request, pk)
    form = NextActionForm(request.POST)
    done = attempt(
        form,
        lambda: plan_next(
            application,
            action=form.cleaned_data["next_action"],
            on=form.cleaned_data["next_action_on"],
            actor=person(request),
        ),
    )
    if not done:
        return _page(request, application, status=409, next_form=form)
    say(request, _("下一步已保存"))
    return redirect("application", pk)


@staff_only
@require_POST
def application_assign(request: HttpRequest, pk: int) -> HttpResponse:
    application = visible_application(request, pk)
    form = AssignForm(request.POST, officers=officers_for(application.region_path))
    done = attempt(
        form,
        lambda: assign_application(application, officer=form.cleaned_data["officer"], actor=person(request)),
    )
    if not done:
        return _page(request, application, status=409, assign_form=form)
    say(request, _("经办人员已更改"))
    return redirect("application", pk)
