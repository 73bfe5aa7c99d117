"""Private files, to those who may see the row that they belong to."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from crm.files import download
from crm.models import Fact
from crm.services.facts import note_reading
from crm.views.common import person


@require_GET
def fact_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file behind a figure; who took it is kept."""
    facts = Fact.objects.visible_to(request.user).select_related("firm").exclude(file="")
    fact = get_object_or_404(facts, pk=pk)
    try:
        response = download(fact.file)
    except FileNotFoundError:
        raise Http404 from None
    note_reading(fact, actor=person(request))
    return response
