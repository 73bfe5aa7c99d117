"""Editing what the register says of a firm, and its contacts: two who edit at once choose field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import may_write
from crm.change_words import field_words
from crm.errors import DomainError, RowChanged
from crm.models import ChangeRecord, Contact, Firm, Region
from crm.selectors.firms import officers_for, regions_to_move_to
from crm.services.firms import EDITABLE, assign_firm, move_firm, update_contact, update_firm
from crm.views.common import attempt, form_address, person, refuse, say, staff_only
from pipeline.edit_forms import ContactEditForm, EditForm, FirmEditForm
from pipeline.forms import AssignForm, MoveFirmForm
from pipeline.views.firms import visible_firm

Write = Callable[[dict[str, Any]], Any]
TRIES = 3  # somebody may be first again between reading and writing


def writable_firm(request: HttpRequest, credit_code: str) -> Firm:
    """A firm that this person may change; for who only reads it the form does not exist."""
    firm = visible_firm(request, credit_code)
    if not may_write(request.user, firm.region_path):
        raise Http404
    return firm


def save_edit(form: EditForm, row: Any, write: Write) -> tuple[str, ...] | None:
    """Write what does not clash. Returns the fields that only somebody else changed, None where nothing was written.

    Then the form has its reasons, or `form.clashes` has what must be chosen.
    """
    if not form.is_valid():
        return None
    for _try in range(TRIES):
        row.refresh_from_db()
        found = form.reconciled(row)
        if found.clashes:
            form.clashes = form.rows(found.clashes)
            return None
        try:
            write(found.changes)
        except RowChanged:
            continue
        except DomainError as error:
            for reason in error.reasons:
                form.add_error(None, reason)
            return None
        return found.others
    form.add_error(None, _("这一行正被多人同时修改，请稍后再试"))
    return None


@staff_only
@require_http_methods(["GET", "POST"])
def firm_edit(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The register data of a firm, its county and its officer."""
    firm = writable_firm(request, credit_code)
    if request.method != "POST":
        return _edit_page(request, firm, FirmEditForm.of(firm))
    form = FirmEditForm(request.POST)

    def write(changes: dict[str, Any]) -> None:
        update_firm(firm, changes=changes, actor=person(request), reason=form.cleaned_data["reason"])

    others = save_edit(form, firm, write)
    if others is None:
        return _edit_page(request, firm, form, status=409)
    _say_saved(request, _("登记信息已保存"), others)
    return redirect("firm", firm.credit_code)


def _say_saved(request: HttpRequest, text: str, others: tuple[str, ...], model: Any = Firm) -> None:
    if others:
        names = "、".join(field_words(name, model) for name in others)
        text = _("{text}；同时他人刚改过：{names}，均已保留").format(text=text, names=names)
    say(request, text)


def _edit_page(request: HttpRequest, firm: Firm, form: EditForm, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "firm": firm,
        "form": form,
        "officers": officers_for(firm.region_path),
        "regions": regions_to_move_to(firm.region, Region.objects.visible_to(request.user)),
        **forms,
    }
    return render(request, "pipeline/firm/edit_page.html", context, status=status)


@staff_only
@require_http_methods(["GET", "POST"])
def firm_contact_edit(request: HttpRequest, credit_code: str, pk: int) -> HttpResponse:
    firm = writable_firm(request, credit_code)
    contact = get_object_or_404(Contact.objects.filter(firm=firm), pk=pk)
    form = ContactEditForm(request.POST) if request.method == "POST" else ContactEditForm.of(contact)

    def write(changes: dict[str, Any]) -> None:
        seen = {name: getattr(contact, name) for name in form.names}
        reason = form.cleaned_data["reason"]
        update_contact(contact, changes=changes, seen=seen, actor=person(request), reason=reason)

    others = save_edit(form, contact, write) if request.method == "POST" else None
    if others is not None:
        _say_saved(request, _("联系人已保存"), others, Contact)
        return redirect("firm", firm.credit_code)
    context = {"firm": firm, "contact": contact, "form": form}
    status = 409 if request.method == "POST" else 200
    return render(request, "pipeline/firm/contact_page.html", context, status=status)


@staff_only
@form_address("firm_edit", "credit_code")
def firm_assign(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = AssignForm(request.POST, officers=officers_for(firm.region_path))
    done = attempt(form, lambda: assign_firm(firm, officer=form.cleaned_data["officer"], actor=person(request)))
    if not done:
        return _edit_page(request, firm, FirmEditForm.of(firm), status=409, assign_form=form)
    say(request, _("经办人员已更改"))
    return redirect("firm", firm.credit_code)


@staff_only
@form_address("firm_edit", "credit_code")
def firm_move(request: HttpRequest, credit_code: str) -> HttpResponse:
    firm = visible_firm(request, credit_code)
    form = MoveFirmForm(request.POST, visible=Region.objects.visible_to(request.user))
    if not attempt(form, lambda: move_firm(firm, actor=person(request), **form.cleaned_data)):
        return _edit_page(request, firm, FirmEditForm.of(firm), status=409, region_form=form)
    say(request, _("所属区划已更改"))
    return redirect("firm", firm.credit_code)


@staff_only
@require_POST
def firm_restore(request: HttpRequest, credit_code: str, pk: int) -> HttpResponse:
    """Give a field the value again that one change took from it; itself a change with a reason."""
    firm = visible_firm(request, credit_code)
    records = ChangeRecord.objects.visible_to(request.user).filter(field__in=EDITABLE)
    record = get_object_or_404(records, pk=pk, object_type=Firm._meta.label_lower, object_id=str(firm.pk))
    column: Any = Firm._meta.get_field(record.field)
    value = None if record.old == "" and column.null else column.to_python(record.old)
    try:
        update_firm(firm, changes={record.field: value}, actor=person(request), reason=_("恢复以前的值"))
    except DomainError as error:
        refuse(request, error)
    else:
        say(request, _("{field}已恢复").format(field=field_words(record.field)))
    return redirect("firm", firm.credit_code)
