"""Dates of one application that people set: the round it belongs to, the steps of its timetable that are done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.errors import DomainError
from crm.views.common import person, refuse, say, staff_only, typed_key
from pipeline.models import Round
from pipeline.services.rounds import move_to_round
from pipeline.services.timetables import tick_step
from pipeline.views.applications import visible_application


@staff_only
@require_POST
def application_round(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the application to another window."""
    application = visible_application(request, pk)
    number = typed_key(request.POST.get("round", ""))
    window = get_object_or_404(Round.objects.visible_to(request.user), pk=number)
    try:
        move_to_round(application, window, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("已转入{round}，相关期限已更新").format(round=window))
    return redirect("application", pk)


@staff_only
@require_POST
def application_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick a step of the timetable, or take the tick away."""
    application = visible_application(request, pk)
    done = request.POST.get("done") == "1"
    try:
        tick_step(application, request.POST.get("code", ""), done=done, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    return redirect(reverse("application", args=[pk]) + "#timetable")
