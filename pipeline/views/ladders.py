"""Settings of reminding: how far ahead of each kind of date somebody is told, and who."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import scope_of
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Region
from crm.views.common import attempt, person, refuse, say, staff_only, typed_key
from pipeline.ladder_forms import LadderForm
from pipeline.ladder_words import preview_of
from pipeline.rungs import DEFAULTS, LadderTable
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.ladder_page import LadderRow, ladder_groups, ladder_row, next_date
from pipeline.services.ladders import may_change, reset_ladder, set_ladder


@staff_only
@require_GET
def ladders(request: HttpRequest) -> HttpResponse:
    context = {"groups": ladder_groups(), "may_change": may_change(person(request), _region(request))}
    return render(request, "pipeline/ladders/ladders.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def ladder(request: HttpRequest, kind: str) -> HttpResponse:
    """One ladder: what it means for a date, and the form to change it. `preview` judges without keeping anything."""
    row = _row_of(kind)
    form, on = _form(request, row)
    if request.method == "GET":
        return _page(request, row, form, row.table, on)
    if "preview" in request.POST:
        table = form.table() if form.is_valid() else row.table
        return _page(request, row, form, table, form.cleaned_data.get("on") or on, previewed=form.is_valid())
    if attempt(form, lambda: _save(request, form)):
        say(request, _("“{kind}”的提醒已保存，未到的档随之调整").format(kind=row.label))
        return redirect("ladders")
    return _page(request, row, form, row.table, on, status=409)


def _form(request: HttpRequest, row: LadderRow, *, typed: bool = True) -> tuple[LadderForm, date]:
    """The form, and the date that the preview begins with."""
    on = next_date(row.table, person(request), timezone.localdate())
    data = request.POST or None if typed else None
    return LadderForm(data, table=row.table, initial={"version": row.version, "on": on}), on


def _save(request: HttpRequest, form: LadderForm) -> None:
    version = form.cleaned_data["version"]
    set_ladder(form.table(), actor=person(request), region=_region(request), version=version)


@staff_only
@require_POST
def ladder_reset(request: HttpRequest, kind: str) -> HttpResponse:
    row = _row_of(kind)
    try:
        seen = typed_key(request.POST.get("version", ""))
        reset_ladder(kind, actor=person(request), region=_region(request), version=seen)
    except DomainError as error:
        refuse(request, error)
        form, on = _form(request, row, typed=False)
        return _page(request, row, form, row.table, on, status=409)
    say(request, _("“{kind}”已恢复默认").format(kind=row.label))
    return redirect("ladders")


def _row_of(kind: str) -> LadderRow:
    if kind not in DEFAULTS:
        raise Http404
    return ladder_row(kind)


def _region(request: HttpRequest) -> Region:
    """The widest region of the person's posts: the ladders are the city's, whichever county is looked at."""
    region = scope_of(person(request)).home or current_region(request)
    assert region is not None
    return region


def _page(
    request: HttpRequest,
    row: LadderRow,
    form: LadderForm,
    table: LadderTable,
    on: date,
    *,
    previewed: bool = False,
    status: int = 200,
) -> HttpResponse:
    calendar = work_calendar()
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "on": on,
        "provisional": calendar.is_provisional(on),
        "lines": preview_of(table, on, calendar),
        "previewed": previewed,
        "may_change": may_change(person(request), _region(request)),
    }
    return render(request, "pipeline/ladders/ladder.html", context, status=status)
