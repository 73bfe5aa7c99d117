"""Files that leave private storage: handed out by one door, which keeps who took what."""

from __future__ import annotations

from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils import timezone

from crm.access import scope_of
from crm.files import download, shown_name
from crm.models import DownloadLog, Firm, Region, User


def hand_out(row: Model, place: FieldFile, *, firm: Firm, actor: User) -> FileResponse:
    """The file of a row that the caller may see, with a line about it. Raises Http404 when the file is gone."""
    try:
        response = download(place)
    except FileNotFoundError:
        raise Http404 from None
    note_download(row, shown_name(place), firm=firm, actor=actor)
    return response


def hand_out_of_region(row: Model, place: FieldFile, *, region: Region, actor: User) -> FileResponse:
    """The same for a file about a whole region. Raises Http404 when the file is gone."""
    try:
        response = download(place)
    except FileNotFoundError:
        raise Http404 from None
    _note(row, shown_name(place), about=region.name, path=region.path, actor=actor)
    return response


def note_download(row: Model, name: str, *, firm: Firm, actor: User) -> DownloadLog:
    """Keep that a person took a file."""
    return _note(row, name, about=firm.name, path=firm.region_path, actor=actor)


def note_table(row: Model, name: str, *, about: str, actor: User) -> DownloadLog:
    """Keep that a person took a table that was made for them on the spot."""
    home = scope_of(actor).home
    return _note(row, name, about=about, path=home.path if home else "", actor=actor)


def _note(row: Model, name: str, *, about: str, path: str, actor: User) -> DownloadLog:
    return DownloadLog.objects.create(
        object_type=row._meta.label_lower,
        object_id=str(row.pk),
        name=name[:200],
        about=about[:200],
        region_path=path,
        actor=actor,
        at=timezone.now(),
    )
