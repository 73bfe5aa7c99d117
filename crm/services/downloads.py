"""Files that leave private storage: handed out by one door, which keeps who took what."""

from __future__ import annotations

from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils import timezone

from crm.files import download, shown_name
from crm.models import DownloadLog, Firm, User


def hand_out(row: Model, place: FieldFile, *, firm: Firm, actor: User) -> FileResponse:
    """The file of a row that the caller may see, with a line about it. Raises Http404 when the file is gone."""
    try:
        response = download(place)
    except FileNotFoundError:
        raise Http404 from None
    note_download(row, shown_name(place), firm=firm, actor=actor)
    return response


def note_download(row: Model, name: str, *, firm: Firm, actor: User) -> DownloadLog:
    """Keep that a person took a file."""
    return DownloadLog.objects.create(
        object_type=row._meta.label_lower,
        object_id=str(row.pk),
        name=name[:200],
        about=firm.name[:200],
        region_path=firm.region_path,
        actor=actor,
        at=timezone.now(),
    )
