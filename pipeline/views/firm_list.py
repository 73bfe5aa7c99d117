"""The working list of firms: filters and their pills, rows, and the names that its search fields offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.models import Firm, Region
from crm.paging import COUNT_LIMIT, CappedCount
from crm.views.common import person, staff_only, wants_fragment
from pipeline.filters import FirmFilter
from pipeline.filters.pills import pills
from pipeline.firm_views import view_bar
from pipeline.selectors.chips import foremost, gap_chips
from pipeline.selectors.firm_columns import COLUMNS, cells_of, columns_of
from pipeline.selectors.firm_names import officers_called, tags_called
from pipeline.selectors.firm_order import firm_page_of, sort_of
from pipeline.selectors.firm_sums import firm_sums as firm_sums_of
from pipeline.selectors.firms import ladders
from pipeline.workflows import PROGRAMMES

OFTEN = ("q", "programme", "stage", "holds", "gap", "whose", "officer")
OF_FRAME = frozenset({"region", "year", "after"})  # parts of the address that narrow nothing by themselves
BACKWARDS = {"updated"}  # orders that begin with the newest


def _found(request: HttpRequest) -> tuple[FirmFilter, QuerySet[Firm]]:
    """The firms that the address asks for, of the region that the page is about; none where a filter is wrong."""
    visible = Firm.objects.visible_to(request.user).select_related("region", "officer")
    if (region := current_region(request)) is not None:
        visible = visible.filter(region_path__under=region.path)
    filterset = FirmFilter(request.GET, queryset=visible, request=request)
    return filterset, filterset.qs if filterset.is_valid() else visible.none()


@staff_only
@require_GET
def firm_list(request: HttpRequest) -> HttpResponse:
    """The officer's firm library; htmx asks for the same address and gets the rows alone."""
    filterset, found = _found(request)
    sort, columns = sort_of(request.GET.get("sort", "")), columns_of(request.GET.getlist("cols"))
    counted = found.annotate(counted=CappedCount(found))
    page = firm_page_of(counted, sort=sort, after=request.GET.get("after", ""))
    badges, chips = ladders(page.rows), gap_chips([firm.pk for firm in page.rows], programmes=PROGRAMMES)
    number = page.rows[0].counted if page.rows else 0  # type: ignore[attr-defined]
    context = {
        **_fields(filterset),
        "page": page,
        "ladders": badges,
        "chips": foremost(chips, badges),
        "cells": cells_of(columns, page.rows, user=person(request), today=timezone.localdate(), chips=chips),
        "heads": [_head(request, column.label, column.sort, sort, column.css) for column in columns],
        "name_head": _head(request, _("企业"), "name", sort),
        "columns": [(column, column in columns) for column in COLUMNS.values()],
        "kept": _kept(request),
        "bar": view_bar(person(request), request.GET),
        "number": min(number, COUNT_LIMIT),
        "more": number > COUNT_LIMIT,
        "selecting": _selecting(request, current_region(request)),
        "pills": pills(filterset, request.GET, unsaid=OF_FRAME),
    }
    template = "pipeline/_firm_rows.html" if wants_fragment(request) else "pipeline/firm_list.html"
    return render(request, template, context)


@dataclass(frozen=True)
class Head:
    """The head of a column; with an address it sorts, and `aria` says which way the list stands now."""

    label: Any
    address: str = ""
    aria: str = ""
    css: str = ""


def _head(request: HttpRequest, label: Any, name: str, sort: str, css: str = "") -> Head:
    if not name:
        return Head(label, css=css)
    up, down = name, f"-{name}"
    first, other = (down, up) if name in BACKWARDS else (up, down)
    query = request.GET.copy()
    query.pop("after", None)
    query["sort"] = other if sort == first else first
    return Head(label, f"?{query.urlencode()}", {up: "ascending", down: "descending"}.get(sort, ""), css)


def _kept(request: HttpRequest) -> dict[str, list[tuple[str, str]]]:
    """What the forms on the page carry along of the address: the filters' form the rest, the columns' form all else."""
    said = [(name, value) for name, values in request.GET.lists() if name != "after" for value in values]
    return {
        "filters": [pair for pair in said if pair[0] in ("sort", "cols", "view")],
        "columns": [pair for pair in said if pair[0] != "cols" and pair[1]],
    }


def _fields(filterset: FirmFilter) -> dict[str, Any]:
    """The fields that always stand above the list, and those behind 更多筛选: open where one is set or wrong."""
    for name in ("officer", "tag"):
        filterset.form.fields[name].widget.attrs |= _offers(name)
    fields = [field for field in filterset.form if not field.is_hidden]
    seldom = [field for field in fields if field.name not in OFTEN]
    return {
        "filterset": filterset,
        "often": [field for field in fields if field.name in OFTEN],
        "seldom": seldom,
        "seldom_set": any(field.value() or field.errors for field in seldom),
        "wrong": [field for field in fields if field.errors],
    }


def _offers(name: str) -> dict[str, str]:
    """Names are looked up while somebody types; the field is plain text without a script."""
    return {
        "list": f"{name}-names",
        "autocomplete": "off",
        "hx-get": reverse("firm_names", args=[name]),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": f"#{name}-names",
        "hx-push-url": "false",
    }


def _selecting(request: HttpRequest, region: Region | None) -> str:
    """The list without its place on the page, for who means all of it: the same filters, the same region."""
    query = request.GET.copy()
    query.pop("after", None)
    if region is not None:
        query["region"] = region.code
    return query.urlencode()


@staff_only
@require_GET
def firm_names(request: HttpRequest, field: str) -> HttpResponse:
    """What the field may go on with, for who has typed the beginning: officers or tags."""
    typed = request.GET.get(field, "")
    user = person(request)
    found = officers_called(typed, user=user) if field == "officer" else tags_called(typed, user=user)
    return render(request, "pipeline/_firm_names.html", {"names": found})


@staff_only
@require_GET
def firm_sums(request: HttpRequest) -> HttpResponse:
    """What the whole result comes to, for who asks: htmx gets it above the list, a link a page of it."""
    filterset, found = _found(request)
    sums = firm_sums_of(found, today=timezone.localdate())
    context = {
        "sums": sums,
        "pills": pills(filterset, request.GET, unsaid=OF_FRAME),
        "back": request.GET.urlencode(),
        "unassigned": _narrowed(request, "whose", "none"),
        "rungs": [
            (rung, _narrowed(request, "holds", rung.programme), _narrowed(request, "programme", rung.programme))
            for rung in sums.rungs
        ],
    }
    template = "pipeline/_firm_sums.html" if wants_fragment(request) else "pipeline/firm_sums.html"
    return render(request, template, context)


def _narrowed(request: HttpRequest, name: str, value: str) -> str:
    """The list of the firms behind one number; none where that filter is set otherwise already."""
    query = request.GET.copy()
    if query.get(name) or (name == "programme" and query.get("stage")) or (name == "holds" and query.get("ending")):
        return ""
    query[name] = value
    return f"?{query.urlencode()}"
