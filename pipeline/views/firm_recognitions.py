"""A firm's titles across the years: the card of its page, and what officers record there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.access import may_write
from crm.models import Firm
from crm.views.common import attempt, person, say, staff_only, wants_fragment
from pipeline.recognition_forms import PastTitleForm
from pipeline.selectors.recognition_paths import recognition_paths
from pipeline.services.recognition_changes import record_past_title
from pipeline.views.firms import visible_firm


@staff_only
@require_GET
def recognition_card(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The card alone for htmx, a page of its own for everybody else."""
    return _card(request, visible_firm(request, credit_code))


def _card(request: HttpRequest, firm: Firm, *, status: int = 200, **refused: Any) -> HttpResponse:
    context = {
        "firm": firm,
        "may_write": may_write(request.user, firm.region_path),
        "paths": recognition_paths(firm, user=person(request), today=timezone.localdate()),
        **refused,
    }
    template = "pipeline/firm/_recognitions.html" if wants_fragment(request) else "pipeline/firm/recognitions_page.html"
    return render(request, template, context, status=status)


@staff_only
@require_http_methods(["GET", "POST"])
def recognition_add(request: HttpRequest, credit_code: str) -> HttpResponse:
    """Record a title from before the product."""
    firm = visible_firm(request, credit_code)
    form = PastTitleForm(request.POST or None, initial={"kind": "high_tech:certificate"})
    if request.method == "POST" and attempt(form, lambda: record_past_title(firm, actor=person(request), **form.given)):
        say(request, _("已补录"))
        return redirect("firm_recognitions", firm.credit_code)
    context = {"firm": firm, "form": form, "may_write": may_write(request.user, firm.region_path)}
    return render(request, "pipeline/firm/recognition_add.html", context, status=409 if form.errors else 200)
