"""What was exported, by whom, why and how many rows; and the file, to who asked for it."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from crm.models import Export
from crm.paging import keyset
from crm.services.exports import hand_out_export
from crm.views.common import person, staff_only


@staff_only
@require_GET
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own exports, newest first; leads and administrators see those of their regions too."""
    rows = Export.objects.visible_to(request.user).select_related("owner", "region", "job").defer("selection")
    page = keyset(rows, order=("-pk",), after=request.GET.get("after", ""))
    return render(request, "crm/exports.html", {"page": page})


@staff_only
@require_GET
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file, while it is kept; asked again whether this person may have it, and each taking is kept."""
    mine = Export.objects.filter(owner=person(request)).select_related("region").defer("selection")
    return hand_out_export(get_object_or_404(mine, pk=pk), actor=person(request))
