"""The upload page: choose a file, see row by row what would happen, confirm, watch it happen."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.choices import RowOutcome
from crm.columns import FIRM_HEADERS
from crm.errors import DomainError
from crm.fact_codes import FACT_CODES, YUAN
from crm.forms import DecisionForm, UploadForm
from crm.frame import current_region
from crm.models import Import, ImportRow, Region
from crm.paging import keyset
from crm.services.imports import confirm, decide, upload
from crm.tables import guarded
from crm.views.common import attempt, person, refuse, say, staff_only


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
    return upload(file, name=file.name, region=form.cleaned_data["region"], actor=person(request))


def _visible(request: HttpRequest, pk: int) -> Import:
    rows = Import.objects.visible_to(request.user).select_related("region", "job", "actor")
    return get_object_or_404(rows, pk=pk)


@staff_only
@require_GET
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its progress while it runs, then its rows by outcome, worst first."""
    batch = _visible(request, pk)
    counts = batch.counts or {}
    shown = request.GET.get("outcome") or next(
        (o for o in ("refused", "pending", "created") if counts.get(o)), "created"
    )
    rows = batch.rows.filter(outcome=shown).select_related("firm")
    context = {
        "batch": batch,
        "tabs": [(outcome, counts.get(outcome.value, 0)) for outcome in RowOutcome],
        "shown": shown,
        "page": keyset(rows, order=("line", "pk"), after=request.GET.get("after", "")),
        "may_write": may_write(request.user, batch.region_path),
        "job": batch.job,
    }
    return render(request, "crm/import_page.html", context)


@staff_only
@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _visible(request, pk)
    try:
        confirm(batch, actor=person(request))
    except DomainError as error:
        refuse(request, error)
    return redirect("import", pk)


@staff_only
@require_POST
def import_decide(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    batch = _visible(request, pk)
    form = DecisionForm(request.POST)
    if attempt(form, lambda: decide(batch, line=line, decision=form.cleaned_data["decision"], actor=person(request))):
        say(request, _("第 {line} 行的决定已保存").format(line=line))
    else:
        for reasons in form.errors.values():
            for reason in reasons:
                say(request, str(reason))
    return redirect(f"/imports/{pk}/?outcome=pending")


@staff_only
@require_GET
def import_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The refused and pending rows as they stood, with the reasons in front: fix and upload again."""
    batch = _visible(request, pk)
    rows = batch.rows.filter(outcome__in=[RowOutcome.REFUSED, RowOutcome.PENDING])
    response = StreamingHttpResponse(_csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{pk}-refused.csv"'
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def _csv_lines(rows: Any):
    yield "\ufeff"
    writer = csv.writer(_Echo())
    headings: list[str] = []
    for row in rows.order_by("line").iterator(chunk_size=500):
        if not headings:
            headings = list(row.raw)
            yield writer.writerow([_("行号"), _("结果"), _("原因"), *headings])
        yield writer.writerow(report_cells(row, headings))


def report_cells(row: ImportRow, headings: list[str]) -> list[str]:
    cells = [row.raw.get(heading, "") for heading in headings]
    return [str(row.line), row.get_outcome_display(), "；".join(row.reasons), *(guarded(cell) for cell in cells)]


@staff_only
@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """An empty table with every heading we understand."""
    firm = [names[0] for field, names in FIRM_HEADERS.items() if field not in {"province", "city"}]
    facts = [f"{fact.headers[0]}{'(元)' if fact.unit == YUAN else ''}" for fact in FACT_CODES.values()]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="cultivar-import-template.csv"'
    response.write("\ufeff")
    csv.writer(response).writerow([*firm, *facts])
    return response
