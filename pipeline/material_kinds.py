"""Kinds of document, and the standard reasons for which one of a kind is refused, each with how to put it right."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

DOCUMENT_KINDS: dict[str, Text] = {
    "form": _("申请表"),
    "registration": _("营业执照"),
    "licence": _("许可与检测文件"),
    "certificate": _("资格证书"),
    "ip": _("知识产权材料"),
    "statement": _("情况说明"),
    "project": _("项目与成果材料"),
    "organisation": _("研发组织管理材料"),
    "staff": _("人员材料"),
    "rd_report": _("研发费用专项报告"),
    "income_report": _("高新收入专项报告"),
    "financial": _("财务会计报告"),
    "tax": _("纳税申报表"),
    "undertaking": _("承诺与授权"),
    "other": _("其他证明材料"),
}


class MaterialState(TextChoices):
    """What became of one item. `EXPIRED` is never stored: a day makes it so."""

    MISSING = "missing", _("未上传")
    PENDING = "pending", _("待审")
    ACCEPTED = "accepted", _("已通过")
    REFUSED = "refused", _("需补正")
    EXPIRED = "expired", _("已过期")


@dataclass(frozen=True)
class Reason:
    """Why a document is not good enough, and what the firm does about it. Without kinds it fits any."""

    label: Text
    how: Text
    kinds: tuple[str, ...] = ()

    def fits(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


MISSING_CODE, EXPIRED_CODE, OTHER_CODE = "missing", "expired", "other"
REPORTS = ("rd_report", "income_report")
REASONS: dict[str, Reason] = {
    MISSING_CODE: Reason(_("未提交"), _("请上传该项材料")),
    "incomplete": Reason(_("内容不全或缺页"), _("请补齐全部内容后重新上传")),
    "illegible": Reason(_("扫描件不清晰"), _("请重新扫描，保证文字、印章清晰可辨")),
    "wrong_document": Reason(_("与所列材料不符"), _("请核对材料名称，上传对应的材料")),
    "wrong_name": Reason(_("单位名称与申请企业不一致"), _("请更换为本单位的材料；更名的附变更证明")),
    EXPIRED_CODE: Reason(_("已过有效期"), _("请上传在有效期内的材料")),
    "unstamped": Reason(
        _("未签字或未盖章"),
        _("请签字、加盖公章后重新扫描上传"),
        ("form", "statement", "staff", "financial", "tax", "undertaking", "other", *REPORTS),
    ),
    "wrong_year": Reason(
        _("年度不符"),
        _("请上传所列年度的材料"),
        ("project", "financial", "tax", "staff", "other", *REPORTS),
    ),
    "inconsistent": Reason(
        _("数据与申报数据不一致"),
        _("请核对数据，更正材料或附书面说明"),
        ("form", "staff", "financial", "tax", "project", "other", *REPORTS),
    ),
    "not_owner": Reason(_("权利人不是申请企业"), _("请提供权利人变更或受让的证明"), ("ip",)),
    "not_in_force": Reason(_("知识产权已失效或未授权"), _("请提供在有效状态的证明，或更换其他知识产权"), ("ip",)),
    "agency": Reason(_("出具机构不符合条件"), _("请由符合条件的中介机构重新出具"), REPORTS),
    "no_ledger": Reason(_("缺研发费用辅助账"), _("请补充与报告一致的研发费用辅助账"), ("rd_report",)),
    OTHER_CODE: Reason(_("其他"), _("请按说明改正后重新上传")),
}


def reasons_for(kind: str) -> dict[str, Reason]:
    """The reasons an officer may choose for a document of this kind; that nothing was handed in is no choice."""
    return {code: reason for code, reason in REASONS.items() if reason.fits(kind) and code != MISSING_CODE}
