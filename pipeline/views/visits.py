"""Visits: choose whom, print the sheets, plan the day, write down what came of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access import may_write
from crm.errors import DomainError
from crm.frame import current_region
from crm.models import Firm
from crm.paging import keyset
from crm.views.common import attempt, person, refuse, say, staff_only, typed_key
from pipeline.choices import Bucket
from pipeline.hygiene_forms import VisitDayForm, VisitForm
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.chips import foremost, gap_chips
from pipeline.selectors.firms import ladders
from pipeline.selectors.visits import WORTH, last_visits, sheets, worth_a_visit
from pipeline.services.visits import MOST, plan_visits, record_visit
from pipeline.views.firms import visible_firm
from pipeline.workflows import PROGRAMMES

SILENCES = (20, 40, 60, 120)


@staff_only
@require_GET
def visits(request: HttpRequest) -> HttpResponse:
    """Firms by county, gap and silence, to be ticked: for the printer, or for the day of the visit."""
    today, calendar = timezone.localdate(), work_calendar()
    bucket, silence = request.GET.get("bucket", ""), typed_key(request.GET.get("silence", ""))
    asked: dict[str, Any] = {"bucket": bucket if bucket in Bucket.values else "", "silence": min(silence, 500)}
    found = worth_a_visit(_firms(request), today=today, calendar=calendar, **asked)
    if request.GET.get("whose") == "me":
        found = found.filter(officer=person(request))
    page = keyset(found, order=("region_path", "pk"), after=request.GET.get("after", ""))
    ids = [firm.pk for firm in page.rows]
    badges, recent = ladders(page.rows, today=today), last_visits(ids, today)
    chips = foremost(gap_chips(ids, programmes=PROGRAMMES, today=today), badges)
    context = {
        "page": page,
        "rows": [(firm, chips.get(firm.pk), recent.get(firm.pk)) for firm in page.rows],
        "buckets": [(each.value, each.label) for each in WORTH],
        "silences": SILENCES,
        "asked": asked,
        "whose": request.GET.get("whose", ""),
        "form": VisitDayForm(initial={"on": calendar.add(today, 1)}),
        "most": MOST,
    }
    return render(request, "pipeline/visits/list.html", context)


def _firms(request: HttpRequest) -> QuerySet[Firm]:
    firms = Firm.objects.visible_to(request.user).select_related("region", "officer")
    region = current_region(request)
    return firms.filter(region_path__under=region.path) if region else firms


def _chosen(request: HttpRequest, marks: list[str]) -> list[Firm]:
    """The ticked firms, as far as the reader may see them; one more than fits, so that too many are noticed."""
    ids = [typed_key(mark) for mark in marks]
    firms = Firm.objects.visible_to(request.user).filter(pk__in=ids[:500]).select_related("region", "officer")
    return list(firms.order_by("region_path", "pk")[: MOST + 1])


@staff_only
@require_GET
def visit_sheets(request: HttpRequest) -> HttpResponse:
    """One A4 for each firm."""
    firms = _chosen(request, request.GET.getlist("firm"))[:MOST]
    context = {"sheets": sheets(firms, timezone.localdate()), "today": timezone.localdate()}
    return render(request, "pipeline/visits/sheets.html", context)


@staff_only
@require_POST
def visits_plan(request: HttpRequest) -> HttpResponse:
    """One click: a task for each ticked firm on the day of the visit; or to their sheets, whose address is plain."""
    form, firms = VisitDayForm(request.POST), _chosen(request, request.POST.getlist("firm"))
    if request.POST.get("act") == "print":
        asked = urlencode([("firm", firm.pk) for firm in firms[:MOST]])
        return redirect(f"{reverse('visit_sheets')}?{asked}")
    if not form.is_valid():
        say(request, _("请填写走访日期"))
        return redirect("visits")
    today = timezone.localdate()
    try:
        rows = plan_visits(firms, on=form.cleaned_data["on"], actor=person(request), today=today)
    except DomainError as error:
        refuse(request, error)
        return redirect("visits")
    for row in rows:
        if row.reasons:
            refuse(request, DomainError(*(f"{row.firm}：{reason}" for reason in row.reasons)))
    done = [row.firm for row in rows if not row.reasons]
    if done:
        say(request, _("已安排走访 {n} 家，到期列在我的待办里").format(n=len(done)))
    return redirect("visits")


@staff_only
@require_http_methods(["GET", "POST"])
def firm_visit(request: HttpRequest, credit_code: str) -> HttpResponse:
    """What came of a visit: the words, and what follows from it."""
    firm, today = visible_firm(request, credit_code), timezone.localdate()
    form = VisitForm(request.POST or None, initial={"on": today})
    if request.method == "POST" and attempt(form, lambda: _record(request, firm, form)):
        say(request, _("走访已记录"))
        return redirect("firm", firm.credit_code)
    context = {"firm": firm, "form": form, "may_write": may_write(request.user, firm.region_path)}
    return render(request, "pipeline/visits/result.html", context, status=409 if form.errors else 200)


def _record(request: HttpRequest, firm: Firm, form: VisitForm) -> None:
    said = {"text": form.cleaned_data["text"], "on": form.cleaned_data["on"], "follow_ups": form.follow_ups}
    record_visit(firm, actor=person(request), today=timezone.localdate(), **said)
