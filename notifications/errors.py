"""The refusals of this room. Codes are stable; sentences may improve."""

from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError


class SnoozeRefused(DomainError):
    """A reminder cannot be put off or stopped as it was asked; `reasons` holds every reason at once."""

    code = "snooze_refused"
    title = _("提醒没有改动")


class DigestRefused(DomainError):
    """A periodic mail that cannot be made again now."""

    code = "digest_refused"
    title = _("未能重新生成")
