"""The firm's own pages: where each application stands, whose turn it is, what to do and until when."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import scope_of
from crm.errors import InvalidInput
from crm.models import Firm
from crm.views.common import attempt, person, refuse, say
from pipeline.forms import MoveForm
from pipeline.models import Application, Recognition
from pipeline.recognition_forms import ReportForm
from pipeline.selectors.portal import tracker, trackers
from pipeline.selectors.recognition_duties import own_titles
from pipeline.selectors.self_check import readiness
from pipeline.services.applications import move_application
from pipeline.services.recognition_duties import record_report

MOST_FIRMS = 20  # whose readiness is shown at once


def firm_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """People of a firm only."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not scope_of(request.user).firm_ids:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def own_applications(request: HttpRequest):
    """What this person may follow as a person of the firm, whatever posts they hold besides."""
    mine = Application.objects.visible_to(request.user).filter(firm__in=scope_of(request.user).firm_ids)
    return mine.exclude_internal().select_related("firm", "region", "officer", "round")


@firm_only
@require_GET
def portal(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    found = trackers(own_applications(request).order_by("-opened_at", "-pk")[:50], today=today)
    firms = list(Firm.objects.filter(pk__in=scope_of(request.user).firm_ids).select_related("region"))
    context = {
        "firms": firms,
        "ready": readiness(firms[:MOST_FIRMS], on=today),
        "trackers": found,
        "todo": [item for item in found if item.my_turn],
        "titles": own_titles(firms[:MOST_FIRMS], today),
    }
    return render(request, "pipeline/portal/home.html", context)


@firm_only
@require_GET
def portal_application(request: HttpRequest, pk: int) -> HttpResponse:
    application = get_object_or_404(own_applications(request), pk=pk)
    return _page(request, application, MoveForm(initial={"version": application.version}))


def _page(request: HttpRequest, application: Application, form: MoveForm, *, status: int = 200) -> HttpResponse:
    context = {
        "item": tracker(application, user=request.user, today=timezone.localdate()),
        "application": application,
        "form": form,
    }
    return render(request, "pipeline/portal/application.html", context, status=status)


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
    return redirect("portal")


@firm_only
@require_POST
def portal_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit, resubmit or withdraw."""
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
    say(request, _("已完成：{stage}").format(stage=application.current.public_label))
    return redirect("portal_application", pk)
