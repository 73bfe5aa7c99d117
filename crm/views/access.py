"""Who may act for a firm: the firm's own page of it, the officers', and what both can do there."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.access import may_write, scope_of
from crm.errors import DomainError
from crm.files import download
from crm.models import Firm, Invitation, Mandate, Membership
from crm.people_forms import InvitationForm, MandateForm
from crm.selectors.people import access_to
from crm.services import invitations, mandates
from crm.services.members import end_membership
from crm.views.common import attempt, form_address, person, refuse, say, staff_only


@require_GET
def portal_people(request: HttpRequest) -> HttpResponse:
    """The firm's own people see who has access; an agent does not."""
    own = Firm.objects.filter(pk__in=scope_of(request.user).member_ids).select_related("region", "officer")
    if code := request.GET.get("firm"):
        return _page(request, get_object_or_404(own, credit_code=code))
    first = own.order_by("pk").first()
    if first is not None:
        return _page(request, first)
    if scope_of(request.user).is_staff:
        return redirect("firms")
    raise Http404


@staff_only
@require_GET
def firm_access(request: HttpRequest, credit_code: str) -> HttpResponse:
    """The same for officers of the firm's region."""
    scope = scope_of(request.user)
    firms = Firm.objects.standing().filter(scope.q(firm=None)).select_related("region", "officer")
    return _page(request, get_object_or_404(firms, credit_code=credit_code))


def _firm(request: HttpRequest, credit_code: str) -> Firm:
    """A firm whose access this person may know of: as its own, or as an officer."""
    scope = scope_of(request.user)
    firms = Firm.objects.standing().filter(scope.q(firm=None) | Q(pk__in=scope.member_ids))
    return get_object_or_404(firms.select_related("region", "officer"), credit_code=credit_code)


def _page(request: HttpRequest, firm: Firm, *, status: int = 200, **forms: Any) -> HttpResponse:
    today = timezone.localdate()
    own = firm.pk in scope_of(request.user).member_ids
    context = {
        "firm": firm,
        "own": own,
        "base": "portal_base.html" if own else "frame.html",
        "access": access_to(firm),
        "may_manage": own or may_write(request.user, firm.region_path),
        "invitation_form": InvitationForm(),
        "mandate_form": MandateForm(initial={"starts_on": today}),
        "form": next(iter(forms.values()), None),
        "own_firms": Firm.objects.filter(pk__in=scope_of(request.user).member_ids).order_by("pk") if own else [],
        **forms,
    }
    return render(request, "crm/access.html", context, status=status)


def _back(request: HttpRequest, firm: Firm) -> HttpResponse:
    if firm.pk in scope_of(request.user).member_ids:
        return redirect(f"{reverse('portal_people')}?firm={firm.credit_code}")
    return redirect("firm_access", firm.credit_code)


@form_address("portal_people")
def access_invite(request: HttpRequest, credit_code: str) -> HttpResponse:
    """A colleague at the firm, by mail."""
    firm = _firm(request, credit_code)
    form = InvitationForm(request.POST)
    if attempt(form, lambda: invitations.invite(firm, actor=person(request), **form.cleaned_data)):
        say(request, _("邀请已发送到 {email}").format(email=form.cleaned_data["email"]))
        return _back(request, firm)
    return _page(request, firm, status=409, invitation_form=form)


@form_address("portal_people")
def access_mandate(request: HttpRequest, credit_code: str) -> HttpResponse:
    """An agent, from one day to another."""
    firm = _firm(request, credit_code)
    form = MandateForm(request.POST, request.FILES)
    if attempt(form, lambda: mandates.grant_mandate(firm, actor=person(request), **form.cleaned_data)):
        say(request, _("授权已登记，代理人接受后生效；邀请已发送到 {email}").format(email=form.cleaned_data["email"]))
        return _back(request, firm)
    return _page(request, firm, status=409, mandate_form=form)


@form_address("portal_people")
def access_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody acts for the firm no longer."""
    scope = scope_of(request.user)
    known = scope.q(path="firm__region_path", firm=None) | Q(firm_id__in=scope.member_ids)
    rows = Membership.objects.filter(known, ended_on=None).select_related("firm", "user")
    membership = get_object_or_404(rows, pk=pk)
    return _do(request, membership.firm, lambda: end_membership(membership, actor=person(request)), _("已停用该账号"))


@form_address("portal_people")
def invitation_again(request: HttpRequest, pk: int) -> HttpResponse:
    row = _invitation(request, pk)
    return _do(request, row.firm, lambda: invitations.send_again(row, actor=person(request)), _("邀请已重新发送"))


@form_address("portal_people")
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = _invitation(request, pk)
    return _do(request, row.firm, lambda: invitations.withdraw(row, actor=person(request)), _("邀请已撤回"))


def _invitation(request: HttpRequest, pk: int) -> Invitation:
    rows = Invitation.objects.visible_to(request.user).select_related("firm", "mandate")
    return get_object_or_404(rows, pk=pk)


@form_address("portal_people")
def mandate_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Mandate.objects.visible_to(request.user).select_related("firm"), pk=pk)
    reason = request.POST.get("reason", "")
    return _do(
        request,
        row.firm,
        lambda: mandates.revoke_mandate(row, reason=reason, actor=person(request)),
        _("授权已撤销，立即生效"),
    )


@require_GET
def mandate_file(request: HttpRequest, pk: int) -> FileResponse:
    """The letter of authority; who took it is kept."""
    rows = Mandate.objects.visible_to(request.user).select_related("firm").exclude(file="")
    row = get_object_or_404(rows, pk=pk)
    try:
        response = download(row.file)
    except FileNotFoundError:
        raise Http404 from None
    mandates.note_reading(row, actor=person(request))
    return response


def _do(request: HttpRequest, firm: Firm, action: Any, done: str) -> HttpResponse:
    """A button without typed text: what came of it is said on the page it stood on."""
    try:
        action()
        say(request, done)
    except DomainError as error:
        refuse(request, error)
    return _back(request, firm)
