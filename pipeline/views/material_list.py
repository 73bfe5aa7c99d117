"""What the pages with a material list share: whose it is, what it needs, the frame around it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from crm.access import scope_of
from crm.views.common import person, wants_fragment
from pipeline.access import acting_role
from pipeline.material_forms import NoticeForm
from pipeline.models import Application
from pipeline.selectors.materials import MaterialList, material_list
from pipeline.services.notices import is_second, return_step


def base_of(request: HttpRequest) -> str:
    """The frame around a page that officers and firms share."""
    return "frame.html" if scope_of(request.user).is_staff else "portal_base.html"


def seen_application(request: HttpRequest, pk: int) -> Application:
    rows = Application.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("firm", "region", "round", "edition"), pk=pk)


def own_list(request: HttpRequest, application: Application) -> MaterialList | None:
    """The list with what this person may do."""
    return material_list(application, acting_role(person(request), application).hats)


def list_context(request: HttpRequest, application: Application) -> dict[str, Any]:
    """What the list needs beside itself; a page that shows it adds this to its own context."""
    found = own_list(request, application)
    if found is None:
        return {"materials": None}
    return {
        "materials": found,
        "notices": list(application.notices.standing()),
        "second": found.may_decide and is_second(application, found),
        "return_step": return_step(application),
        "notice_form": NoticeForm(initial={"version": application.version}),
    }


def list_page(request: HttpRequest, application: Application, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"application": application, "base": base_of(request), **list_context(request, application), **more}
    template = "pipeline/materials/_place.html" if wants_fragment(request) else "pipeline/materials/page.html"
    return render(request, template, context, status=status)
