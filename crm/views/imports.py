"""The import, step by step: choose a file, match its columns, see what would happen, decide, apply, take back."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.choices import DECISIONS, UNLESS_SAID, ImportState, RowOutcome, Undone
from crm.errors import DomainError
from crm.files import CONTENT_TYPES
from crm.forms import ColumnsForm, DecisionForm, SheetForm, UploadForm
from crm.frame import current_region
from crm.headings import UNITS
from crm.models import Import, Region
from crm.paging import keyset
from crm.selectors.imports import column_views, expected, field_groups, row_views, shown_layout
from crm.services import imports
from crm.services.downloads import hand_out_of_region
from crm.services.import_files import write_template
from crm.services.import_mappings import save_mapping
from crm.views.common import attempt, back, person, refuse, say, staff_only, typed_key, wants_fragment

TABS = (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.PENDING, RowOutcome.REFUSED, RowOutcome.UNCHANGED)
NOT_UNDONE = "not_undone"


@staff_only
@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports of the reader's regions, and the upload form."""
    region = current_region(request)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        visible=Region.objects.visible_to(request.user),
        initial={"region": region.code if region else ""},
    )
    made: list[Import] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_upload(form, request))):
        return redirect("import", made[0].pk)
    page = keyset(
        Import.objects.visible_to(request.user).select_related("actor", "region"),
        order=("-pk",),
        after=request.GET.get("after", ""),
    )
    options = list(Region.objects.visible_to(request.user).order_by("path")[:200])
    context = {"page": page, "form": form, "region_options": options}
    return render(request, "crm/import_list.html", context, status=409 if form.errors else 200)


def _upload(form: UploadForm, request: HttpRequest) -> Import:
    file = form.cleaned_data["file"]
    return imports.upload(file, name=file.name, region=form.cleaned_data["region"], actor=person(request))


def _visible(request: HttpRequest, pk: int) -> Import:
    rows = Import.objects.visible_to(request.user).select_related("region", "job", "actor", "mapping")
    return get_object_or_404(rows, pk=pk)


