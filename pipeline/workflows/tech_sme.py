"""科技型中小企业评价: one application per firm and year (国科发政〔2017〕115号, 国科火字〔2022〕67号)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.choices import DeadlineKind, Phase, Title, Turn
from pipeline.workflow import DAYS, Stage, Term, Transition, Workflow
from pipeline.workflows.guards import BASIC_FACTS, FIRM, LEAD, OFFICER

_BY_DECEMBER = Term(0, DAYS, confirmed=True, by=(12, 15))  # spot checks are over by 15 December (2025 notice)

TECH_SME_1 = Workflow(
    code="tech_sme/1",
    label=_("科技型中小企业评价"),
    short_label=_("科技型中小企业"),
    prefix="TS",
    initial="lead",
    goal="registered",
    next_programme="high_tech",
    stages=(
        Stage("lead", _("摸排线索"), _("前期沟通"), Phase.POOL, Turn.COUNTY, internal=True),
        Stage(
            "selfeval",
            _("自主评价"),
            _("自主评价"),
            Phase.PREPARING,
            Turn.FIRM,
            _("请完成自主评价并提交《科技型中小企业信息表》"),
        ),
        Stage("submitted", _("已提交"), _("已提交"), Phase.REVIEW, Turn.COUNTY, term=Term(5)),
        Stage("site", _("实地核查"), _("实地核查"), Phase.REVIEW, Turn.COUNTY, term=Term(5), main=False),
        Stage("review", _("市级审核"), _("市级审核"), Phase.REVIEW, Turn.CITY, term=Term(5, confirmed=True)),
        Stage(
            "returned",
            pgettext_lazy("stage", "退回补正"),
            _("待补正"),
            Phase.REVIEW,
            Turn.FIRM,
            _("请按退回意见补正材料后重新提交"),
            Term(5, kind=DeadlineKind.CORRECTION_DUE),
            main=False,
            pauses=True,
            mails_firm=True,
        ),
        Stage("province", _("自治区确认"), _("自治区确认"), Phase.REVIEW, Turn.REGION),
        Stage(
            "notice",
            _("公示"),
            _("公示"),
            Phase.NOTICE,
            Turn.REGION,
            term=Term(10, kind=DeadlineKind.NOTICE_END, confirmed=True),
            mails_firm=True,
        ),
        Stage("objection", _("异议核实"), _("异议核实"), Phase.NOTICE, Turn.CITY, term=Term(10), main=False),
        Stage("registered", _("入库公告"), _("已入库"), Phase.RECOGNISED, Turn.NOBODY, mails_firm=True),
        Stage("spotcheck", _("抽查"), _("抽查"), Phase.RECOGNISED, Turn.CITY, term=_BY_DECEMBER, main=False),
        Stage(
            "revoked", pgettext_lazy("stage", "撤销编号"), _("编号已撤销"), Phase.CLOSED, Turn.NOBODY, mails_firm=True
        ),
        Stage("expired", pgettext_lazy("stage", "到期失效"), _("已到期"), Phase.CLOSED, Turn.NOBODY),
        Stage("rejected", pgettext_lazy("stage", "不通过"), _("未通过"), Phase.CLOSED, Turn.NOBODY, mails_firm=True),
        Stage("withdrawn", pgettext_lazy("stage", "撤回"), _("已撤回"), Phase.CLOSED, Turn.NOBODY),
        Stage("dropped", pgettext_lazy("stage", "放弃"), _("已终止"), Phase.CLOSED, Turn.NOBODY),
    ),
    transitions=(
        Transition("start_selfeval", _("启动自主评价"), ("lead",), "selfeval", OFFICER),
        Transition("submit", _("提交"), ("selfeval",), "submitted", FIRM, papers=True, facts=BASIC_FACTS),
        Transition("submit", _("提交"), ("returned",), "submitted", FIRM, papers=True),
        Transition("order_site_check", _("安排实地核查"), ("submitted",), "site", OFFICER),
        Transition("start_review", _("转市级审核"), ("submitted", "site"), "review", OFFICER),
        Transition("recommend", _("报自治区确认"), ("review",), "province", OFFICER, city=True),
        Transition("publish_notice", _("登记公示"), ("province",), "notice", OFFICER, city=True),
        Transition(
            "register",
            _("登记入库"),
            ("notice", "objection"),
            "registered",
            OFFICER,
            city=True,
            grants=Title.REGISTRATION,
            revealable=True,
        ),
        Transition("object", _("登记异议"), ("notice",), "objection", OFFICER, note_required=True, city=True),
        Transition("spot_check", _("列入抽查"), ("registered",), "spotcheck", OFFICER, city=True),
        Transition("pass_spot_check", _("抽查通过"), ("spotcheck",), "registered", OFFICER, city=True),
        Transition("return_for_correction", _("退回补正"), ("site",), "returned", OFFICER, note_required=True),
        Transition(
            "return_for_correction",
            _("退回补正"),
            ("review", "province"),
            "returned",
            OFFICER,
            note_required=True,
            city=True,
        ),
        Transition("withdraw", _("撤回"), ("submitted", "returned"), "withdrawn", FIRM, note_required=True),
        Transition("reject", _("不予通过"), ("site",), "rejected", LEAD, note_required=True, revealable=True),
        Transition(
            "reject",
            _("不予通过"),
            ("review", "province", "objection"),
            "rejected",
            LEAD,
            note_required=True,
            revealable=True,
            city=True,
        ),
        Transition("drop", _("放弃"), ("lead", "selfeval", "returned"), "dropped", OFFICER, note_required=True),
        Transition(
            "revoke",
            _("撤销编号"),
            ("registered", "spotcheck"),
            "revoked",
            LEAD,
            note_required=True,
            city=True,
            revokes=True,
        ),
        Transition("expire", _("到期失效"), ("registered",), "expired", LEAD, city=True),
    ),
)
