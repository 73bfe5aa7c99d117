"""Conversion: how far the applications of a cohort got, where and why they were lost, and the firms behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.frame import current_region, current_year
from crm.models import Region
from crm.paging import capped_count, keyset
from crm.views.common import staff_only
from pipeline.cohort_forms import CohortForm, DrillForm
from pipeline.models import Application
from pipeline.selectors.cohorts import Cohort, firms_behind
from pipeline.selectors.conversion import comparison, conversion, reason_names
from pipeline.selectors.funnel import CRITERION, NOTE, SILENT, Reason, lost_for
from pipeline.selectors.notices import second_notice_rates
from pipeline.workflow import Workflow
from pipeline.workflows import PROGRAMMES


@dataclass(frozen=True)
class Asked:
    """What the address of a page asks for; a form with errors shows them and falls back to today."""

    form: CohortForm
    region: Region
    year: int
    programme: str
    quarter: int
    as_of: date | None
    today: date

    @property
    def day(self) -> date:
        return self.as_of or self.today

    @property
    def table(self) -> Workflow:
        return PROGRAMMES[self.programme]

    @property
    def query(self) -> str:
        """The address of the same question, for links to the firms behind a number."""
        parts = {"region": self.region.code, "programme": self.programme, "year": self.year}
        parts |= {"quarter": self.quarter} if self.quarter else {}
        return urlencode(parts | ({"as_of": self.as_of.isoformat()} if self.as_of else {}))

    def cohort(self) -> Cohort:
        return Cohort(self.programme, self.year, self.year, self.day, self.quarter, self.region.path)


def _asked(request: HttpRequest, form_class: type[CohortForm] = CohortForm) -> Asked:
    region, today = current_region(request), timezone.localdate()
    assert region is not None
    form = form_class(request.GET, today=today)
    form.is_valid()
    said = form.cleaned_data
    return Asked(
        form=form,
        region=region,
        year=current_year(request),
        programme=said.get("programme") or next(iter(PROGRAMMES)),
        quarter=said.get("quarter") or 0,
        as_of=said.get("as_of"),
        today=today,
    )


@staff_only
@require_GET
def funnel(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    found = conversion(
        asked.region,
        year=asked.year,
        today=asked.today,
        as_of=asked.as_of,
        quarter=asked.quarter,
        programmes=[asked.programme],
    )
    shown = found.funnels.get(asked.programme)
    context = {
        "asked": asked,
        "found": found,
        "funnel": shown,
        "names": reason_names(asked.programme, shown.reasons) if shown else {},
        "programmes": PROGRAMMES.values(),
    }
    return render(request, "pipeline/funnel.html", context)


@staff_only
@require_GET
def funnel_cohorts(request: HttpRequest) -> HttpResponse:
    """Cohorts one below the other, by year or by quarter, and the counties of one year."""
    asked = _asked(request)
    by_quarter = request.GET.get("by") == "quarter"
    found = comparison(
        asked.region,
        Region.objects.visible_to(request.user).filter(parent=asked.region).order_by("path"),
        programme=asked.programme,
        year=asked.year,
        today=asked.today,
        as_of=asked.as_of,
        by_quarter=by_quarter,
    )
    context = {
        "asked": asked,
        "found": found,
        "by_quarter": by_quarter,
        "second_rates": second_notice_rates(asked.region, year=asked.year),
        "programmes": PROGRAMMES.values(),
    }
    return render(request, "pipeline/funnel/cohorts.html", context)


@staff_only
@require_GET
def funnel_firms(request: HttpRequest) -> HttpResponse:
    """The firms behind one number of a funnel: exactly those that were counted."""
    asked = _asked(request, DrillForm)
    if not asked.form.is_valid():
        raise Http404
    said, codes = asked.form.cleaned_data, {stage.code: stage for stage in asked.table.stages}
    visible = Application.objects.visible_to(request.user)
    rows = visible.filter(pk__in=_behind(asked, said).values("pk"))
    page = keyset(rows.select_related("firm", "region"), order=("-pk",), after=request.GET.get("after", ""))
    context = {
        "asked": asked,
        "what": said["what"],
        "stage": codes.get(said["stage"]),
        "outcome": codes.get(said["outcome"]),
        "reason": _reason(asked, said),
        "number": capped_count(rows),
        "page": page,
    }
    return render(request, "pipeline/funnel/firms.html", context)


def _behind(asked: Asked, said: dict[str, Any]) -> QuerySet[Application]:
    """The applications that the number counts: by the reason of a loss, or by a stage of the main line."""
    if said["kind"]:
        return lost_for(asked.cohort(), said["kind"], said["reason"])
    places = [stage.code for stage in asked.table.main_line]
    endings = {"", *(stage.code for stage in asked.table.stages)}
    if not said["stage"]:
        return firms_behind(asked.cohort(), said["what"], 0)
    if said["stage"] not in places or said["outcome"] not in endings:
        raise Http404
    return firms_behind(asked.cohort(), said["what"], places.index(said["stage"]), said["outcome"])


def _reason(asked: Asked, said: dict[str, Any]) -> str:
    """The reason of a loss in words; empty where a stage was asked for."""
    if said["kind"] == CRITERION:
        reason = Reason(CRITERION, said["reason"], 0)
        return reason_names(asked.programme, [reason])[reason.text]
    return {NOTE: said["reason"], SILENT: _("没有写明原因")}.get(said["kind"], "")
