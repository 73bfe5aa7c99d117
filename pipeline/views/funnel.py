"""Conversion: how far the applications of a year got, and where they were lost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.frame import current_region, current_year
from crm.views.common import staff_only
from pipeline.selectors.notices import second_notice_rates
from pipeline.selectors.snapshots import latest_snapshot
from pipeline.workflows import PROGRAMMES


@staff_only
@require_GET
def funnel(request: HttpRequest) -> HttpResponse:
    region, year = current_region(request), current_year(request)
    assert region is not None
    compiled = latest_snapshot(region, year=year)
    found = compiled.funnels if compiled else {}
    context = {
        "region": region,
        "year": year,
        "compiled": compiled,
        "second_rates": second_notice_rates(region, year=year),
        "funnels": [(table, found[programme]) for programme, table in PROGRAMMES.items() if programme in found],
    }
    return render(request, "pipeline/funnel.html", context)
