"""Uploads in parts: begun, continued from where they broke off, finished; the unfinished are forgotten later."""

from __future__ import annotations

import secrets
import tempfile
from datetime import date, timedelta
from pathlib import PurePath

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import InvalidInput
from crm.files import MOST_BYTES
from crm.models import User
from pipeline.errors import MaterialRefused
from pipeline.models import Application, Upload
from pipeline.services.materials import Uploaded, item_of, require_uploader, upload_files

PART_BYTES = 2**20
KEEP_DAYS = 2
MOST_OPEN = 50  # of one person; who has more is asked to finish some


def begin_upload(application: Application, code: str, year: int, *, name: str, size: int, actor: User) -> Upload:
    """Announce a file. Raises when it could not be kept anyway, so that nobody sends it for nothing."""
    require_uploader(application, actor)
    item = item_of(application, code, year)
    name = PurePath(name).name[-200:]
    reasons = []
    if name.rsplit(".", 1)[-1].lower().replace("jpeg", "jpg") not in item.formats:
        known = _("、").join(item.formats)
        text = _("“{name}”的格式不适用于“{item}”；可上传：{known}")
        reasons.append(text.format(name=name, item=item.label, known=known))
    if not 0 < size <= MOST_BYTES:
        most = MOST_BYTES // 2**20
        reasons.append(_("“{name}”的大小应在 1 字节与 {most} MB 之间").format(name=name, most=most))
    if Upload.objects.filter(user=actor).count() >= MOST_OPEN:
        reasons.append(_("未完成的上传太多，请先完成已开始的上传"))
    if reasons:
        raise InvalidInput(*reasons)
    return Upload.objects.create(
        key=secrets.token_urlsafe(32),
        application=application,
        item=code,
        year=year,
        name=name,
        size=size,
        user=actor,
        begun_at=timezone.now(),
    )


def add_part(upload: Upload, content: bytes, *, offset: int) -> Upload:
    """Add the part that begins at `offset`. Raises MaterialRefused when the file has got further, or is too long."""
    if not content or len(content) > PART_BYTES:
        raise InvalidInput(_("每一段应在 1 字节与 {most} 字节之间").format(most=PART_BYTES))
    if offset != upload.received:
        raise MaterialRefused(_("已收到 {received} 字节，请从该处继续上传").format(received=upload.received))
    if offset + len(content) > upload.size:
        raise InvalidInput(_("收到的内容超过声明的 {size} 字节").format(size=upload.size))
    name = default_storage.save(f"uploads/{upload.key}/{offset:010d}", ContentFile(content))
    here = Upload.objects.filter(pk=upload.pk, received=offset)
    if not here.update(received=F("received") + len(content), parts=[*upload.parts, name]):
        default_storage.delete(name)
        upload.refresh_from_db()
        raise MaterialRefused(_("已收到 {received} 字节，请从该处继续上传").format(received=upload.received))
    upload.refresh_from_db()
    return upload


def finish_upload(upload: Upload, *, actor: User, valid_until: date | None = None) -> Uploaded:
    """Put the parts together and judge the whole as any other file. Raises MaterialRefused while parts are missing."""
    if upload.received != upload.size:
        raise MaterialRefused(_("已收到 {received} 字节，请从该处继续上传").format(received=upload.received))
    with transaction.atomic(), tempfile.TemporaryFile() as whole:
        if not Upload.objects.filter(pk=upload.pk).delete()[0]:  # claimed: a second click or try finds it gone
            raise MaterialRefused(_("这次上传已经完成"))
        for name in upload.parts:
            with default_storage.open(name) as part:
                whole.write(part.read())
        whole.seek(0)
        file = File(whole, name=upload.name)
        file.size = upload.size
        application, place = upload.application, (upload.item, upload.year)
        done = upload_files(application, *place, [file], actor=actor, valid_until=valid_until)
        transaction.on_commit(lambda: _drop(list(upload.parts)))
    return done


def forget(upload: Upload) -> None:
    """Remove an upload with its parts."""
    names = list(upload.parts)
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: _drop(names))


def _drop(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def clear_uploads() -> int:
    """Forget the uploads that nobody finished. Returns how many; again, none."""
    old = list(Upload.objects.filter(begun_at__lt=timezone.now() - timedelta(days=KEEP_DAYS)))
    for upload in old:
        forget(upload)
    return len(old)
