"""Targets: where each number stands on a day, and what is behind it."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.frame import current_region, current_year
from crm.models import Region
from crm.paging import keyset
from crm.services.jobs import start_job
from crm.views.common import person, staff_only, wants_fragment
from pipeline.choices import Counter
from pipeline.models import Indicator
from pipeline.selectors.counts import Period, counted_rows
from pipeline.selectors.pushing import push_list
from pipeline.selectors.quality import PROJECTS, QUALITY
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.selectors.target_page import target_page

FIRMS = 20  # by gain, behind one county's number
RELATED = {
    "event": ("application__firm", "application__region"),
    "entry": ("region", "entered_by"),
    "recognition": ("firm", "region"),
}
PLACES = {"event": "application__region_path", "entry": "region_path", "recognition": "place"}


@staff_only
@require_GET
def targets(request: HttpRequest) -> HttpResponse:
    """Every target of the region: as of the newest snapshot, or of another day as it was known then or is now."""
    region, year, today = current_region(request), current_year(request), timezone.localdate()
    assert region is not None
    as_of = asked_day(request, today)
    year = as_of.year if as_of and "year" not in request.GET else year
    known_now = request.GET.get("known") == "now"
    known_on = None if as_of is None or known_now else as_of
    page = target_page(
        region,
        person(request),
        year,
        as_of=as_of,
        known_on=known_on,
        today=today,
        indicator=request.GET.get("indicator", ""),
    )
    context = {
        "region": region,
        "year": year,
        "page": page,
        "compiled": page.compiled,
        "as_of": as_of,
        "no_day": "" if as_of else request.GET.get("as_of", ""),
        "known_now": known_now,
        "today": today,
        "as_of_query": f"&as_of={as_of.isoformat()}" if as_of else "",
    }
    return render(request, "pipeline/targets.html", context)


def asked_day(request: HttpRequest, today: date) -> date | None:
    """The day asked for; None for the newest, and for what is no day or has not come yet."""
    try:
        found = date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= today else None


@staff_only
@require_POST
def compile_now(request: HttpRequest) -> HttpResponse:
    """Count again now instead of tonight."""
    job = start_job("metrics.compile", title=_("重新统计指标"), actor=person(request), params={}, total=1)
    return redirect("job", job.pk)


@staff_only
@require_GET
def target_rows(request: HttpRequest, code: str) -> HttpResponse:
    """The firms, filings or entries behind one number: exactly those that were counted."""
    indicator = get_object_or_404(Indicator, code=code)
    region, year = _place(request), current_year(request)
    as_of = asked_day(request, timezone.localdate()) or _compiled_day(region, year)
    kind = "event" if indicator.counter == Counter.FILED else "entry" if indicator.is_manual else "recognition"
    behind = Indicator.objects.get(code=PROJECTS) if indicator.code == QUALITY else indicator
    rows = counted_rows(behind, Period(year, as_of)).select_related(*RELATED[kind])
    rows = rows.filter(**{f"{PLACES[kind]}__under": region.path})
    page = keyset(rows, order=("-pk",), after=request.GET.get("after", ""))
    context = {"indicator": indicator, "region": region, "year": year, "as_of": as_of, "page": page, "kind": kind}
    template = "pipeline/targets/_behind.html" if wants_fragment(request) else "pipeline/target_rows.html"
    return render(request, template, context)


@staff_only
@require_GET
def target_firms(request: HttpRequest, code: str) -> HttpResponse:
    """The open firms of one target and region by what a push of theirs would do for it."""
    indicator = get_object_or_404(Indicator.objects.exclude(counter=""), code=code)
    region, year, today = _place(request), current_year(request), timezone.localdate()
    user = person(request)
    pushes = push_list(region, user, year=year, today=today, indicator=indicator.code, limit=FIRMS)
    context = {"indicator": indicator, "region": region, "year": year, "pushes": pushes}
    template = "pipeline/targets/_firms.html" if wants_fragment(request) else "pipeline/targets/firms.html"
    return render(request, template, context)


def _place(request: HttpRequest) -> Region:
    """The region of the switch, or the one below it whose row was opened: that leaves the switch alone."""
    at = request.GET.get("at")
    region = Region.objects.visible_to(request.user).filter(code=at).first() if at else current_region(request)
    if region is None:
        raise Http404
    return region


def _compiled_day(region: Region, year: int) -> date:
    compiled = latest_snapshot(region, year=year)
    return compiled.as_of if compiled else timezone.localdate()
