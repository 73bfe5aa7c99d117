"""Private files, to those who may see the row that they belong to."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from crm.access import MANAGERS, scope_of
from crm.models import DownloadLog, Fact
from crm.paging import keyset
from crm.services.downloads import hand_out
from crm.views.common import person, staff_only


@require_GET
def fact_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file behind a figure; who took it is kept."""
    facts = Fact.objects.visible_to(request.user).select_related("firm").exclude(file="")
    fact = get_object_or_404(facts, pk=pk)
    return hand_out(fact, fact.file, firm=fact.firm, actor=person(request))


@staff_only
@require_GET
def download_list(request: HttpRequest) -> HttpResponse:
    """Who took which file, newest first; for leads and administrators."""
    if not scope_of(request.user).has_role(*MANAGERS):
        raise Http404
    rows = DownloadLog.objects.visible_to(request.user).select_related("actor")
    page = keyset(rows, order=("-at", "-pk"), after=request.GET.get("after", ""))
    return render(request, "crm/downloads.html", {"page": page})