@staff_only
@require_GET
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: where it stands, then its rows by outcome, those first that somebody has to look at."""
    batch = _visible(request, pk)
    shown = _tab_shown(request, batch)
    rows = batch.rows.filter(undone=Undone.REFUSED) if shown == NOT_UNDONE else batch.rows.filter(outcome=shown)
    page = keyset(rows.select_related("firm"), order=("line", "pk"), after=request.GET.get("after", ""))
    context = {
        "batch": batch,
        "tabs": _tabs(batch),
        "shown": shown,
        "page": page,
        "views": row_views(batch, page.rows),
        "expected": expected(batch) if batch.state == ImportState.CHECKED else None,
        **_deciding(request, batch, shown),
    }
    return render(request, "crm/import_page.html", context)


def _tab_shown(request: HttpRequest, batch: Import) -> str:
    asked = request.GET.get("outcome", "")
    if asked in RowOutcome.values or asked == NOT_UNDONE:
        return asked
    if batch.undone.get(Undone.REFUSED):
        return NOT_UNDONE
    first = ("refused", "pending", "created", "updated", "unchanged")
    return next((outcome for outcome in first if batch.counts.get(outcome)), "created")


def _tabs(batch: Import) -> list[tuple[str, Any, int]]:
    tabs: list[tuple[str, Any, int]] = [(tab.value, tab.label, batch.counts.get(tab.value, 0)) for tab in TABS]
    skipped = batch.counts.get(RowOutcome.SKIPPED, 0)
    tabs += [(RowOutcome.SKIPPED.value, RowOutcome.SKIPPED.label, skipped)] if skipped else []
    kept = batch.undone.get(Undone.REFUSED, 0)
    return tabs + ([(NOT_UNDONE, Undone.REFUSED.label, kept)] if kept else [])


def _deciding(request: HttpRequest, batch: Import, shown: str) -> dict[str, Any]:
    """What may be said of the rows that are shown, and by whom."""
    writes = may_write(request.user, batch.region_path)
    open_ = writes and batch.state == ImportState.CHECKED
    choices = [(each.value, each.label) for each in DECISIONS.get(shown, ())] if open_ else []
    said = batch.choices.get(shown) or UNLESS_SAID.get(shown, "")
    return {"may_write": writes, "decisions": choices, "said": said, "job": batch.job}


@staff_only
@require_http_methods(["GET", "POST"])
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Which line is the heading and what each column holds, with the first cells below it."""
    batch = _visible(request, pk)
    if not batch.may_be_mapped or not may_write(request.user, batch.region_path):
        return redirect("import", pk)
    try:
        layout = shown_layout(batch, **_heading_asked(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("import_columns", pk)
    form = ColumnsForm(request.POST or None, columns=len(layout.headings))
    if request.method == "POST" and attempt(form, lambda: _say_columns(batch, form, request)):
        return redirect("import", pk)
    views = column_views(batch, layout)
    context = {"batch": batch, "layout": layout, "form": form, "columns": views, "groups": field_groups()}
    context |= {"units": UNITS, "lines": batch.looked.get("head", ())[:20], "typed": request.POST}
    return render(request, "crm/import_columns.html", context, status=409 if form.errors else 200)


def _heading_asked(request: HttpRequest) -> dict[str, int]:
    given = request.POST if request.method == "POST" else request.GET
    return {"header_line": typed_key(given.get("header_line", "")), "height": typed_key(given.get("height", "")) or 1}


def _say_columns(batch: Import, form: ColumnsForm, request: HttpRequest) -> None:
    said: dict[str, Any] = {key: form.cleaned_data[key] for key in ("header_line", "height")}
    said |= {"meanings": form.meanings(), "actor": person(request)}
    name = form.cleaned_data["name"]
    mapping = save_mapping(batch, name=name, **said) if name else batch.mapping
    imports.say_columns(batch, sheet=batch.sheet, mapping=mapping, **said)


@staff_only
@require_POST
def import_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Another sheet of the same workbook, or the same one again."""
    batch = _visible(request, pk)
    form = SheetForm(request.POST)
    sheet = form.cleaned_data["sheet"] if form.is_valid() else ""
    return _do(request, pk, lambda: imports.look_again(batch, sheet=sheet, actor=person(request)))


@staff_only
@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    return _do(request, pk, lambda: imports.confirm(batch, actor=person(request)))


@staff_only
@require_POST
def import_go_on(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    return _do(request, pk, lambda: imports.go_on(batch, actor=person(request)))


@staff_only
@require_POST
def import_revert(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    return _do(request, pk, lambda: imports.revert(batch, actor=person(request)))


def _do(request: HttpRequest, pk: int, action: Callable[[], None]) -> HttpResponse:
    try:
        action()
    except DomainError as error:
        refuse(request, error)
    return redirect("import", pk)


@staff_only
@require_POST
def import_decide(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """What to do with one row; htmx gets the row alone."""
    batch = _visible(request, pk)
    row = get_object_or_404(batch.rows.select_related("firm"), line=line)
    form = DecisionForm(request.POST)
    saved = attempt(
        form, lambda: imports.decide(batch, line=line, decision=form.cleaned_data["decision"], actor=person(request))
    )
    if saved and wants_fragment(request):
        row.decision = form.cleaned_data["decision"]
        context = {"batch": batch, "shown": row.outcome, "view": row_views(batch, [row])[0]}
        return render(request, "crm/_import_row.html", context | _deciding(request, batch, row.outcome))
    _tell(request, form, _("第 {line} 行的决定已保存").format(line=line))
    return back(request, f"/imports/{pk}/?outcome={row.outcome}")


@staff_only
@require_POST
def import_decide_all(request: HttpRequest, pk: int) -> HttpResponse:
    """What to do with all rows of one outcome."""
    batch = _visible(request, pk)
    form = DecisionForm(request.POST)
    attempt(form, lambda: imports.decide_all(batch, **form.cleaned_data, actor=person(request)))
    _tell(request, form, _("对这一类行的决定已保存"))
    return back(request, f"/imports/{pk}/")


def _tell(request: HttpRequest, form: DecisionForm, done: str) -> None:
    if form.errors:
        refuse(request, DomainError(*(reason for reasons in form.errors.values() for reason in reasons)))
    else:
        say(request, done)


@staff_only
@require_GET
def import_report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that did not come in, as they stood, each with its reasons: fix and upload again."""
    batch = _visible(request, pk)
    if not batch.refused:
        raise Http404
    return hand_out_of_region(batch, batch.refused, region=batch.region, actor=person(request))


@staff_only
@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with every heading that we understand."""
    file = BytesIO()
    write_template(file, current_region(request))
    response = HttpResponse(file.getvalue(), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = 'attachment; filename="cultivar-import-template.xlsx"'
    return response
