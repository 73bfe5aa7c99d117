"""Asking for an account of a firm, by anybody; and the officers' page on which it is decided."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from crm.choices import RequestState
from crm.errors import DomainError
from crm.files import download
from crm.limits import limited
from crm.models import Region, RegistrationRequest
from crm.people_forms import DecideForm, RegisterForm
from crm.services.registrations import approve_request, ask_for_account, note_reading, refuse_request
from crm.views.common import attempt, form_address, person, refuse, say, staff_only

PER_MINUTE = 12
SHOWN = 100


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("register", per_minute=PER_MINUTE, posts_only=True)
def register(request: HttpRequest) -> HttpResponse:
    """One answer to everything that is filled in rightly, whatever is known of the firm."""
    form = RegisterForm(request.POST, request.FILES) if request.method == "POST" else RegisterForm()
    if form.is_bound and attempt(form, lambda: _ask(form)):
        return redirect("register_done")
    return render(request, "crm/register.html", {"form": form}, status=400 if form.errors else 200)


def _ask(form: RegisterForm) -> None:
    data = dict(form.cleaned_data)
    ask_for_account(code=data.pop("credit_code"), **data)


@login_not_required
@require_safe
def register_done(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/register_done.html")


@staff_only
@require_GET
def registrations(request: HttpRequest) -> HttpResponse:
    """What waits for a decision in the reader's regions, and what was decided."""
    rows = RegistrationRequest.objects.visible_to(request.user).select_related("firm", "decided_by", "firm__region")
    context = {
        "pending": list(rows.pending().order_by("pk")[:SHOWN]),
        "decided": list(rows.exclude(state=RequestState.PENDING)[:SHOWN]),
        "region_options": list(Region.objects.visible_to(request.user).order_by("path")[:200]),
    }
    return render(request, "crm/registrations.html", context)


@form_address("registrations")
def registration_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse, by the button that was pressed."""
    rows = RegistrationRequest.objects.visible_to(request.user).select_related("firm")
    asked = get_object_or_404(rows, pk=pk)
    form = DecideForm(request.POST, visible=Region.objects.visible_to(request.user))
    approved = "approve" in request.POST
    if attempt(form, lambda: _decide(asked, form, request, approved=approved)):
        say(
            request,
            _("已通过，邀请已发送到 {email}").format(email=asked.email) if approved else _("已退回，申请人将收到原因"),
        )
    else:
        refuse(request, DomainError(*(str(reason) for reasons in form.errors.values() for reason in reasons)))
    return redirect("registrations")


def _decide(asked: RegistrationRequest, form: DecideForm, request: HttpRequest, *, approved: bool) -> None:
    if approved:
        approve_request(asked, region=form.cleaned_data["region"], actor=person(request))
    else:
        refuse_request(asked, reason=form.cleaned_data["reason"], actor=person(request))


@staff_only
@require_GET
def registration_file(request: HttpRequest, pk: int) -> FileResponse:
    """The letter that came with a request; who took it is kept."""
    rows = RegistrationRequest.objects.visible_to(request.user).select_related("firm").exclude(file="")
    asked = get_object_or_404(rows, pk=pk)
    try:
        response = download(asked.file)
    except FileNotFoundError:
        raise Http404 from None
    note_reading(asked, actor=person(request))
    return response
