"""Refusals: what the product says no to, with a stable code and every reason at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something the rules forbid. `code` is stable; `reasons` are sentences for the person who asked.

    `fields` says what is wrong with each field, by its path, where a document was read.
    """

    code = "refused"
    title = _("操作未能完成")
    status = 409
    fields: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *reasons: object) -> None:
        self.reasons = [str(reason) for reason in reasons]
        super().__init__("；".join(self.reasons))


class InvalidInput(DomainError):
    """The input itself is wrong: a false check digit, a year in the future, an unknown fact."""

    code = "invalid_input"
    title = _("填写内容有误")
    status = 400


class NotAllowed(DomainError):
    """This person may see the thing but may not do this to it."""

    code = "not_allowed"
    title = _("当前身份无权执行此操作")
    status = 403


class RowChanged(DomainError):
    """Somebody else changed the row since it was read."""

    code = "row_changed"
    title = _("内容已被他人更改")


class UnreadableFile(DomainError):
    """The file as a whole cannot be read; nothing was taken from it."""

    code = "unreadable_file"
    title = _("无法读取该文件")
    status = 400
