"""Entered numbers: amounts with evidence, their correction, the rule of their quality, what others published."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.frame import current_region, current_year
from crm.models import Region
from crm.paging import keyset
from crm.views.common import attempt, person, say, staff_only
from pipeline.models import Count, PublishedTotal
from pipeline.selectors.quality import class_lines
from pipeline.services.amounts import add_count, correct_count, publish_total, set_quality_rule, withdraw_count
from pipeline.services.target_tables import import_counts
from pipeline.target_forms import CorrectForm, CountForm, PublishedForm, QualityForm, TableForm, WithdrawForm
from pipeline.views.target_tables import read_table


@staff_only
@require_GET
def amounts(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    region, year = current_region(request), current_year(request)
    assert region is not None
    visible = Region.objects.visible_to(request.user)
    rows = Count.objects.visible_to(request.user).filter(region_path__under=region.path)
    rows = rows.filter(on__gte=date(year, 1, 1), on__lte=date(year, 12, 31))
    rows = rows.select_related("indicator", "region", "entered_by", "withdrawn_by")
    context = {
        "region": region,
        "year": year,
        "page": keyset(rows, order=("-on", "-pk"), after=request.GET.get("after", "")),
        "classes": class_lines(region.path, year, timezone.localdate()),
        "count_form": CountForm(visible=visible, initial={"region": region.code}),
        "table_form": TableForm(),
        "quality_form": QualityForm(initial={"year": year}),
        "region_options": list(visible.filter(path__under=region.path).order_by("path")[:200]),
        **given,
    }
    return render(request, "pipeline/targets/amounts.html", context, status=status)


@staff_only
@require_POST
def count_add(request: HttpRequest) -> HttpResponse:
    form = CountForm(request.POST, visible=Region.objects.visible_to(request.user))
    if not attempt(form, lambda: add_count(actor=person(request), **form.cleaned_data)):
        return _page(request, status=409, count_form=form)
    say(request, _("已录入，数字随后更新"))
    return redirect("amounts")


@staff_only
@require_POST
def count_import(request: HttpRequest) -> HttpResponse:
    """A table of amounts: every line, or none with what is wrong in each."""
    form = TableForm(request.POST, request.FILES)
    report = read_table(import_counts, form, actor=person(request))
    if report is None or report.refused:
        return _page(request, status=409, table_form=form, report=report)
    say(request, _("已录入 {n} 行，数字随后更新").format(n=report.saved))
    return redirect("amounts")


@staff_only
@require_http_methods(["GET", "POST"])
def count_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: put another in its place, or take it out; who, when and why stay."""
    count = get_object_or_404(Count.objects.visible_to(request.user).select_related("indicator", "region"), pk=pk)
    if request.method != "POST":
        return _entry(request, count, CorrectForm.of(count))
    if "withdraw" in request.POST:
        form: Any = WithdrawForm(request.POST)
        done = attempt(form, lambda: withdraw_count(count, actor=person(request), **form.cleaned_data))
    else:
        form = CorrectForm(request.POST)
        done = attempt(form, lambda: correct_count(count, actor=person(request), **form.cleaned_data))
    if not done:
        shown = form if isinstance(form, CorrectForm) else CorrectForm.of(count)
        return _entry(request, count, shown, refused=form, status=409)
    say(request, _("已撤回，数字随后更新") if "withdraw" in request.POST else _("已更正，数字随后更新"))
    return redirect("amounts")


def _entry(request: HttpRequest, count: Count, form: Any, *, refused: Any = None, status: int = 200) -> HttpResponse:
    context = {"count": count, "form": form, "refused": refused}
    return render(request, "pipeline/targets/entry.html", context, status=status)


@staff_only
@require_POST
def quality_set(request: HttpRequest) -> HttpResponse:
    form = QualityForm(request.POST)
    if not attempt(form, lambda: set_quality_rule(actor=person(request), **form.cleaned_data)):
        return _page(request, status=409, quality_form=form)
    say(request, _("规则已保存，质量分按它计算"))
    return redirect("amounts")


@staff_only
@require_http_methods(["GET", "POST"])
def published(request: HttpRequest) -> HttpResponse:
    """What was published of other cities and of the whole region: rank and share come from it."""
    year = current_year(request)
    form = PublishedForm(request.POST or None, initial={"year": year, "as_of": timezone.localdate()})
    done = request.method == "POST" and attempt(form, lambda: publish_total(actor=person(request), **form.cleaned_data))
    if done:
        say(request, _("公布数已保存"))
        return redirect("published")
    rows = PublishedTotal.objects.filter(year=year).select_related("indicator", "entered_by")
    context = {"form": form, "year": year, "rows": list(rows.order_by("indicator__position", "-as_of", "-value")[:500])}
    return render(request, "pipeline/targets/published.html", context, status=409 if request.method == "POST" else 200)
