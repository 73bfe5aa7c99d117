"""How each question of the self-check is put to a firm: plain help beside the figure, as the law defines it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.choices import Basis

Words = dict[str, str | Promise]

# By figure and basis, else by figure alone. DOMAIN §1.3, §1.4, §2.2, §2.3.
HELP: Words = {
    f"employees/{Basis.QUARTERLY_6M}": _(
        "全年季平均数：每季（季初＋季末）÷2，四个季度相加再除以4。含兼职、临时人员，须全年累计工作满6个月。"
    ),
    f"tech_staff/{Basis.QUARTERLY_6M}": _(
        "直接从事研发和相关创新活动，以及专门从事其管理和直接服务的人员，按季平均；兼职、临时人员须满6个月。"
    ),
    f"employees/{Basis.MONTHLY_183D}": _(
        "全年月平均数：每月（月初＋月末）÷2，十二个月相加再除以12。与科技型中小企业的季平均不同，请分别计算。"
    ),
    f"tech_staff/{Basis.MONTHLY_183D}": _("全年累计实际工作183天以上的科技人员，按月平均。"),
    "sales_cny": _("主营业务收入加其他业务收入。"),
    f"rd_cny/{Basis.SUPER_DEDUCTION}": _("按财税〔2015〕119号（加计扣除）的范围归集的研发费用。"),
    f"rd_cny/{Basis.HIGH_TECH}": _(
        "按高企认定的范围归集的研发费用总额，委托外部研发和其他费用按实际发生额全部计入，系统会自动按规定折算。"
    ),
    "rd_domestic_cny": _("在境内发生的研发费用；委托境外（含港澳台）的部分不算。"),
    "rd_entrusted_cny": _("委托外部研发的实际发生额，按80%计入。没有请填0，空着表示不清楚。"),
    "rd_other_cny": _("归入“其他费用”的部分，一般不超过研发费用总额的20%。没有请填0，空着表示不清楚。"),
    "costs_cny": _("研发投入可以按销售收入计算，也可以按它计算，系统取得分较高的一种。"),
    "assets_cny": _("年末数。"),
    "liabilities_cny": _("年末数。"),
    "net_assets_cny": _("年末资产总额减负债总额，以审计报表为准；可以为负数。"),
    "total_income_cny": _("扣除不征税收入之前的全年收入总额。"),
    "non_taxable_income_cny": _("没有请填0，空着表示不清楚。"),
    "transformations": _("当年转化的科技成果项数；同一成果转化成多个产品只算一项。没有请填0。"),
    "ip_class1": _(
        "发明专利、植物新品种、国家级农作物品种、国家新药、国家一级中药保护品种、集成电路布图设计专有权，须有效。"
    ),
    "ip_class2": _("实用新型专利、外观设计专利、软件著作权，须有效；商标不算。"),
    "ip_self_developed": _("上面两类中由贵单位自己研发取得的项数，不含受让、受赠、并购。"),
    "ip_core_support": _("最终由评审专家判定，请先按贵单位自己的判断选择。"),
    "supported_field": _(
        "电子信息、生物与新医药、航空航天、新材料、高技术服务、新能源与节能、资源与环境、先进制造与自动化。最终由评审专家判定。"
    ),
    "restricted_industry": _(
        "包括财税〔2015〕119号不适用加计扣除的行业，例如住宿餐饮、批发零售、房地产（名单待核实）。"
    ),
    "audit_based_tax": _("核定征收的企业请选“否”。"),
    "serious_incident": _("重大安全、重大质量事故或严重环境违法。"),
}


def help_for(code: str, basis: str = "") -> str:
    """What a person must know to give this figure as the edition counts it; empty where the name says it all."""
    return str(HELP.get(f"{code}/{basis}") or HELP.get(code, ""))
