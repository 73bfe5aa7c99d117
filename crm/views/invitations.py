"""The page behind the link of an invitation: for somebody new, for an account that exists, for the wrong person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crm.limits import limited
from crm.models import Invitation
from crm.people_forms import AcceptForm
from crm.services.invitations import accept_as, accept_new, account_of, read_token
from crm.views.common import attempt, person, say

PER_MINUTE = 30
BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("invitation", per_minute=PER_MINUTE)
@sensitive_post_parameters("password", "again")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link offers, or why it offers nothing any longer."""
    response = _answer(request, token)
    response._has_been_logged = True  # type: ignore[attr-defined]  # the address is a key: no refusal writes it to a log
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    found = read_token(token)
    state = _state(found)
    if found is None or state != "open":
        status = 404 if found is None else 410
        return render(request, "crm/invitation_over.html", {"invitation": found, "state": state}, status=status)
    if request.user.is_authenticated:
        return _for_account(request, found)
    if account_of(found) is not None:
        return render(request, "crm/invitation_log_in.html", {"invitation": found})
    return _for_somebody_new(request, found)


def _state(found: Invitation | None) -> str:
    if found is None:
        return "unknown"
    if found.state == "open" and found.mandate is not None and not found.mandate.can_be_revoked:
        return "mandate_over"
    return found.state


def _for_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    user = person(request)
    context: dict[str, Any] = {"invitation": found}
    if user.email.lower() != found.email.lower():
        return render(request, "crm/invitation_other.html", context, status=409 if request.method == "POST" else 200)
    form = Form({}) if request.method == "POST" else None
    if form is not None and attempt(form, lambda: accept_as(found, user)):
        return _welcome(request, found)
    return render(request, "crm/invitation_accept.html", context | {"form": form}, status=409 if form else 200)


def _for_somebody_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AcceptForm(request.POST or None, email=found.email, initial={"name": found.name})
    made: list[Any] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_made(form, found))):
        login(request, made[0], backend=BACKEND)
        return _welcome(request, found)
    return render(
        request, "crm/invitation_new.html", {"invitation": found, "form": form}, status=409 if form.errors else 200
    )


def _made(form: AcceptForm, found: Invitation) -> Any:
    data = form.cleaned_data
    return accept_new(found, name=data["name"], phone=data["phone"], password=data["password"])


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    mandate = found.mandate
    if mandate is not None and mandate.starts_on > timezone.localdate():
        text = _("已接受授权；自 {day} 起可以代 {firm} 办理")
        say(request, text.format(day=mandate.starts_on, firm=found.firm.name))
        return redirect("account")
    text = _("您已可以代 {firm} 办理") if found.mandate_id else _("您已可以办理 {firm} 的事项")
    say(request, text.format(firm=found.firm.name))
    return redirect("portal")
