"""From tech-SME to high-tech to gazelle, and the renewal of certificates; with the firms behind each number."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region, current_year
from crm.models import Region
from crm.paging import keyset
from crm.views.common import staff_only
from pipeline.cohort_forms import CohortForm, LadderDrillForm
from pipeline.models import Recognition
from pipeline.selectors.climb_page import climb
from pipeline.selectors.climbs import climbers, due_certificates, reached_within


@staff_only
@require_GET
def funnel_ladder(request: HttpRequest) -> HttpResponse:
    region, year, as_of = _where(request)
    children = Region.objects.visible_to(request.user).filter(parent=region).order_by("path")
    found = climb(region, children, year=year, today=timezone.localdate(), as_of=as_of)
    context = {
        "region": region,
        "year": year,
        "day": found.as_of,
        "found": found,
        "form": CohortForm(request.GET, today=timezone.localdate()),
        "query": urlencode({"region": region.code, "as_of": found.as_of.isoformat()}),
        "rows": found.rows,
        "renewals": found.renewals,
    }
    return render(request, "pipeline/funnel/ladder.html", context)


@staff_only
@require_GET
def funnel_ladder_firms(request: HttpRequest) -> HttpResponse:
    """The firms behind one number of the ladder or of the renewals."""
    region, year, as_of = _where(request)
    day = as_of or timezone.localdate()
    form = LadderDrillForm(request.GET, today=timezone.localdate())
    if not form.is_valid():
        raise Http404
    said = form.cleaned_data
    if said["due"]:
        rows = due_certificates([said["due"]], day, region.path)
        rows = rows.filter(outcome=said["outcome"]) if said["outcome"] else rows
    else:
        rows = reached_within(climbers([year], day, region.path), said["who"], said["within"] or 0)
    visible = Recognition.objects.visible_to(request.user).filter(pk__in=rows.values("pk"))
    page = keyset(visible.select_related("firm", "region"), order=("-pk",), after=request.GET.get("after", ""))
    context = {"region": region, "year": said["due"] or year, "day": day, "said": said, "page": page}
    return render(request, "pipeline/funnel/ladder_firms.html", context)


def _where(request: HttpRequest) -> tuple[Region, int, date | None]:
    region, today = current_region(request), timezone.localdate()
    assert region is not None
    form = CohortForm(request.GET, today=today)
    form.is_valid()
    return region, current_year(request), form.cleaned_data.get("as_of")
