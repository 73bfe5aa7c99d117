"""The leader's one-pager: light, gap, probability, three names and one ask for each target, on a phone or one A4."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.frame import current_region
from crm.models import Region, User
from crm.views.common import person, staff_only
from pipeline.selectors.briefs import Brief, brief_of, with_names
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.views.targets import asked_day


@staff_only
@require_GET
def brief_page(request: HttpRequest) -> HttpResponse:
    """Of the newest snapshot with the names of today; `as_of` gives an earlier one, without names; `mine` one's own."""
    region, today, mine = current_region(request), timezone.localdate(), request.GET.get("mine") == "1"
    assert region is not None
    as_of = asked_day(request, today)
    found = _brief(region, person(request), as_of, today, mine)
    return render(
        request, "pipeline/targets/brief.html", {"region": region, "brief": found, "as_of": as_of, "mine": mine}
    )


def _brief(region: Region, user: User, as_of: date | None, today: date, mine: bool) -> Brief | None:
    compiled = latest_snapshot(region, as_of=as_of)
    if compiled is None or not compiled.rows:
        return None
    brief = brief_of(region, user, compiled)
    return brief if as_of else with_names(brief, user, today=today, officer=user if mine else None)
