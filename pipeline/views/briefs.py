"""The leader's one-pager: light, gap, probability, three names and one ask for each target, on a phone or one A4."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region, current_year
from crm.models import Region, User
from crm.views.common import person, staff_only
from pipeline.selectors.briefs import Brief, brief_of, with_names
from pipeline.selectors.snapshots import Compiled, latest_snapshot
from pipeline.views.targets import asked_day


@staff_only
@require_GET
def brief_page(request: HttpRequest) -> HttpResponse:
    """Of the newest snapshot with the names of today; `as_of` or `year` gives another; `mine` one's own firms."""
    region, today, mine = current_region(request), timezone.localdate(), request.GET.get("mine") == "1"
    assert region is not None
    as_of = asked_day(request, today)
    year = current_year(request) if "year" in request.GET else None
    compiled = latest_snapshot(region, year=year, as_of=as_of)
    if compiled and compiled.year < today.year:
        as_of = compiled.as_of  # of a year that is over there is nobody to call
    found = _brief(region, person(request), compiled, as_of, today, mine)
    return render(
        request, "pipeline/targets/brief.html", {"region": region, "brief": found, "as_of": as_of, "mine": mine}
    )


def _brief(
    region: Region, user: User, compiled: Compiled | None, as_of: date | None, today: date, mine: bool
) -> Brief | None:
    if compiled is None or not compiled.rows:
        return None
    brief = brief_of(region, user, compiled)
    return brief if as_of else with_names(brief, user, today=today, officer=user if mine else None)
