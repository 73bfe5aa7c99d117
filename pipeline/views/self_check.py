"""The self-check: by anybody without an account, and by a firm with its own figures. Only a declaration is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from crm.fact_codes import FACT_CODES, FLAG_PREFIX
from crm.limits import limited
from crm.models import Firm, Region
from crm.services.facts import Declaration, declare_facts
from crm.views.common import attempt, person, say
from pipeline.assessment import Facts
from pipeline.assessment.overlay import Change
from pipeline.check_form import CheckForm
from pipeline.policy import Policy
from pipeline.selectors.self_check import (
    chosen_region,
    firm_facts,
    outcome,
    policy_in,
    programmes_in,
    public_regions,
    told,
)
from pipeline.views.portal import firm_only, own_firm
from pipeline.workflows import PROGRAMMES

PER_MINUTE = 60
methods = require_http_methods(["GET", "HEAD", "POST"])


# Without an account ---------------------------------------------------------------------------------------------------


@login_not_required
@require_safe
def check_index(request: HttpRequest) -> HttpResponse:
    region = chosen_region(public_regions(), "")
    entries = programmes_in(region.path if region else "", on=timezone.localdate())
    return render(request, "pipeline/check/index.html", {"entries": entries})


@login_not_required
@methods
@limited("check", per_minute=PER_MINUTE)
@sensitive_post_parameters()
def check(request: HttpRequest, programme: str) -> HttpResponse:
    """The form, and after a POST the result above it. No session, nothing stored; figures never stand in an address."""
    regions, today = public_regions(), timezone.localdate()
    region = chosen_region(regions, request.POST.get("region", ""))
    path = region.path if region else ""
    policy = _policy(programme, path, today)
    context = {"regions": regions, "region": region, "today": today} | _about(programme, policy)
    if policy is None:
        return render(request, "pipeline/check/none.html", context)
    form = CheckForm(request.POST if request.method == "POST" else None, policy=policy, on=today)
    context["form"] = form
    if form.is_bound and form.is_valid():
        context["result"] = outcome(policy, form.facts, region_path=path, on=today)
    status = 400 if form.errors else 200
    return render(request, "pipeline/check/public.html", context, status=status)


# A firm's own ---------------------------------------------------------------------------------------------------------


@firm_only
@methods
@sensitive_post_parameters()
def portal_check(request: HttpRequest, programme: str) -> HttpResponse:
    """The firm's own figures judged, and what it types instead; `report` and `confirm` declare what was typed."""
    firm, today = own_firm(request), timezone.localdate()
    policy = _policy(programme, firm.region_path, today)
    context = _firm_context(request, firm, today) | _about(programme, policy)
    if policy is None:
        return render(request, "pipeline/check/none.html", context)
    own = firm_facts(firm, on=today)
    form = CheckForm(request.POST if request.method == "POST" else None, policy=policy, on=today, own=own)
    context["form"] = form
    if not form.is_bound:
        return _judged(request, context, policy, own)
    if not form.is_valid():
        return render(request, "pipeline/check/portal.html", context, status=400)
    return _answered(request, context, policy, form)


def _answered(request: HttpRequest, context: dict[str, Any], policy: Policy, form: CheckForm) -> HttpResponse:
    """What a valid form asks for: to judge, to show what would be declared, or to declare it."""
    step, changes, firm = request.POST.get("step"), form.changes(), context["firm"]
    if step == "confirm" and attempt(form, lambda: declare_facts(firm, _declared(changes), actor=person(request))):
        say(request, _("已报送 {number} 项数据，科技部门可以看到").format(number=len(changes)))
        return redirect(f"{reverse('portal_check', args=[policy.programme])}?firm={firm.credit_code}")
    if form.errors:
        return render(request, "pipeline/check/portal.html", context, status=409)
    if step == "report":
        rows = [told(change, policy) for change in changes]
        return render(request, "pipeline/check/confirm.html", context | {"rows": rows})
    return _judged(request, context, policy, form.facts)


def _judged(request: HttpRequest, context: dict[str, Any], policy: Policy, facts: Facts) -> HttpResponse:
    result = outcome(policy, facts, region_path=context["firm"].region_path, on=context["today"])
    return render(request, "pipeline/check/portal.html", context | {"result": result})


def _declared(changes: Sequence[Change]) -> list[Declaration]:
    """Yes/no facts that one edition alone knows carry its prefix in the table of facts."""
    return [
        Declaration(
            code=change.question.code if change.question.code in FACT_CODES else FLAG_PREFIX + change.question.code,
            value=Decimal(change.after.numerator) / change.after.denominator,
            year=change.question.year,
            basis=change.question.basis,
        )
        for change in changes
    ]


def _firm_context(request: HttpRequest, firm: Firm, today: date) -> dict[str, Any]:
    region: Region = firm.region
    return {"firm": firm, "officer": firm.officer, "region": region, "today": today}


def _policy(programme: str, region_path: str, today: date) -> Policy | None:
    if programme not in PROGRAMMES:
        raise Http404
    return policy_in(programme, region_path, on=today)


def _about(programme: str, policy: Policy | None) -> dict[str, Any]:
    return {"programme": programme, "table": PROGRAMMES[programme], "policy": policy}
