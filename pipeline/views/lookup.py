"""The public look-up: the stage of an application by credit code and reference number, without a log-in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.limits import limited
from pipeline.selectors.lookup import public_state

PER_MINUTE = 20


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("lookup", per_minute=PER_MINUTE)
def lookup(request: HttpRequest) -> HttpResponse:
    """The form, and after a POST the answer above it. What was typed never stands in an address."""
    typed = {name: request.POST.get(name, "") for name in ("credit_code", "reference")}
    asked = request.method == "POST"
    found = public_state(typed["credit_code"], typed["reference"]) if asked else None
    context = {**typed, "found": found, "asked": asked}
    response = render(request, "pipeline/lookup.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
