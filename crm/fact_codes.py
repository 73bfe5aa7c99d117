"""The facts a firm can have: code, unit and bases. The codes are contracts (docs/glossary.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.choices import Basis

PERSONS, YUAN, COUNT, YES_NO, POINTS = "persons", "yuan", "count", "yes_no", "points"
UNIT_LABELS = {PERSONS: _("人"), YUAN: _("元"), COUNT: _("项"), YES_NO: _("是/否"), POINTS: _("分")}
NO_YEAR = 0  # the year of a fact that belongs to no year; a real value, so that the unique key sees it

_RD = (Basis.SUPER_DEDUCTION, Basis.HIGH_TECH, Basis.ACCOUNTING)
_STAFF = (Basis.QUARTERLY_6M, Basis.MONTHLY_183D)


@dataclass(frozen=True)
class FactCode:
    """One kind of figure. `bases` is empty where only one way of counting exists; `headers` name its columns."""

    code: str
    label: str | Promise
    unit: str
    bases: tuple[str, ...] = ()
    per_year: bool = True
    may_be_negative: bool = False
    headers: tuple[str, ...] = field(default=())


_CODES = (
    FactCode("employees", _("职工总数"), PERSONS, _STAFF, headers=("职工总数", "职工人数", "从业人数", "员工人数")),
    FactCode("tech_staff", _("科技人员数"), PERSONS, _STAFF, headers=("科技人员数", "科技人员")),
    FactCode("sales_cny", _("销售收入"), YUAN, headers=("销售收入", "营业收入")),
    FactCode("total_income_cny", _("收入总额"), YUAN, headers=("收入总额", "总收入")),
    FactCode("non_taxable_income_cny", _("不征税收入"), YUAN, headers=("不征税收入",)),
    FactCode(
        "high_tech_income_cny",
        _("高新技术产品(服务)收入"),
        YUAN,
        headers=("高新技术产品(服务)收入", "高新收入", "高品收入"),
    ),
    FactCode("rd_cny", _("研发费用"), YUAN, _RD, headers=("研发费用", "研究开发费用")),
    FactCode("rd_domestic_cny", _("境内研发费用"), YUAN, _RD, headers=("境内研发费用",)),
    FactCode(
        "rd_entrusted_cny",
        _("委托外部研发费用"),
        YUAN,
        (Basis.HIGH_TECH,),
        headers=("委托外部研发费用", "委托研发费用"),
    ),
    FactCode("rd_other_cny", _("其他研发费用"), YUAN, (Basis.HIGH_TECH,), headers=("其他研发费用",)),
    FactCode("costs_cny", _("成本费用支出总额"), YUAN, headers=("成本费用支出总额", "成本费用总额")),
    FactCode("assets_cny", _("资产总额"), YUAN, headers=("资产总额", "总资产")),
    FactCode("liabilities_cny", _("负债总额"), YUAN, headers=("负债总额", "总负债")),
    FactCode("net_assets_cny", _("净资产"), YUAN, may_be_negative=True, headers=("净资产", "所有者权益")),
    FactCode("profit_cny", _("净利润"), YUAN, may_be_negative=True, headers=("净利润",)),
    FactCode("tax_cny", _("缴纳税金"), YUAN, may_be_negative=True, headers=("缴纳税金", "纳税总额")),
    FactCode("venture_capital_cny", _("获得风险投资"), YUAN, headers=("获得风险投资", "风险投资")),
    FactCode("transformations", _("科技成果转化数"), COUNT, headers=("科技成果转化数", "成果转化数")),
    FactCode("credit_score", _("信用评分"), POINTS, per_year=False, headers=("信用评分",)),
    FactCode(
        "ip_class1", _("Ⅰ类知识产权"), COUNT, per_year=False, headers=("Ⅰ类知识产权", "I类知识产权", "一类知识产权")
    ),
    FactCode(
        "ip_class2", _("Ⅱ类知识产权"), COUNT, per_year=False, headers=("Ⅱ类知识产权", "II类知识产权", "二类知识产权")
    ),
    FactCode("ip_invention_patents", _("发明专利"), COUNT, per_year=False, headers=("发明专利",)),
    FactCode(
        "ip_utility_or_software", _("实用新型与软件著作权"), COUNT, per_year=False, headers=("实用新型与软件著作权",)
    ),
    FactCode("ip_self_developed", _("自主研发的知识产权"), COUNT, per_year=False, headers=("自主研发的知识产权",)),
    FactCode(
        "expert_ip_quality_low",
        _("专家预评·知识产权质量（最低分）"),
        POINTS,
        per_year=False,
        headers=("专家预评知识产权质量最低分",),
    ),
    FactCode(
        "expert_ip_quality_high",
        _("专家预评·知识产权质量（最高分）"),
        POINTS,
        per_year=False,
        headers=("专家预评知识产权质量最高分",),
    ),
    FactCode(
        "expert_organisation_low",
        _("专家预评·研发组织管理（最低分）"),
        POINTS,
        per_year=False,
        headers=("专家预评研发组织管理最低分",),
    ),
    FactCode(
        "expert_organisation_high",
        _("专家预评·研发组织管理（最高分）"),
        POINTS,
        per_year=False,
        headers=("专家预评研发组织管理最高分",),
    ),
    FactCode("resident", _("境内注册的居民企业"), YES_NO, per_year=False, headers=("居民企业",)),
    FactCode("audit_based_tax", _("查账征收"), YES_NO, per_year=False, headers=("查账征收",)),
    FactCode("restricted_industry", _("属限制、淘汰类或负面清单行业"), YES_NO, per_year=False, headers=("限制类行业",)),
    FactCode("serious_incident", _("近两年有重大事故或严重环境违法"), YES_NO, per_year=False, headers=("重大事故",)),
    FactCode("abnormal_listing", _("列入经营异常或严重违法失信名单"), YES_NO, per_year=False, headers=("经营异常",)),
    FactCode("dishonesty", _("有严重科研失信或弄虚作假"), YES_NO, per_year=False, headers=("科研失信",)),
    FactCode("ip_core_support", _("知识产权对主要产品起核心支持作用"), YES_NO, per_year=False, headers=("核心支持",)),
    FactCode("supported_field", _("属国家重点支持的高新技术领域"), YES_NO, per_year=False, headers=("重点支持领域",)),
    FactCode("listed", _("已上市"), YES_NO, per_year=False, headers=("已上市",)),
)
FACT_CODES = {fact.code: fact for fact in _CODES}

FLAG_PREFIX = "flag:"  # a yes/no fact that one policy edition alone declares


def kind_of(code: str) -> FactCode | None:
    """What kind of figure a code stands for; None when there is no such figure."""
    if code.startswith(FLAG_PREFIX) and len(code) > len(FLAG_PREFIX):
        return FactCode(code, code.removeprefix(FLAG_PREFIX), YES_NO, per_year=False)
    return FACT_CODES.get(code)
