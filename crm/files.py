"""Files that people upload: what may come in, where it is kept, how it goes out again.

Nothing is believed of a file but its content: the ending, the first bytes and, of an office document, what its
archive holds must agree. Files lie in private storage and leave it only through a view that checked the reader.
"""

from __future__ import annotations

import secrets
import zipfile
from pathlib import PurePath
from typing import BinaryIO

import filetype
from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from django.utils.translation import gettext as _

from crm.errors import InvalidInput

MOST_BYTES = 20 * 2**20
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
SAME = {"jpeg": "jpg"}
ACCEPT = ",".join(f".{ending}" for ending in (*CONTENT_TYPES, *SAME))
MAIN_PARTS = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
MACROS = ("vbaproject.bin", "vbadata.xml")
# An office document grows when it is opened; beyond this it is a bomb, whatever it claims to be.
MOST_UNPACKED, MOST_ENTRIES, MOST_GROWTH = 200 * 2**20, 2000, 200
LONGEST_STEM = 60  # characters; a file system counts three bytes for each Chinese one


def file_problems(file: File) -> list[str]:
    """Every reason why such a file cannot be kept; empty when it can."""
    name, size = PurePath(file.name or "").name, file.size
    ending = _ending(name)
    if ending not in CONTENT_TYPES:
        known = _("、").join(CONTENT_TYPES)
        return [_("“{name}”的格式不能接收；可上传：{known}").format(name=name, known=known)]
    if not size:
        return [_("“{name}”是空文件").format(name=name)]
    if size > MOST_BYTES:
        shown, most = f"{size / 2**20:.1f}", MOST_BYTES // 2**20
        text = _("“{name}”有 {size} MB，超过 {most} MB；请压缩或拆分后上传")
        return [text.format(name=name, size=shown, most=most)]
    return _content_problems(file, name, ending)


def _ending(name: str) -> str:
    ending = PurePath(name).suffix.lower().lstrip(".")
    return SAME.get(ending, ending)


def _content_problems(file: File, name: str, ending: str) -> list[str]:
    file.seek(0)
    kind = filetype.guess(file.read(8192))
    file.seek(0)
    if ending in MAIN_PARTS:
        return _archive_problems(file, name, ending)
    if kind is None or kind.extension != ending:
        return [_("“{name}”的内容不是 {ending} 文件；请确认没有改过扩展名").format(name=name, ending=ending)]
    return []


def _archive_problems(file: File, name: str, ending: str) -> list[str]:
    """An office document is an archive: it must be one, hold what it should, and not be a bomb. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        entries = []
    finally:
        file.seek(0)
    names = {entry.filename.lower() for entry in entries}
    if MAIN_PARTS[ending] not in names:
        text = _("“{name}”的内容不是 {ending} 文件，或已加密；请另存为 {ending} 后上传")
        return [text.format(name=name, ending=ending)]
    reasons = []
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or len(entries) > MOST_ENTRIES or unpacked > MOST_GROWTH * (file.size or 1):
        reasons.append(_("“{name}”解压后过大，不能接收").format(name=name))
    if any(entry.endswith(MACROS) for entry in names):
        reasons.append(_("“{name}”含有宏，不能接收；请另存为不含宏的文件").format(name=name))
    return reasons


def keep_file(place: FieldFile, file: File) -> None:
    """Put a file into private storage under a name nobody can guess. Raises InvalidInput with every reason.

    The row is not saved. What the file replaces stays in storage: its name is in the history of the row.
    """
    if reasons := file_problems(file):
        raise InvalidInput(*reasons)
    path = PurePath(file.name or "")
    name = f"{path.stem[:LONGEST_STEM]}.{_ending(path.name)}"
    place.save(f"{secrets.token_urlsafe(12)}/{name}", file, save=False)


def keep_made_file(place: FieldFile, file: File) -> None:
    """The same for a file that the product made itself: nothing in it is to be doubted. The row is not saved."""
    place.save(f"{secrets.token_urlsafe(12)}/{PurePath(file.name or '').name}", file, save=False)


def shown_name(place: FieldFile) -> str:
    """The name under which the file was uploaded; empty where there is none."""
    return PurePath(place.name or "").name if place else ""


def download(place: FieldFile) -> FileResponse:
    """The file as an attachment that no browser opens or guesses about. Raises FileNotFoundError when it is gone."""
    return as_download(place.open("rb"), shown_name(place))


def as_download(file: BinaryIO | File, name: str) -> FileResponse:
    """An open file as such an attachment, under this name."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type(name))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def content_type(name: str) -> str:
    """What a file of this name holds."""
    return CONTENT_TYPES.get(_ending(name), "application/octet-stream")
