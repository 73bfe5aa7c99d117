"""The list of keys, and the switch by which a person turns single keys off (WCAG 2.1.4)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.keys import KEYS
from crm.services.people import use_single_keys
from crm.views.common import person, say, staff_only, wants_fragment


@staff_only
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The list over the page for htmx, a page of its own for everybody else."""
    if request.method == "POST":
        on = use_single_keys(person(request), on="on" in request.POST)
        say(request, _("单个按键已启用") if on else _("单个按键已停用；带 Ctrl 的仍可用"))
        return redirect("keys")
    template = "crm/_keys.html" if wants_fragment(request) else "crm/keys.html"
    return render(request, template, {"groups": KEYS})
