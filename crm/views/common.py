"""What the views of every room share: who may come in, and how a refusal reaches the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework.request import Request

from crm.access import scope_of
from crm.errors import DomainError
from crm.models import User

View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """People of the authority only; for firms the page does not exist."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not scope_of(request.user).is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


def person(request: HttpRequest | Request) -> User:
    """Who asks; every page but the public ones has somebody."""
    return cast(User, request.user)


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks: it gets the changing part alone, everybody else the whole page."""
    return bool(getattr(request, "htmx", False))


def attempt(form: forms.Form, action: Callable[[], Any]) -> bool:
    """Do what a valid form asks for. A refusal becomes the form's errors, so that what was typed stays on the page."""
    if not form.is_valid():
        return False
    try:
        action()
    except DomainError as error:
        for reason in error.reasons:
            form.add_error(None, reason)
        return False
    return True


def typed_key(text: str) -> int:
    """A row's key as an address or a form has it; 0, which no row has, for what cannot be one.

    The databases know no numbers of more than 18 digits.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def say(request: HttpRequest, text: str) -> None:
    """One line about what was done, shown once on the next page."""
    messages.success(request, text)


def refuse(request: HttpRequest, error: DomainError) -> None:
    """The reasons of a refusal, shown on the next page; for buttons that carry no typed text."""
    for reason in error.reasons:
        messages.error(request, reason)


def back(request: HttpRequest, default: str) -> HttpResponse:
    """To where the person came from, when that is one of our own pages."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if safe else default)


def form_address(page: str, *named: str) -> Callable[[View], View]:
    """For the address that a form is posted to: a GET, as after a log-in in between, goes to the page of the form.

    `named` are the parts of the address that the page has too.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return redirect(page, *(kwargs[name] for name in named))

        return wrapped

    return decorate
