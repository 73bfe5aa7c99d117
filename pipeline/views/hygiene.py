"""The list of what is lacking in the care of firms, mended in one pass; scores; and the limits that the bureau sets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import MANAGERS, may_write, scope_of
from crm.frame import current_region
from crm.models import Region
from crm.paging import keyset
from crm.views.common import attempt, person, say, staff_only, typed_key, wants_fragment
from pipeline.choices import LapseKind
from pipeline.hygiene_forms import LimitForm, PlanForm
from pipeline.models import Lapse
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.hygiene import LapseRow, lapse_counts, lapse_rows, limit_rows, scores
from pipeline.services.hygiene import may_set_limits, plan_against, set_limit


@staff_only
@require_GET
def hygiene(request: HttpRequest) -> HttpResponse:
    """What is lacking, of one kind or all, of one's own firms or a region's; the oldest first."""
    today, asked = timezone.localdate(), _asked(request)
    kind = request.GET.get("kind", "")
    rows = asked.filter(kind=kind) if kind in LapseKind.values else asked
    page = keyset(_with_firm(rows), order=("since_on", "pk"), after=request.GET.get("after", ""))
    counts = lapse_counts(asked)
    context = {
        "page": page,
        "rows": [(row, _may_mend(request, row)) for row in lapse_rows(page.rows, today, work_calendar())],
        "kind": kind,
        "tabs": [("", _("全部"), sum(counts.values())), *((code, label, counts[code]) for code, label in KINDS)],
        "whose": _whose(request),
        "today": today,
    }
    return render(request, "pipeline/hygiene/list.html", context)


KINDS = LapseKind.choices


def _asked(request: HttpRequest) -> QuerySet[Lapse]:
    """One's own where one is an officer, the whole region's with `whose=all`, one officer's with `officer=`."""
    rows = Lapse.objects.visible_to(request.user).live(timezone.localdate())
    officer = typed_key(request.GET.get("officer", ""))
    if officer:
        return rows.filter(officer=officer)
    if _whose(request) == "me":
        return rows.filter(officer=person(request))
    region = current_region(request)
    return rows.filter(region_path__under=region.path) if region else rows.none()


def _whose(request: HttpRequest) -> str:
    """An officer begins with the own firms, who leads with the region."""
    if typed_key(request.GET.get("officer", "")):
        return ""
    leads = scope_of(request.user).has_role(*MANAGERS) or not scope_of(request.user).has_role("officer")
    return request.GET.get("whose", "") or ("all" if leads else "me")


def _with_firm(rows: QuerySet[Lapse]) -> QuerySet[Lapse]:
    return rows.select_related("firm__region", "officer", "application")


def _may_mend(request: HttpRequest, row: LapseRow) -> bool:
    return may_write(request.user, row.lapse.region_path)


@staff_only
@require_POST
def lapse_mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan what is done about one line; htmx gets the line alone, everybody else the list again."""
    rows = Lapse.objects.visible_to(request.user).select_related("firm__region", "firm__officer", "application")
    lapse, today, form = get_object_or_404(rows, pk=pk), timezone.localdate(), PlanForm(request.POST)
    done = attempt(form, lambda: plan_against(lapse, actor=person(request), today=today, **form.cleaned_data))
    row = lapse_rows([lapse], today, work_calendar())[0]
    context: dict[str, Any] = {"row": row, "form": form, "may_mend": _may_mend(request, row), "done": done}
    if wants_fragment(request):
        return render(request, "pipeline/hygiene/_row.html", context, status=200 if done else 409)
    if done:
        say(request, _("已安排：{firm} {title}").format(firm=lapse.firm, title=form.cleaned_data["title"]))
        return redirect("hygiene")
    return render(request, "pipeline/hygiene/mend.html", context, status=409)


@staff_only
@require_GET
def hygiene_place(request: HttpRequest) -> HttpResponse:
    """A part of the first page: the counts of one's own firms, and for who leads the scores of the region."""
    if not wants_fragment(request):
        return redirect("hygiene")
    mine = Lapse.objects.visible_to(request.user).live(timezone.localdate()).filter(officer=person(request))
    counts = lapse_counts(mine)
    region, leads = current_region(request), scope_of(request.user).has_role(*MANAGERS, "leader")
    counties, officers, on = scores(person(request), region) if leads and region else ([], [], None)
    context = {
        "tabs": [(code, label, counts[code]) for code, label in KINDS if counts[code]],
        "number": sum(counts.values()),
        "counties": counties,
        "officers": officers[:8],
        "on": on,
    }
    return render(request, "pipeline/hygiene/_place.html", context)


@staff_only
@require_http_methods(["GET", "POST"])
def contact_rules(request: HttpRequest) -> HttpResponse:
    """After how long silence is too long, by where a firm stands; the bureau's own numbers, with their source."""
    region = _home(request)
    form = LimitForm(request.POST or None)
    if request.method == "POST" and attempt(form, lambda: _set(request, form, region)):
        say(request, _("联系时限已保存，今晚体检时生效"))
        return redirect("contact_rules")
    context = {"rows": limit_rows(), "form": form, "may_set": may_set_limits(person(request), region)}
    return render(request, "pipeline/hygiene/rules.html", context, status=409 if form.errors else 200)


def _set(request: HttpRequest, form: LimitForm, region: Region) -> None:
    set_limit(actor=person(request), region=region, **form.cleaned_data)


def _home(request: HttpRequest) -> Region:
    """The limits are the city's, whichever county is looked at."""
    region = scope_of(person(request)).home or current_region(request)
    if region is None:
        raise Http404
    return region
