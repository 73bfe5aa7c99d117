"""Conditions that a move must meet: each takes an application and returns a reason, or None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from pipeline.choices import Acting

if TYPE_CHECKING:
    from pipeline.models import Application

FIRM = (Acting.FIRM, Acting.PROXY)  # the firm itself, or an officer for a firm that has no account
OFFICER = (Acting.OFFICER, Acting.LEAD)
LEAD = (Acting.LEAD,)
ANYONE = (Acting.FIRM, Acting.OFFICER, Acting.LEAD)


def high_tech_valid(application: Application) -> str | None:
    """A gazelle is a firm whose high-tech certificate is valid (桂科高字〔2022〕92号)."""
    if application.holds("high_tech"):
        return None
    return _("高新技术企业资格未取得、已到期或已取消，不能申请瞪羚企业认定；请先完成高企认定")


def materials_complete(application: Application) -> str | None:
    """Everything that the edition's checklist demands is uploaded and in force, where the checklist is in force."""
    if missing := application.missing_materials():
        names = _("、").join(missing)
        return _("还缺 {count} 份材料：{names}；请在材料清单中上传").format(count=len(missing), names=names)
    return None
