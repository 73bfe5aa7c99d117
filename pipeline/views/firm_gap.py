"""The gap panel of a firm: what it lacks in a programme, what if a figure were another, where to enter what is missing.

The address is the state: programme and typed figures. htmx asks for the same address and gets the panel alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.access import may_write
from crm.models import Firm
from crm.views.common import staff_only, wants_fragment
from pipeline.assessment.figures import flags_used
from pipeline.choices import VerdictKind
from pipeline.selectors.assessments import Standing, standings
from pipeline.selectors.gaps import badge, by_person, figure_rows, picture, statements
from pipeline.selectors.trials import trial, ways
from pipeline.views.firms import visible_firm


@staff_only
@require_GET
def firm_gap(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The panel; while somebody types, only its result is wanted."""
    firm = visible_firm(request, credit_code)
    context = panel(request, firm, request.GET)
    if not wants_fragment(request):
        return render(request, "pipeline/firm/gap_page.html", context)
    response = render(request, "pipeline/firm/_gap.html", context)
    if request.GET.get("trial") or request.GET.get("tab"):
        response["HX-Replace-Url"] = _address(request, firm, context)
    return response


def panel(request: HttpRequest, firm: Firm, query: Mapping[str, str]) -> dict[str, Any]:
    """Everything that the panel shows. Seven statements."""
    today = timezone.localdate()
    found = standings(firm, on=today)
    context = {"firm": firm, "may_write": may_write(request.user, firm.region_path), "standings": found}
    if not found:
        return context
    standing = _chosen(found, query.get("programme", ""))
    policy, facts = standing.policy, standing.facts
    tried = trial(policy, facts, today, query)
    before = picture(policy, facts, standing.document, today)
    after = None
    if tried.document:
        after = picture(policy, tried.facts, tried.document, today, before=standing.document)
    shown = after or before
    return context | {
        "standing": standing,
        "policy": policy,
        "dates_badge": badge(policy.dates_status),
        "before": before,
        "after": after,
        "shown": shown,
        "trial": tried,
        "state": urlencode({"programme": standing.programme} | tried.changed),
        "people": by_person(policy, shown.document),
        "ways": [] if _is_typing(request) else ways(policy, facts, today),
        "figures": figure_rows(policy, facts, today),
        "statements": statements(policy, facts, flags_used(policy)),
    }


def _chosen(found: list[Standing], programme: str) -> Standing:
    """The programme that was asked for, else the first one that is not met yet."""
    if programme:
        standing = next((each for each in found if each.programme == programme), None)
        if standing is None:
            raise Http404
        return standing
    open_ones = (each for each in found if each.document.verdict != VerdictKind.MET)
    return next(open_ones, found[0])


def _is_typing(request: HttpRequest) -> bool:
    """True when only the result is wanted: the paths start from what is recorded and stay as they are."""
    return wants_fragment(request) and request.htmx.target == "gap-result"  # type: ignore[attr-defined]


def _address(request: HttpRequest, firm: Firm, context: dict[str, Any]) -> str:
    """The address of what is shown, on the page where the person is: only what differs from the record."""
    own = reverse("firm", args=[firm.credit_code])
    here = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
    page = own if here.partition("?")[0] == own else reverse("firm_gap", args=[firm.credit_code])
    return f"{page}?{context['state']}"
