"""One application: its page, the sheet of its lawful moves, and what is done next."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.models import Firm, User
from crm.paging import capped_count, keyset
from crm.selectors.firms import officers_for
from crm.views.common import attempt, back, person, refuse, say, staff_only, wants_fragment
from pipeline.errors import PipelineError, StageMoved
from pipeline.filters import ApplicationFilter
from pipeline.forms import AssignForm, MoveForm, NextActionForm
from pipeline.models import Application
from pipeline.selectors.applications import timeline_events
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.clocks import clock_face, clocks
from pipeline.selectors.days import due_items
from pipeline.selectors.firms import ladders
from pipeline.selectors.moves import moves_of, warnings_of
from pipeline.services.applications import assign_application, move_application, plan_next
from pipeline.services.reveals import enter_result
from pipeline.services.undoing import undo_last, undo_until
from pipeline.workflows import PROGRAMMES

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
    context = {"filterset": filterset, "page": page, "number": number, "more": more, "narrowed": _narrowed(request)}
    context["clocks"] = clocks(page.rows, timezone.localdate())
    return render(request, template, context)


def _narrowed(request: HttpRequest) -> list[tuple[str, str, str, str]]:
    """What a link narrowed the list to beside the form: (field, its value, in words, the address without it)."""
    found = []
    stage, officer = request.GET.get("stage", ""), request.GET.get("officer", "")
    if stage:
        tables = [PROGRAMMES[code] for code in [request.GET.get("programme", "")] if code in PROGRAMMES]
        labels = {each.code: str(each.label) for table in tables or PROGRAMMES.values() for each in table.stages}
        found.append(("stage", stage, _("阶段：{name}").format(name=labels.get(stage, stage))))
    if officer.isdecimal():
        person = User.objects.filter(pk=officer, applications__in=Application.objects.visible_to(request.user)).first()
        found.append(("officer", officer, _("经办：{name}").format(name=person or officer)))
    return [(name, value, words, _without(request, name)) for name, value, words in found]


def _without(request: HttpRequest, name: str) -> str:
    left = request.GET.copy()
    left.pop(name)
    left.pop("after", None)
    return f"?{left.urlencode()}"


@staff_only
@require_GET
def application_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, visible_application(request, pk))


def _page(request: HttpRequest, application: Application, *, status: int = 200, **forms) -> HttpResponse:
    today, calendar = timezone.localdate(), work_calendar()
    firm: Firm = application.firm
    events = list(timeline_events(application))
    context = {
        "application": application,
        "firm": firm,
        "pending": application.pending_results.waiting().select_related("entered_by").first(),
        "undo_until": undo_until(events[0] if events else None, person(request)),
        "ladder": ladders([firm])[firm.pk],
        "moves": moves_of(application, person(request), today=today, calendar=calendar),
        "warnings": warnings_of(application),
        "events": events,
        "deadlines": due_items(application.deadlines.filter(closed_at=None), today, calendar),
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
    if form.cleaned_data["hold"]:
        text = _("{firm} 的结果已登记，公布前企业看不到").format(firm=application.firm.name)
    else:
        text = _("{firm} 已进入“{stage}”").format(firm=application.firm.name, stage=stage)
    if wants_fragment(request):
        told = _moved_event(application, text, undo=not form.cleaned_data["hold"])
        return HttpResponse(status=204, headers={"HX-Trigger": told})
    say(request, text)
    return back(request, reverse("application", args=[pk]))


def _move(application: Application, form: MoveForm, request: HttpRequest) -> None:
    data = form.cleaned_data
    said = {"actor": person(request), "note": data["note"], "version": data["version"], **form.result_for(application)}
    try:
        if data["hold"]:
            enter_result(application, data["transition"], reveal_on=data["reveal_on"], **said)
        else:
            move_application(application, data["transition"], **said)
    except StageMoved:
        # The typed note stays; the next try is judged on what the row is now.
        version = Application.objects.values_list("version", flat=True).get(pk=application.pk)
        form.data = request.POST.copy()
        form.data["version"] = str(version)
        raise


def _moved_event(application: Application, text: str, *, undo: bool) -> str:
    """What htmx tells the page: the board reloads its lanes, shows one line and offers to take the move back."""
    event: dict[str, Any] = {"text": text, "address": reverse("application", args=[application.pk])}
    if undo:
        event["version"] = application.version
        event["undo"] = {"address": reverse("application_undo", args=[application.pk]), "label": _("撤销")}
    return json.dumps({"moved": event})  # ASCII only, as a header must be


@staff_only
@require_POST
def application_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own move of the last minute."""
    application = visible_application(request, pk)
    seen = request.POST.get("version", "")
    try:
        undo_last(
            application, actor=person(request), version=int(seen) if seen.isdecimal() and len(seen) < 10 else None
        )
    except PipelineError as error:
        refuse(request, error)
    else:
        say(request, _("已撤销，恢复为“{stage}”").format(stage=application.current.label))
    return back(request, reverse("application", args=[pk]))


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
        "can_hold": any(move.allowed and move.step.revealable for move in moves),
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
