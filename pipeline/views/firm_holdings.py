"""A firm's rights and credentials: what is recorded one by one, and what counting them says against stated numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from crm.access import may_write
from crm.errors import DomainError
from crm.models import Credential, Firm, IntellectualProperty
from crm.services.holdings import remove_credential, remove_right, save_credential, save_right
from crm.views.common import attempt, person, refuse, say, staff_only, wants_fragment
from pipeline.forms import CredentialForm, RightForm
from pipeline.selectors.holdings import rights_against_statements
from pipeline.views.firms import visible_firm

RIGHT = "right"


@staff_only
@require_GET
def firm_holdings(request: HttpRequest, credit_code: str) -> HttpResponse:
    return _section(request, visible_firm(request, credit_code))


def _section(request: HttpRequest, firm: Firm, *, status: int = 200, **refused: Any) -> HttpResponse:
    """Both lists, perhaps with a refused form in its place. Three statements."""
    rights, credentials = list(firm.rights.select_related("entered_by")), list(firm.credentials.all())
    context = {
        "firm": firm,
        "may_write": may_write(request.user, firm.region_path),
        "rights": [(row, _right_form(row, refused)) for row in rights],
        "credentials": [(row, _credential_form(row, refused)) for row in credentials],
        "counts": rights_against_statements(firm, rights),
        "right_form": refused.get("new_right") or RightForm(auto_id="new-right-%s"),
        "credential_form": refused.get("new_credential") or CredentialForm(auto_id="new-credential-%s"),
    }
    template = "pipeline/firm/_holdings.html" if wants_fragment(request) else "pipeline/firm/holdings_page.html"
    return render(request, template, context, status=status)


def _right_form(row: IntellectualProperty, refused: dict[str, Any]) -> forms.Form:
    said = {name: getattr(row, name) for name in RightForm.base_fields}
    return refused.get(f"right{row.pk}") or RightForm(initial=said, auto_id=f"right-{row.pk}-%s")


def _credential_form(row: Credential, refused: dict[str, Any]) -> forms.Form:
    said = {name: getattr(row, name) for name in CredentialForm.base_fields}
    made = CredentialForm(initial=said, kind=row.kind, auto_id=f"credential-{row.pk}-%s")
    return refused.get(f"credential{row.pk}") or made


def _answer(request: HttpRequest, firm: Firm, text: str) -> HttpResponse:
    if not wants_fragment(request):
        say(request, text)
        return redirect("firm_holdings", firm.credit_code)
    return trigger_client_event(_section(request, firm), "rights-changed", {"text": text})


@staff_only
@require_POST
def firm_holding_add(request: HttpRequest, credit_code: str, what: str) -> HttpResponse:
    """Add a right or a credential."""
    firm = visible_firm(request, credit_code)
    if what == RIGHT:
        form: forms.Form = RightForm(request.POST, auto_id="new-right-%s")
        save: Callable[..., Any] = save_right
    else:
        form, save = CredentialForm(request.POST, auto_id="new-credential-%s"), save_credential
    if attempt(form, lambda: save(firm, actor=person(request), **form.cleaned_data)):
        return _answer(request, firm, _("已登记"))
    return _section(request, firm, status=409, **{f"new_{what}": form})


def _row(firm: Firm, what: str, pk: int) -> Any:
    rows = firm.rights if what == RIGHT else firm.credentials
    return get_object_or_404(rows.select_related("firm"), pk=pk)


@staff_only
@require_POST
def firm_holding(request: HttpRequest, credit_code: str, what: str, pk: int) -> HttpResponse:
    """Change one of them."""
    firm = visible_firm(request, credit_code)
    row = _row(firm, what, pk)
    if what == RIGHT:
        form: forms.Form = RightForm(request.POST, auto_id=f"right-{pk}-%s")
        save: Callable[..., Any] = save_right
    else:
        form, save = CredentialForm(request.POST, kind=row.kind, auto_id=f"credential-{pk}-%s"), save_credential
    if attempt(form, lambda: save(firm, actor=person(request), **{what: row}, **form.cleaned_data)):
        return _answer(request, firm, _("已更改"))
    return _section(request, firm, status=409, **{f"{what}{pk}": form})


@staff_only
@require_POST
def firm_holding_remove(request: HttpRequest, credit_code: str, what: str, pk: int) -> HttpResponse:
    """Take one of them off the list."""
    firm = visible_firm(request, credit_code)
    row = _row(firm, what, pk)
    try:
        (remove_right if what == RIGHT else remove_credential)(row, actor=person(request))
    except DomainError as error:
        refuse(request, error)
        return redirect("firm_holdings", firm.credit_code)
    return _answer(request, firm, _("已删除"))
