"""Work reports: made in the background, listed, downloaded; and the sentences they are made of."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import MANAGERS, scope_of
from crm.frame import current_region
from crm.models import Job, Region
from crm.paging import keyset
from crm.services.downloads import hand_out_of_region
from crm.views.common import attempt, form_address, person, say, staff_only, typed_key
from pipeline.models import ReportTemplate, WorkReport
from pipeline.report_forms import FIRST_HALF, WHOLE, PeriodForm, TemplateForm
from pipeline.selectors.reports import preview_blocks, sentences_in_force
from pipeline.services.reports import save_template, start_report

SHOWN_VERSIONS = 20


@staff_only
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    period = FIRST_HALF if today.month in (6, 7, 8) else WHOLE
    return _list_page(request, PeriodForm(initial={"period": period, "year": today.year}))


@staff_only
@form_address("reports")
@require_POST
def report_make(request: HttpRequest) -> HttpResponse:
    """Start one; the page of the job shows how far it is."""
    region, form, begun = current_region(request), PeriodForm(request.POST), list[Job]()
    assert region is not None

    def start() -> None:
        said = form.cleaned_data
        begun.append(start_report(region, said["since"], said["until"], actor=person(request)))

    if not attempt(form, start):
        return _list_page(request, form, status=409)
    return redirect("job", begun[0].pk)


def _list_page(request: HttpRequest, form: PeriodForm, *, status: int = 200) -> HttpResponse:
    rows = WorkReport.objects.visible_to(request.user).select_related("region", "made_by", "template").defer("content")
    page = keyset(rows, order=("-pk",), after=request.GET.get("after", ""))
    context = {"form": form, "page": page, "region": current_region(request)}
    return render(request, "pipeline/reports/list.html", context, status=status)


@staff_only
@require_GET
def report_file(request: HttpRequest, pk: int) -> FileResponse:
    """The document of a report of one's own regions; who took it is kept."""
    rows = WorkReport.objects.visible_to(request.user).select_related("region").defer("content")
    report = get_object_or_404(rows, pk=pk)
    return hand_out_of_region(report, report.file, region=report.region, actor=person(request))


@staff_only
@require_http_methods(["GET", "POST"])
def report_template(request: HttpRequest) -> HttpResponse:
    """The sentences in force, or those of an older version; saved as a new version, or only looked at."""
    newest = ReportTemplate.objects.first()
    if request.method == "POST":
        return _save(request, newest)
    chosen = newest
    if wanted := request.GET.get("version"):
        chosen = get_object_or_404(ReportTemplate, number=typed_key(wanted))
    return _template_page(request, _form(chosen, newest), newest, sentences_in_force(chosen))


def _save(request: HttpRequest, newest: ReportTemplate | None) -> HttpResponse:
    form, kept = TemplateForm(request.POST), list[ReportTemplate]()

    def keep() -> None:
        said = form.cleaned_data
        kept.append(save_template(form.sentences(), note=said["note"], actor=person(request), seen=said["seen"]))

    if "preview" not in request.POST:
        if not attempt(form, keep):
            return _template_page(request, form, newest, None, status=409)
        say(request, _("模板已保存为第 {number} 版").format(number=kept[0].number))
        return redirect("report_template")
    sentences = form.sentences() if form.is_valid() else None
    return _template_page(request, form, newest, sentences)


def _form(chosen: ReportTemplate | None, newest: ReportTemplate | None) -> TemplateForm:
    texts = {f"s-{key}": text for key, text in sentences_in_force(chosen).items()}
    return TemplateForm(initial={"seen": newest.number if newest else 0, **texts})


def _template_page(
    request: HttpRequest,
    form: TemplateForm,
    newest: ReportTemplate | None,
    sentences: dict[str, str] | None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page with a preview of the year so far in the current region; none where sentences cannot be used."""
    region, today = current_region(request), timezone.localdate()
    assert region is not None
    context: dict[str, Any] = {
        "form": form,
        "newest": newest,
        "versions": ReportTemplate.objects.select_related("author").defer("sentences")[:SHOWN_VERSIONS],
        "may_save": scope_of(request.user).has_role(*MANAGERS),
        "region": region,
    }
    if sentences is not None:
        context |= _preview(region, today, sentences)
    return render(request, "pipeline/reports/template.html", context, status=status)


def _preview(region: Region, today: date, sentences: dict[str, str]) -> dict[str, Any]:
    blocks, faults = preview_blocks(region, date(today.year, 1, 1), today, sentences, today=today)
    return {"blocks": blocks, "faults": faults}
