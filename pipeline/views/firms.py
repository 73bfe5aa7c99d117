"""The record page of one firm."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.choices import TouchKind
from crm.errors import DomainError, InvalidInput
from crm.fact_codes import FACT_CODES, NO_YEAR
from crm.identifiers import Unreadable
from crm.models import Firm, Tag, Task
from crm.rows import fact_value
from crm.selectors.merging import successor_of
from crm.services.facts import record_fact
from crm.services.tasks import plan_task
from crm.services.touches import log_contact
from crm.views.common import attempt, back, person, refuse, say, staff_only, typed_key
from pipeline.contact_forms import TaskForm, TouchForm
from pipeline.forms import FactForm, OpenForm
from pipeline.models import Application, Recognition
from pipeline.selectors.benefits import tax_benefit
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.days import due_items, with_due
from pipeline.selectors.firms import figures_shown, ladder_of
from pipeline.selectors.next_actions import firm_actions
from pipeline.selectors.programmes import openings
from pipeline.selectors.timelines import Timeline, firm_timeline
from pipeline.services.applications import open_application


def visible_firm(request: HttpRequest, credit_code: str) -> Firm:
    return get_object_or_404(
        Firm.objects.visible_to(request.user).select_related("region", "officer"), credit_code=credit_code
    )


@staff_only
@require_GET
def firm_page(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The record page; the address of a firm that went into another leads to that one."""
    try:
        return _page(request, visible_firm(request, credit_code))
    except Http404:
        if (now := successor_of(credit_code)) is None:
            raise
    firm = visible_firm(request, now.credit_code)
    say(request, _("代码 {code} 的企业已并入本企业").format(code=credit_code))
    return redirect("firm", firm.credit_code)


def _page(request: HttpRequest, firm: Firm, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The record page, perhaps with a refused form on it."""
    today = timezone.localdate()
    applications = list(
        Application.objects.visible_to(request.user)
        .filter(firm=firm)
        .select_related("officer")
        .order_by("-opened_at", "-pk")
    )
    for application in applications:
        application.firm = firm
    recognitions = list(firm.recognitions.order_by("-granted_on", "-pk"))
    deadlines = due_items(
        firm.deadlines.filter(closed_at=None).select_related("application", "recognition"), today, work_calendar()
    )
    running = [item for item in applications if item.closed_at is None]
    figures = figures_shown(firm)
    context = {
        "firm": firm,
        "former_names": list(firm.former_names.all()),
        "tags": list(Tag.objects.visible_to(request.user).filter(tagged__firm=firm)),
        "ladder": ladder_of(recognitions, applications, today=today),
        "running": with_due(running, deadlines),
        "deadlines": deadlines,
        "openings": openings(recognitions, applications, today),
        "benefit": tax_benefit(figures["facts"], recognitions, today),
        **figures,
        **composer(request, firm, running, today),
        "timeline": timeline_of(request, firm, recognitions),
        "may_write": may_write(request.user, firm.region_path),
        "fact_form": FactForm(),
        **forms,
    }
    return render(request, "pipeline/firm_page.html", context, status=status)


def composer(request: HttpRequest, firm: Firm, running: list[Application], today: date) -> dict[str, Any]:
    """What is to be done, and the forms to say what was done; `?task=` names the task that a contact is to finish."""
    actions = firm_actions(firm, running, user=request.user, today=today)
    wanted = typed_key(request.GET.get("task", request.POST.get("task", "")))
    doing = next((each.task for each in actions if each.task and each.task.pk == wanted), None)
    kind = TouchKind.CALL if doing else TouchKind.NOTE
    return {
        "actions": actions,
        "doing": doing,
        "today": today,
        "touch_form": TouchForm(initial={"on": today, "kind": kind, "task": doing and doing.pk}),
        "task_form": TaskForm(),
    }


def timeline_of(request: HttpRequest, firm: Firm, titles: list[Recognition] | None = None) -> Timeline:
    """The page of the timeline that the address asks for."""
    show, after = request.GET.get("show", ""), request.GET.get("after", "")
    return firm_timeline(firm, user=request.user, show=show, after=after, titles=titles)


def _answer(request: HttpRequest, firm: Firm, done: bool, text: str, **forms: Any) -> HttpResponse:
    if done:
        say(request, text)
        return back(request, reverse("firm", args=[firm.credit_code]))
    return _page(request, firm, status=409, **forms)


@staff_only
@require_POST
def firm_touch(request: HttpRequest, credit_code: str) -> HttpResponse:
    """A note, a call or a visit with all that follows from it."""
    firm = visible_firm(request, credit_code)
    form = TouchForm(request.POST)
    done = attempt(
        form, lambda: log_contact(firm, actor=person(request), done=_task_of(request, firm, form), **form.contact())
    )
    return _answer(request, firm, done, _("已记录"), touch_form=form)


def _task_of(request: HttpRequest, firm: Firm, form: TouchForm) -> Task | None:
    """The task that the contact was; a closed one is refused by the service that closes it."""
    if not (key := form.cleaned_data["task"]):
        return None
    return get_object_or_404(Task.objects.visible_to(request.user).select_related("firm", "owner"), pk=key, firm=firm)


@staff_only
@require_POST
def firm_task(request: HttpRequest, credit_code: str) -> HttpResponse:
    """Plan something for a firm."""
    firm = visible_firm(request, credit_code)
    form = TaskForm(request.POST)
    done = attempt(form, lambda: plan_task(firm, actor=person(request), **form.cleaned_data))
    return _answer(request, firm, done, _("已安排"), task_form=form)


@staff_only
@require_POST
def firm_fact(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = FactForm(request.POST, request.FILES)
    done = attempt(form, lambda: _record(firm, form.cleaned_data, request))
    return _answer(request, firm, done, _("数据已保存"), fact_form=form)


def _record(firm: Firm, data: dict[str, Any], request: HttpRequest) -> None:
    kind = FACT_CODES[data["code"]]
    try:
        value = fact_value(kind, data["value"], unit="元")
    except Unreadable as error:
        raise InvalidInput(str(error)) from None
    if value is None:
        raise InvalidInput(_("请填写数值"))
    record_fact(
        firm,
        code=kind.code,
        value=value,
        year=data["year"] if kind.per_year else NO_YEAR,
        basis=data["basis"] if kind.bases else "",
        source=data["source"],
        evidence=data["evidence"],
        file=data["file"],
        actor=person(request),
    )


@staff_only
@require_POST
def firm_open(request: HttpRequest, credit_code: str) -> HttpResponse:
    """One click: start the firm on a programme."""
    firm = visible_firm(request, credit_code)
    form = OpenForm(request.POST)
    if not form.is_valid():
        return redirect("firm", firm.credit_code)
    try:
        application = open_application(
            firm,
            form.cleaned_data["programme"],
            year=form.cleaned_data["year"],
            actor=person(request),
        )
    except DomainError as error:
        refuse(request, error)
        return redirect("firm", firm.credit_code)
    say(request, _("已发起申报 {reference}").format(reference=application.reference))
    return redirect("application", application.pk)
