"""Targets: where each number stands, what is behind it, and the entry of targets and manual amounts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.frame import current_region, current_year
from crm.models import Region
from crm.paging import keyset
from crm.services.jobs import start_job
from crm.views.common import attempt, person, say, staff_only
from pipeline.choices import Counter
from pipeline.forms import CountForm, QuotaForm
from pipeline.models import Count, Indicator, Quota
from pipeline.selectors.counts import Period, counted_rows
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.services.targets import add_count, set_quota

RELATED = {
    "event": ("application__firm", "application__region"),
    "entry": ("region", "entered_by"),
    "recognition": ("firm", "region"),
}
PLACES = {"event": "application__region_path", "entry": "region_path", "recognition": "place"}


@staff_only
@require_GET
def targets(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    region, year = current_region(request), current_year(request)
    assert region is not None
    visible = Region.objects.visible_to(request.user)
    context = {
        "region": region,
        "year": year,
        "compiled": latest_snapshot(region, year=year),
        "counts": _entries(request, region, year),
        "revisions": list(
            Quota.objects.visible_to(request.user)
            .filter(region=region, year=year)
            .exclude(superseded_at=None)
            .select_related("indicator", "set_by")
        ),
        "quota_form": QuotaForm(visible=visible, initial={"year": year, "region": region.code}),
        "count_form": CountForm(visible=visible, initial={"region": region.code}),
        "region_options": list(visible.filter(path__under=region.path).order_by("path")[:200]),
        **forms,
    }
    return render(request, "pipeline/targets.html", context, status=status)


def _entries(request: HttpRequest, region: Region, year: int) -> list[Count]:
    rows = Count.objects.visible_to(request.user).filter(region_path__under=region.path, on__year=year)
    return list(rows.select_related("indicator", "region", "entered_by")[:20])


@staff_only
@require_POST
def quota_set(request: HttpRequest) -> HttpResponse:
    form = QuotaForm(request.POST, visible=Region.objects.visible_to(request.user))
    if not attempt(form, lambda: set_quota(actor=person(request), **form.cleaned_data)):
        return _page(request, status=409, quota_form=form)
    _recompile(request)
    say(request, _("目标已保存，数字正在重新统计"))
    return redirect("targets")


@staff_only
@require_POST
def count_add(request: HttpRequest) -> HttpResponse:
    form = CountForm(request.POST, visible=Region.objects.visible_to(request.user))
    if not attempt(form, lambda: add_count(actor=person(request), **form.cleaned_data)):
        return _page(request, status=409, count_form=form)
    _recompile(request)
    say(request, _("已录入，数字正在重新统计"))
    return redirect("targets")


@staff_only
@require_POST
def compile_now(request: HttpRequest) -> HttpResponse:
    """Count again now instead of tonight."""
    job = _recompile(request)
    return redirect("job", job.pk)


def _recompile(request: HttpRequest):
    return start_job("metrics.compile", title=_("重新统计指标"), actor=person(request), params={}, total=1)


@staff_only
@require_GET
def target_rows(request: HttpRequest, code: str) -> HttpResponse:
    """The firms, filings or entries behind one number: exactly those that were counted."""
    indicator = get_object_or_404(Indicator, code=code)
    region, year = current_region(request), current_year(request)
    assert region is not None
    compiled = latest_snapshot(region, year=year)
    as_of = compiled.as_of if compiled else timezone.localdate()
    kind = "event" if indicator.counter == Counter.FILED else "entry" if indicator.is_manual else "recognition"
    rows = counted_rows(indicator, Period(year, as_of)).select_related(*RELATED[kind])
    rows = rows.filter(**{f"{PLACES[kind]}__under": region.path})
    page = keyset(rows, order=("-pk",), after=request.GET.get("after", ""))
    context = {"indicator": indicator, "region": region, "year": year, "as_of": as_of, "page": page, "kind": kind}
    return render(request, "pipeline/target_rows.html", context)
