"""Parts of the record page that arrive after it, each a page of its own too: timeline, checklists, questions, likes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.access import may_write
from crm.models import Firm
from crm.services.firms import save_contact
from crm.views.common import attempt, person, say, staff_only, wants_fragment
from pipeline.forms import ContactForm
from pipeline.models import Application
from pipeline.selectors.firms import ladders
from pipeline.selectors.materials import material_list
from pipeline.selectors.questions import first_questions
from pipeline.views.firms import timeline_of, visible_firm

ALIKE = 5


def part(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The part alone for htmx, else on a page of its own."""
    if wants_fragment(request):
        return render(request, template, context, status=status)
    whole = {**context, "part": template, "title": title}
    return render(request, "pipeline/firm/part_page.html", whole, status=status)


@staff_only
@require_GET
def firm_people(request: HttpRequest, credit_code: str) -> HttpResponse:
    """Contact persons and accounts."""
    return _people(request, visible_firm(request, credit_code), ContactForm())


def _people(request: HttpRequest, firm: Firm, form: ContactForm, *, status: int = 200) -> HttpResponse:
    context = {
        "firm": firm,
        "contacts": list(firm.contacts.all()),
        "members": list(firm.memberships.filter(ended_on=None).select_related("user")),
        "may_write": may_write(request.user, firm.region_path),
        "contact_form": form,
    }
    return part(request, "pipeline/firm/_people.html", _("联系人与账号"), context, status=status)


@staff_only
@require_POST
def firm_contact(request: HttpRequest, credit_code: str) -> HttpResponse:
    """Add a contact person; a refusal keeps what was typed, on a page of the people alone."""
    firm = visible_firm(request, credit_code)
    form = ContactForm(request.POST)
    if not attempt(form, lambda: save_contact(firm, actor=person(request), **form.cleaned_data)):
        return _people(request, firm, form, status=409)
    say(request, _("联系人已保存"))
    return redirect("firm", firm.credit_code)


@staff_only
@require_GET
def firm_timeline(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    context = {
        "firm": firm,
        "timeline": timeline_of(request, firm),
        "may_write": may_write(request.user, firm.region_path),
    }
    return part(request, "pipeline/firm/_entries.html", _("时间线"), context)


@staff_only
@require_GET
def firm_questions(request: HttpRequest, credit_code: str) -> HttpResponse:
    """What to ask a firm that nobody has spoken with yet."""
    firm = visible_firm(request, credit_code)
    context = {"firm": firm, "questions": first_questions(firm, on=timezone.localdate())}
    return part(request, "pipeline/firm/_questions.html", _("首次联系问什么"), context)


@staff_only
@require_GET
def firm_checklist(request: HttpRequest, credit_code: str) -> HttpResponse:
    """What lies in the checklists of the open applications, and what is lacking there."""
    firm = visible_firm(request, credit_code)
    mine = Application.objects.visible_to(request.user).open().filter(firm=firm).exclude(edition=None)
    rows = mine.select_related("edition", "round", "firm", "region").order_by("-opened_at", "-pk")
    found = [(application, material_list(application, ())) for application in rows]
    context = {"firm": firm, "checklists": [pair for pair in found if pair[1] is not None]}
    return part(request, "pipeline/firm/_checklist.html", _("材料清单"), context)


@staff_only
@require_GET
def firm_similar(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The newest firms of the same industry that this reader may see, each with its ladder."""
    firm = visible_firm(request, credit_code)
    rows: list[Firm] = []
    if firm.industry:
        alike = Firm.objects.visible_to(request.user).filter(industry=firm.industry).exclude(pk=firm.pk)
        rows = list(alike.select_related("region").order_by("-pk")[:ALIKE])
    context = {"firm": firm, "alike": rows, "ladders": ladders(rows) if rows else {}}
    return part(request, "pipeline/firm/_similar.html", _("同行企业"), context)
