"""What if: tick firms that pass, move a round, raise a target, add newcomers; nothing of it touches data."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.errors import DomainError, InvalidInput
from crm.frame import current_region, current_year
from crm.models import Region
from crm.views.common import person, refuse, say, staff_only, wants_fragment
from pipeline.models import Scenario
from pipeline.selectors.forecasts import chosen_of, forecasts
from pipeline.selectors.whatif import Imagined, offered_by, whatif
from pipeline.services.scenarios import forget_scenario, save_scenario
from pipeline.whatif_forms import WhatIfForm

CARRIED = (*WhatIfForm.base_fields, "pass", "fail")


@staff_only
@require_GET
def what_if(request: HttpRequest) -> HttpResponse:
    """The address is the scenario: a colleague who opens it sees the same."""
    region, year, user = current_region(request), current_year(request), person(request)
    assert region is not None
    rows = forecasts(region, user, year=year)
    chosen = chosen_of(rows, request.GET.get("indicator", ""))
    offered = offered_by(chosen) if chosen else None
    form = WhatIfForm(request.GET, offered=offered) if offered else None
    imagined = form.imagined() if form and form.is_valid() else Imagined()
    found = whatif(chosen, user, imagined) if chosen else None
    saved = Scenario.objects.visible_to(user).filter(region=region, year=year).select_related("owner", "indicator")
    context = {"region": region, "year": year, "rows": rows, "chosen": chosen, "form": form, "found": found}
    template = "pipeline/whatif/_result.html" if wants_fragment(request) and found else "pipeline/whatif/page.html"
    return render(request, template, context | {"saved": saved, "asked": _asked(request)})


def _asked(request: HttpRequest) -> list[tuple[str, str]]:
    """What the address imagines, for the form that saves it."""
    return [(name, value) for name in CARRIED for value in request.GET.getlist(name)]


@staff_only
@require_POST
def scenario_save(request: HttpRequest) -> HttpResponse:
    region = get_object_or_404(Region.objects.visible_to(request.user), code=request.POST.get("region", ""))
    year = current_year(request)
    rows = forecasts(region, person(request), year=year)
    chosen = chosen_of(rows, request.POST.get("indicator", "-"))
    offered = offered_by(chosen) if chosen else None
    if chosen is None or offered is None:
        raise Http404
    form = WhatIfForm(request.POST, offered=offered)
    where = {"region": region.code, "year": year, "indicator": chosen.indicator.code}
    address = f"{reverse('what_if')}?{urlencode(where)}"
    try:
        params = _params(form)
        address += "".join(f"&{urlencode({name: value}, doseq=True)}" for name, value in params.items())
        save_scenario(chosen, name=request.POST.get("name", ""), params=params, actor=person(request))
        say(request, _("推演已保存；数据没有任何改动"))
    except DomainError as error:
        refuse(request, error)
    return redirect(address)


def _params(form: WhatIfForm) -> dict:
    """What the form imagines, as an address carries it; numbers that cannot be are refused by name."""
    if not form.is_valid():
        reasons = [f"{field.label}：{' '.join(map(str, field.errors))}" for field in form if field.errors]
        raise InvalidInput(*map(str, form.non_field_errors()), *reasons)
    return form.imagined().params()


@staff_only
@require_GET
def scenario_open(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Scenario.objects.visible_to(request.user).select_related("region", "indicator"), pk=pk)
    where = {"region": row.region.code, "year": row.year, "indicator": row.indicator.code}
    return redirect(f"{reverse('what_if')}?{urlencode(where | row.params, doseq=True)}")


@staff_only
@require_POST
def scenario_forget(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Scenario.objects.visible_to(request.user), pk=pk)
    try:
        forget_scenario(row, actor=person(request))
        say(request, _("推演已删除"))
    except DomainError as error:
        refuse(request, error)
    return redirect("what_if")
