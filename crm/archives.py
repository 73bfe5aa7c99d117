"""Refuses archives that unpack to far more than they should; xlsx and docx files are archives."""

from __future__ import annotations

import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

from crm.errors import UnreadableFile

MAX_MEMBERS = 2_000
MAX_UNPACKED = 120 * 2**20
BLOCK = 1 << 16


def refuse_bombs(file: BinaryIO, *, most: int = MAX_UNPACKED) -> None:
    """Unpack every member block by block, keeping nothing, and stop at `most` bytes. Leaves the file at its start.

    The sizes that an archive states are not believed. Raises UnreadableFile.
    """
    total = 0
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise UnreadableFile(_("文件内部条目过多，不像普通的表格或文档；请另存后重新上传"))
            for member in members:
                total += _unpacked(archive, member, most - total, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnreadableFile(_("文件已损坏或已加密，无法打开；请另存后重新上传")) from error
    file.seek(0)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, allowed: int, most: int) -> int:
    size = 0
    with archive.open(member) as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > allowed:
                reason = _("文件解压后超过 {limit} MB，可能是恶意文件，未作处理；请拆分后上传")
                raise UnreadableFile(reason.format(limit=most >> 20))
    return size
