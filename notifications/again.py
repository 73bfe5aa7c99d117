"""A periodic mail that could not be made, made again by hand."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from notifications.digests import send_period
from notifications.errors import DigestRefused
from notifications.models import Digest, DigestState, MessageKind
from notifications.mornings import Bundle, send_bundle
from pipeline.workdays import WorkCalendar


def make_again(digest: Digest, *, today: date, calendar: WorkCalendar) -> None:
    """Make the mail of a failed row now. Raises DigestRefused where there is nothing to make, or it fails again."""
    if digest.state != DigestState.FAILED:
        raise DigestRefused(_("这一期已经生成，无需重新生成"))
    if digest.kind == MessageKind.MORNING:
        day = date.fromisoformat(digest.period.split("+")[0])
        if send_bundle(Bundle(day, digest.recipient_id), today, calendar) is False:
            raise DigestRefused(_("这一天的提醒已过期或已另行发出，没有可补发的内容"))
    else:
        send_period(digest.period, today=today, user=digest.recipient)
    digest.refresh_from_db()
    if digest.state == DigestState.FAILED:
        raise DigestRefused(_("仍未能生成：{error}").format(error=digest.error))
