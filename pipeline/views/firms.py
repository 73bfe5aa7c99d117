"""The firm library and the record page of one firm."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.errors import DomainError, InvalidInput
from crm.fact_codes import FACT_CODES, NO_YEAR
from crm.frame import current_region
from crm.identifiers import Unreadable
from crm.models import Firm, Region
from crm.paging import capped_count, keyset
from crm.rows import fact_value
from crm.selectors.firms import officers_for, regions_to_move_to
from crm.services.facts import record_fact
from crm.services.firms import add_touch, assign_firm, move_firm, save_contact
from crm.views.common import attempt, person, refuse, say, staff_only, wants_fragment
from pipeline.filters import FirmFilter
from pipeline.forms import AssignForm, ContactForm, FactForm, MoveFirmForm, OpenForm, TouchForm
from pipeline.models import Application
from pipeline.selectors.calendar import work_calendar
from pipeline.selectors.chips import foremost, gap_chips
from pipeline.selectors.days import due_items
from pipeline.selectors.firms import figures_shown, firm_timeline, ladder_of, ladders
from pipeline.selectors.programmes import openings
from pipeline.services.applications import open_application
from pipeline.workflows import PROGRAMMES

ORDER = ("-updated_at", "-pk")


@staff_only
@require_GET
def firm_list(request: HttpRequest) -> HttpResponse:
    """The officer's firm library; htmx asks for the same address and gets the rows alone."""
    firms = Firm.objects.visible_to(request.user).select_related("region", "officer")
    if (region := current_region(request)) is not None:
        firms = firms.filter(region_path__under=region.path)
    filterset = FirmFilter(request.GET, queryset=firms, request=request)
    found = filterset.qs if filterset.is_valid() else firms.none()
    page = keyset(found, order=ORDER, after=request.GET.get("after", ""))
    number, more = capped_count(found)
    badges, chips = ladders(page.rows), gap_chips([firm.pk for firm in page.rows], programmes=PROGRAMMES)
    context = {
        "filterset": filterset,
        "page": page,
        "ladders": badges,
        "chips": foremost(chips, badges),
        "number": number,
        "more": more,
        "filtered": any(value for name, value in request.GET.items() if name not in {"region", "after", "year"}),
    }
    template = "pipeline/_firm_rows.html" if wants_fragment(request) else "pipeline/firm_list.html"
    return render(request, template, context)


def visible_firm(request: HttpRequest, credit_code: str) -> Firm:
    return get_object_or_404(
        Firm.objects.visible_to(request.user).select_related("region", "officer"), credit_code=credit_code
    )


@staff_only
@require_GET
def firm_page(request: HttpRequest, credit_code: str) -> HttpResponse:
    return _page(request, visible_firm(request, credit_code))


def _page(request: HttpRequest, firm: Firm, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The record page, perhaps with a refused form on it."""
    today = timezone.localdate()
    applications = list(Application.objects.visible_to(request.user).filter(firm=firm).order_by("-opened_at", "-pk"))
    recognitions = list(firm.recognitions.order_by("-granted_on", "-pk"))
    context = {
        "firm": firm,
        "former_names": list(firm.former_names.all()),
        "contacts": list(firm.contacts.all()),
        "members": list(firm.memberships.filter(ended_on=None).select_related("user")),
        "ladder": ladder_of(recognitions, applications, today=today),
        "applications": applications,
        "running": [item for item in applications if item.closed_at is None],
        "recognitions": recognitions,
        "deadlines": due_items(
            firm.deadlines.filter(closed_at=None).select_related("application", "recognition"), today, work_calendar()
        ),
        "openings": openings(recognitions, applications, today),
        **figures_shown(firm),
        "timeline": firm_timeline(firm, recognitions, user=request.user),
        "may_write": may_write(request.user, firm.region_path),
        "officers": officers_for(firm.region_path),
        "regions": regions_to_move_to(firm.region, Region.objects.visible_to(request.user)),
        "touch_form": TouchForm(initial={"on": today}),
        "fact_form": FactForm(),
        "contact_form": ContactForm(),
        **forms,
    }
    return render(request, "pipeline/firm_page.html", context, status=status)


def _answer(request: HttpRequest, firm: Firm, done: bool, text: str, **forms: Any) -> HttpResponse:
    if done:
        say(request, text)
        return redirect("firm", firm.credit_code)
    return _page(request, firm, status=409, **forms)


@staff_only
@require_POST
def firm_touch(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = TouchForm(request.POST)
    done = attempt(form, lambda: add_touch(firm, actor=person(request), **form.cleaned_data))
    return _answer(request, firm, done, _("已记录"), touch_form=form)


@staff_only
@require_POST
def firm_fact(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = FactForm(request.POST, request.FILES)
    done = attempt(form, lambda: _record(firm, form.cleaned_data, request))
    return _answer(request, firm, done, _("数据已保存"), fact_form=form)


def _record(firm: Firm, data: dict[str, Any], request: HttpRequest) -> None:
    kind = FACT_CODES[data["code"]]
    try:
        value = fact_value(kind, data["value"], unit="元")
    except Unreadable as error:
        raise InvalidInput(str(error)) from None
    if value is None:
        raise InvalidInput(_("请填写数值"))
    record_fact(
        firm,
        code=kind.code,
        value=value,
        year=data["year"] if kind.per_year else NO_YEAR,
        basis=data["basis"] if kind.bases else "",
        source=data["source"],
        evidence=data["evidence"],
        file=data["file"],
        actor=person(request),
    )


@staff_only
@require_POST
def firm_contact(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = ContactForm(request.POST)
    done = attempt(form, lambda: save_contact(firm, actor=person(request), **form.cleaned_data))
    return _answer(request, firm, done, _("联系人已保存"), contact_form=form)


@staff_only
@require_POST
def firm_assign(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = AssignForm(request.POST, officers=officers_for(firm.region_path))
    done = attempt(form, lambda: assign_firm(firm, officer=form.cleaned_data["officer"], actor=person(request)))
    return _answer(request, firm, done, _("经办人员已更改"), assign_form=form)


@staff_only
@require_POST
def firm_move(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = MoveFirmForm(request.POST, visible=Region.objects.visible_to(request.user))
    done = attempt(form, lambda: move_firm(firm, actor=person(request), **form.cleaned_data))
    return _answer(request, firm, done, _("所属区划已更改"), region_form=form)


@staff_only
@require_POST
def firm_open(request: HttpRequest, credit_code: str) -> HttpResponse:
    """One click: start the firm on a programme."""
    firm = visible_firm(request, credit_code)
    form = OpenForm(request.POST)
    if not form.is_valid():
        return redirect("firm", firm.credit_code)
    try:
        application = open_application(
            firm,
            form.cleaned_data["programme"],
            year=form.cleaned_data["year"],
            actor=person(request),
        )
    except DomainError as error:
        refuse(request, error)
        return redirect("firm", firm.credit_code)
    say(request, _("已发起申报 {reference}").format(reference=application.reference))
    return redirect("application", application.pk)
