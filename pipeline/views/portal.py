"""The firm's own pages: where each application stands, whose turn it is, what to do and until when."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.errors import InvalidInput
from crm.models import Firm, Touch
from crm.services.mandates import acting_for
from crm.views.common import attempt, form_address, person, refuse, say
from pipeline.forms import MoveForm
from pipeline.models import Application, Recognition
from pipeline.recognition_forms import ReportForm
from pipeline.selectors.clocks import clock_face
from pipeline.selectors.confirming import held_year
from pipeline.selectors.portal import receipt_of, tracker, trackers
from pipeline.selectors.recognition_duties import own_titles
from pipeline.selectors.self_check import readiness
from pipeline.services.applications import move_application
from pipeline.services.recognition_duties import record_report
from pipeline.views.material_list import list_context

WORDS_SHOWN = 10
MOST_FIRMS = 100  # an agent's; what is shown of each is one line


def firm_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """People of a firm, and agents while their mandate is in force."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not scope_of(request.user).firm_ids:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def own_applications(request: HttpRequest):
    """What this person may follow for the firm, whatever posts they hold besides."""
    mine = Application.objects.visible_to(request.user).filter(firm__in=scope_of(request.user).firm_ids)
    return mine.exclude_internal().select_related("firm", "region", "officer", "round", "edition")


def own_firms(request: HttpRequest):
    """The firms this person belongs to or acts for."""
    return Firm.objects.filter(pk__in=scope_of(request.user).firm_ids).select_related("region", "officer")


def own_firm(request: HttpRequest) -> Firm:
    """The firm that is named, else the person's only or first one."""
    code = request.POST.get("firm") or request.GET.get("firm")
    return get_object_or_404(own_firms(request), credit_code=code) if code else own_firms(request).order_by("pk")[0]


@firm_only
@require_GET
def portal(request: HttpRequest) -> HttpResponse:
    """One firm, or for a person of several all of them at a glance."""
    firms = list(own_firms(request).order_by("name")[:MOST_FIRMS])
    if code := request.GET.get("firm"):
        return _one_firm(request, get_object_or_404(own_firms(request), credit_code=code), firms)
    if len(firms) == 1:
        return _one_firm(request, firms[0], firms)
    found = trackers(own_applications(request).filter(closed_at=None).order_by("-opened_at", "-pk"), today=_today())
    todo = [item for item in found if item.my_turn]
    context = {"firms": firms, "todo": todo, "counts": _per_firm(firms, todo), "agent_of": _agent_of(request)}
    return render(request, "pipeline/portal/firms.html", context)


def _one_firm(request: HttpRequest, firm: Firm, firms: list[Firm]) -> HttpResponse:
    mine = own_applications(request).filter(firm=firm)
    found = trackers(mine.order_by("-opened_at", "-pk")[:50], today=_today())
    context = {
        "firm": firm,
        "firms": firms,
        "behalf": acting_for(person(request), firm),
        "ready": readiness([firm], on=_today()),
        "held": held_year(firm, on=_today()),
        "trackers": found,
        "todo": [item for item in found if item.my_turn],
        "titles": own_titles([firm], _today()),
        "words": list(
            Touch.objects.filter(firm=firm, public=True).select_related("actor").order_by("-at", "-pk")[:WORDS_SHOWN]
        ),
    }
    return render(request, "pipeline/portal/home.html", context)


def _per_firm(firms: list[Firm], todo: list[Any]) -> dict[int, int]:
    """How many things wait for each firm."""
    return {firm.pk: sum(item.application.firm_id == firm.pk for item in todo) for firm in firms}


def _agent_of(request: HttpRequest) -> set[int]:
    return {firm for firm, _mandate in scope_of(request.user).mandates}


def _today():
    return timezone.localdate()


@firm_only
@require_GET
def portal_application(request: HttpRequest, pk: int) -> HttpResponse:
    application = get_object_or_404(own_applications(request), pk=pk)
    return _page(request, application, MoveForm(initial={"version": application.version}))


def _page(request: HttpRequest, application: Application, form: MoveForm, *, status: int = 200) -> HttpResponse:
    context = {
        "item": tracker(application, user=request.user, today=_today()),
        "application": application,
        "firm": application.firm,
        "behalf": acting_for(person(request), application.firm),
        "face": clock_face(application, _today(), public=True),
        "form": form,
        **list_context(request, application),
    }
    return render(request, "pipeline/portal/application.html", context, status=status)


@form_address("portal_application", "pk")
@firm_only
def portal_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit, resubmit or withdraw; then the receipt."""
    application = get_object_or_404(own_applications(request), pk=pk)
    form = MoveForm(request.POST)
    done = attempt(
        form,
        lambda: move_application(
            application,
            form.cleaned_data["transition"],
            actor=person(request),
            note=form.cleaned_data["note"],
            version=form.cleaned_data["version"],
        ),
    )
    if not done:
        return _page(request, get_object_or_404(own_applications(request), pk=pk), form, status=409)
    return redirect("portal_receipt", pk)


@firm_only
@require_GET
def portal_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper to keep: the reference number, what happens next and when, and whom to ask."""
    application = get_object_or_404(own_applications(request), pk=pk)
    receipt = receipt_of(application, today=_today())
    if receipt is None:
        raise Http404
    context = {"receipt": receipt, "application": application, "firm": application.firm, "printed_at": timezone.now()}
    return render(request, "pipeline/portal/receipt.html", context)


@firm_only
@require_POST
def portal_report(request: HttpRequest, pk: int) -> HttpResponse:
    """The firm says that it made the annual report of a year."""
    own = Recognition.objects.visible_to(request.user).filter(firm__in=scope_of(request.user).firm_ids)
    recognition = get_object_or_404(own.select_related("firm"), pk=pk)
    form = ReportForm(request.POST)
    if attempt(form, lambda: record_report(recognition, actor=person(request), **form.cleaned_data)):
        say(request, _("已登记年度报告"))
    else:
        refuse(request, InvalidInput(*(reason for reasons in form.errors.values() for reason in reasons)))
    return redirect(f"{reverse('portal')}?firm={recognition.firm.credit_code}")
