"""What must be done before a round closes, by programme, in order, with the working days each step usually takes.

The lengths are our defaults: no notice publishes them (DOMAIN §6 gives 60–90 days for the preparation of a high-tech
application and five working days for its pre-review, both ours). The contents are those of the materials lists.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from pipeline.choices import Turn
from pipeline.timetable import PlanStep

_FIRM, _AUDITOR = Turn.FIRM.label, _("会计师或税务师事务所")

TIMETABLES: dict[str, tuple[PlanStep, ...]] = {
    "tech_sme": (
        PlanStep("figures", _("核对上年度财务、研发与人员数据"), _FIRM, 5, _("核对上年度财务、研发费用和人员数据")),
        PlanStep("ip", _("核对知识产权与成果"), _FIRM, 3, _("核对知识产权和科技成果")),
        PlanStep("form", _("填写《科技型中小企业信息表》"), _FIRM, 3, _("填写《科技型中小企业信息表》")),
        PlanStep("seal", _("盖章上传并提交"), _FIRM, 2, _("打印盖章、扫描上传并提交")),
    ),
    "high_tech": (
        PlanStep("ip", _("知识产权证书与技术水平证明"), _FIRM, 10, _("备齐知识产权证书和技术水平证明")),
        PlanStep("ledger", _("研发费用辅助账与项目立项"), _FIRM, 10, _("整理研发费用辅助账和研发项目立项材料")),
        PlanStep("audit", _("专项审计（鉴证）报告"), _AUDITOR, 20, _("委托事务所出具研发费用和高新收入专项报告")),
        PlanStep("annex", _("财务报表、纳税申报表与人员说明"), _FIRM, 5, _("备齐三年财务报表、纳税申报表和人员说明")),
        PlanStep("prereview", _("预审"), Turn.COUNTY.label, 5, _("送县区科技部门预审，按意见修改")),
        PlanStep("seal", _("签字盖章并网上提交"), _FIRM, 3, _("签字盖章，网上提交申请书")),
    ),
    "gazelle": (
        PlanStep("figures", _("核对近三年营业收入与研发投入"), _FIRM, 5, _("核对近三年营业收入和研发投入")),
        PlanStep("form", _("填写《基本信息表》"), _FIRM, 5, _("填写《基本信息表》")),
        PlanStep("seal", _("盖章并提交入库申请"), _FIRM, 2, _("盖章并提交入库申请")),
    ),
}
