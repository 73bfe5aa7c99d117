"""A firm's titles across the years: the card of its page, and what officers record there."""

from __future__ import annotations

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.models import Firm
from crm.views.common import attempt, person, say, staff_only, wants_fragment
from pipeline.recognition_forms import PastTitleForm
from pipeline.selectors.recognition_paths import recognition_paths
from pipeline.services.recognition_changes import record_past_title
from pipeline.views.firms import visible_firm
from pipeline.views.recognition_acts import ACTS, acts_of, change_forms


@staff_only
@require_GET
def recognition_card(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The card alone for htmx, a page of its own for everybody else."""
    return _card(request, visible_firm(request, credit_code))


def _card(
    request: HttpRequest, firm: Firm, *, status: int = 200, refused: tuple[int, str, Form] | None = None
) -> HttpResponse:
    """Every title of the firm with what may be recorded of it, perhaps with a refused form in its place."""
    user, today = person(request), timezone.localdate()
    paths = recognition_paths(firm, user=user, today=today)
    writes = may_write(user, firm.region_path)
    rows = [entry.row for path in paths for entry in path.entries]
    context = {
        "firm": firm,
        "may_write": writes,
        "paths": paths,
        "acts": acts_of(rows, user=user, today=today, refused=refused) if writes else {},
        "reporting": change_forms(
            duty.change for path in paths for entry in path.entries for duty in entry.duties.changes
        ),
    }
    template = "pipeline/firm/_recognitions.html" if wants_fragment(request) else "pipeline/firm/recognitions_page.html"
    return render(request, template, context, status=status)


@staff_only
@require_POST
def recognition_act(request: HttpRequest, credit_code: str, pk: int, act: str) -> HttpResponse:
    """Record one thing of one title: completed, reissued, suspended and so on."""
    firm = visible_firm(request, credit_code)
    row = get_object_or_404(firm.recognitions.select_related("firm", "application"), pk=pk)
    if act not in ACTS:
        raise Http404
    chosen = ACTS[act]
    form = chosen.bound(row, request.POST)
    if not attempt(form, lambda: chosen.service(row, actor=person(request), **form.cleaned_data)):
        return _card(request, firm, status=409, refused=(row.pk, act, form))
    say(request, _("已登记：{what}").format(what=chosen.label))
    return redirect("firm_recognitions", firm.credit_code)


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
