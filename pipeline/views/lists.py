"""Official lists: take one in, see what each line means, decide, confirm, take back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import WRITERS, scope_of
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Region
from crm.paging import Page, keyset
from crm.published.matching import Standing
from crm.tables import guarded
from crm.views.common import attempt, person, refuse, say, staff_only
from pipeline.list_forms import LinesForm, ListDecisionForm, ListForm
from pipeline.models import OfficialList, OfficialListRow
from pipeline.selectors.lists import MISSING, ListCounts, list_counts, missing_from
from pipeline.services.list_confirm import confirm_list, undo_list
from pipeline.services.lists import add_to_library, decide, upload_list


@staff_only
@require_http_methods(["GET", "POST"])
def official_lists(request: HttpRequest) -> HttpResponse:
    """The lists that concern the reader's regions, and the form for another."""
    region = current_region(request)
    visible = Region.objects.visible_to(request.user)
    initial = {"region": region.code if region else ""}
    form = ListForm(request.POST or None, request.FILES or None, visible=visible, initial=initial)
    made: list[OfficialList] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_upload(form, request))):
        return redirect("official_list", made[0].pk)
    lists = OfficialList.objects.visible_to(request.user).select_related("region", "actor")
    page: Page[OfficialList] = keyset(lists, order=("-pk",), after=request.GET.get("after", ""))
    context = {
        "page": page,
        "counts": list_counts(page.rows, request.user),
        "form": form,
        "region_options": list(visible.order_by("path")[:200]),
    }
    return render(request, "pipeline/lists/lists.html", context, status=409 if form.errors else 200)


def _upload(form: ListForm, request: HttpRequest) -> OfficialList:
    return upload_list(**form.given, actor=person(request))


def _visible(request: HttpRequest, pk: int) -> OfficialList:
    rows = OfficialList.objects.visible_to(request.user).select_related("region", "job__actor", "actor")
    return get_object_or_404(rows, pk=pk)


def _row(request: HttpRequest, pk: int, line: int) -> OfficialListRow:
    rows = OfficialListRow.objects.visible_to(request.user).select_related("official_list__region", "firm")
    return get_object_or_404(rows, official_list=pk, line=line)


@staff_only
@require_GET
def official_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: its progress while it runs, then its lines by what they came to."""
    found = _visible(request, pk)
    counts = list_counts([found], request.user)[found.pk]
    missing = missing_from(found, request.user)
    shown = request.GET.get("show", "")
    if shown not in {*Standing.values, MISSING}:
        shown = _first_tab(counts)
    context = {
        "list": found,
        "counts": counts,
        "tabs": [(standing.value, standing.label, counts.standings[standing]) for standing in Standing],
        "missing_number": missing.count(),
        "shown": shown,
        "page": _page(request, found, shown, missing),
        "writes": scope_of(request.user).has_role(*WRITERS),
        "whole": found.region_path.startswith(tuple(scope_of(request.user).paths)) or request.user.is_superuser,
        "job": found.job,
        "decided": "decided" in request.GET,
        "noted": "noted" in request.GET,
    }
    return render(request, "pipeline/lists/list.html", context)


def _first_tab(counts: ListCounts) -> str:
    """What needs a person first; then what can be confirmed."""
    order = (Standing.DECIDE, Standing.WRONG_CODE, Standing.MATCHED, Standing.UNKNOWN)
    return str(next((standing for standing in order if counts.standings[standing]), Standing.MATCHED))


def _page(request: HttpRequest, found: OfficialList, shown: str, missing: Any) -> Page[Any]:
    after = request.GET.get("after", "")
    if shown == MISSING:
        return keyset(missing, order=("stage_since", "pk"), after=after)
    rows = found.rows.visible_to(request.user).filter(standing=shown)
    if shown == Standing.MATCHED and "noted" in request.GET:
        rows = rows.exclude(reasons=[])
    related = ("firm", "application", "recognition", "done_by", "decided_by")
    return keyset(rows.select_related(*related), order=("line", "pk"), after=after)


def _to(pk: int, show: str, **query: str) -> HttpResponse:
    address = reverse("official_list", args=[pk]) + f"?show={show}"
    return redirect(address + "".join(f"&{name}={value}" for name, value in query.items()))


@staff_only
@require_POST
def official_list_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _start(request, pk, confirm_list)


@staff_only
@require_POST
def official_list_undo(request: HttpRequest, pk: int) -> HttpResponse:
    return _start(request, pk, undo_list)


def _start(request: HttpRequest, pk: int, service: Any) -> HttpResponse:
    found = _visible(request, pk)
    form = LinesForm(request.POST)
    try:
        service(found, actor=person(request), lines=form.lines if form.is_valid() else [])
    except DomainError as error:
        refuse(request, error)
    return _to(pk, Standing.MATCHED)


@staff_only
@require_POST
def official_list_decide(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Keep a decision and go on to the next line of the same sort."""
    row = _row(request, pk, line)
    before = row.standing
    form = ListDecisionForm(request.POST)
    choice = (form["choice"].value() or form["code"].value() or "").strip()
    try:
        decide(row, choice=choice, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        said = _("第 {line} 行：{name}") if row.firm else _("第 {line} 行：{standing}")
        say(request, said.format(line=line, name=row.firm, standing=row.get_standing_display()))
    return _to(pk, before, decided="1")


@staff_only
@require_POST
def official_list_add(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Add the firm of a line to the library."""
    row = _row(request, pk, line)
    try:
        firm = add_to_library(row, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("“{name}”已加入企业库，可在“已匹配”中办理").format(name=firm.name))
    return _to(pk, Standing.UNKNOWN, decided="1")


@staff_only
@require_GET
def official_list_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every line that the reader may see, with what it came to, and then ours that are missing."""
    found = _visible(request, pk)
    response = StreamingHttpResponse(_csv(found, request.user), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="official-list-{pk}.csv"'
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def _csv(found: OfficialList, user: Any) -> Iterator[str]:
    yield "\ufeff"
    writer = csv.writer(_Echo())
    heads = (
        _("行号"),
        _("企业名称"),
        _("统一社会信用代码"),
        _("编号"),
        _("比对结果"),
        _("对应企业"),
        _("办理结果"),
        _("说明"),
    )
    yield writer.writerow(heads)
    rows = found.rows.visible_to(user).select_related("firm").order_by("line")
    for row in rows.iterator(chunk_size=500):
        yield writer.writerow([guarded(str(cell)) for cell in _cells(row)])
    for application in missing_from(found, user).order_by("pk").iterator(chunk_size=500):
        firm = application.firm
        cells = ["", firm.name, firm.credit_code, application.reference, _("我方未上榜"), firm.name, "", ""]
        yield writer.writerow([guarded(str(cell)) for cell in cells])


def _cells(row: OfficialListRow) -> list[object]:
    said = "；".join([*row.reasons, *row.outcome])
    firm = row.firm.name if row.firm else ""
    standing, result = row.get_standing_display(), row.get_result_display()
    return [row.line, row.name, row.credit_code, row.number, standing, firm, result, said]
