"""Will the number be met: the forecast of a region's targets, who is open behind it, and how wrong we were before."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.frame import current_region, current_year
from crm.views.common import attempt, person, say, staff_only
from pipeline.forecast_forms import OverrideForm
from pipeline.models import Application, Indicator, Override
from pipeline.selectors.calibration import calibration
from pipeline.selectors.forecasts import chance_of, chosen_of, counties, forecasts, open_rows
from pipeline.selectors.histories import outcome_of
from pipeline.services.overrides import set_override


@staff_only
@require_GET
def forecast(request: HttpRequest) -> HttpResponse:
    """All targets of a region in sentences, one of them in full."""
    region, year, user = current_region(request), current_year(request), person(request)
    assert region is not None
    rows = forecasts(region, user, year=year)
    chosen = chosen_of(rows, request.GET.get("indicator", ""))
    context: dict[str, Any] = {"region": region, "year": year, "rows": rows, "chosen": chosen}
    if chosen:
        context |= {"below": counties(chosen, user), "open": open_rows(chosen, user)}
    return render(request, "pipeline/forecast/forecast.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def override(request: HttpRequest, pk: int, indicator: str) -> HttpResponse:
    """What the forecast says of one application, what people judged, and the form to judge anew."""
    application = get_object_or_404(
        Application.objects.visible_to(request.user).select_related("firm", "region"), pk=pk
    )
    counted = get_object_or_404(Indicator.objects.exclude(counter=""), code=indicator, programme=application.programme)
    form = OverrideForm(request.POST or None)
    if request.method == "POST" and attempt(form, lambda: _judge(request, application, counted, form)):
        say(request, _("判断已保存；预测在下次统计时计入，模型自己的数不变"))
        return redirect(f"{reverse('forecast')}?indicator={counted.code}")
    outcome = outcome_of(counted)
    judged = Override.objects.visible_to(request.user).filter(application=application, outcome=outcome)
    context = {
        "application": application,
        "indicator": counted,
        "form": form,
        "own": chance_of(application, outcome),
        "judged": list(judged.select_related("by")),
    }
    return render(request, "pipeline/forecast/override.html", context, status=409 if form.errors else 200)


def _judge(request: HttpRequest, application: Application, indicator: Indicator, form: OverrideForm) -> None:
    reason, outcome = form.cleaned_data["reason"], outcome_of(indicator)
    set_override(application, outcome, probability=form.probability, reason=reason, actor=person(request))


@staff_only
@require_GET
def calibration_page(request: HttpRequest) -> HttpResponse:
    """What was forecast before the ends of earlier years, and what it came to."""
    region = current_region(request)
    assert region is not None
    context = {"region": region, "found": calibration(region, person(request))}
    return render(request, "pipeline/forecast/calibration.html", context)
