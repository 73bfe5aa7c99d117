"""高新技术企业认定 (国科火发〔2016〕32号, 国科火发〔2016〕195号)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.choices import DeadlineKind, Phase, Title, Turn
from pipeline.workflow import DAYS, Stage, Term, Transition, Workflow
from pipeline.workflows.guards import FIRM, LEAD, OFFICER, materials_complete

HIGH_TECH_1 = Workflow(
    code="high_tech/1",
    label=_("高新技术企业认定"),
    short_label=_("高新技术企业"),
    prefix="HT",
    initial="library",
    goal="certified",
    next_programme="gazelle",
    stages=(
        Stage("library", _("培育入库"), _("已列入培育库"), Phase.POOL, Turn.COUNTY),
        Stage("diagnose", _("诊断辅导"), _("诊断辅导"), Phase.POOL, Turn.COUNTY),
        Stage(
            "prep",
            _("材料准备"),
            _("材料准备"),
            Phase.PREPARING,
            Turn.FIRM,
            _("请准备申请书、专项审计报告和知识产权材料，备齐后提交"),
            Term(90, DAYS),
        ),
        Stage("prereview", _("预审"), _("预审"), Phase.PREPARING, Turn.COUNTY, term=Term(5), main=False),
        Stage("submitted", _("网上提交"), _("已提交"), Phase.REVIEW, Turn.CITY, term=Term(5)),
        Stage("formal", _("形式审查"), _("形式审查"), Phase.REVIEW, Turn.CITY, term=Term(10)),
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
        Stage("recommended", pgettext_lazy("stage", "推荐上报"), _("已推荐上报"), Phase.REVIEW, Turn.CITY),
        Stage("expert", _("专家评审"), _("专家评审"), Phase.REVIEW, Turn.REGION, term=Term(30, DAYS)),
        Stage("approved", _("拟认定"), _("自治区公示"), Phase.REVIEW, Turn.REGION),
        Stage(
            "filed",
            _("报备"),
            _("国家公示"),
            Phase.NOTICE,
            Turn.NATION,
            term=Term(10, kind=DeadlineKind.NOTICE_END, confirmed=True),
            mails_firm=True,
        ),
        Stage("objection", _("异议核实"), _("异议核实"), Phase.NOTICE, Turn.REGION, term=Term(30, DAYS), main=False),
        Stage("certified", _("认定"), _("已认定"), Phase.RECOGNISED, Turn.NOBODY, mails_firm=True),
        Stage("change", _("更名与重大变化"), _("变更办理中"), Phase.RECOGNISED, Turn.REGION, main=False),
        Stage(
            "revoked", pgettext_lazy("stage", "取消资格"), _("资格已取消"), Phase.CLOSED, Turn.NOBODY, mails_firm=True
        ),
        Stage("expired", pgettext_lazy("stage", "期满失效"), _("已到期"), Phase.CLOSED, Turn.NOBODY),
        Stage("rejected", _("未通过"), _("未通过"), Phase.CLOSED, Turn.NOBODY, mails_firm=True),
        Stage("withdrawn", pgettext_lazy("stage", "撤回"), _("已撤回"), Phase.CLOSED, Turn.NOBODY),
        Stage("dropped", pgettext_lazy("stage", "放弃"), _("已终止"), Phase.CLOSED, Turn.NOBODY),
    ),
    transitions=(
        Transition("diagnose", _("开始诊断"), ("library",), "diagnose", OFFICER),
        Transition("prepare", _("转材料准备"), ("diagnose",), "prep", OFFICER),
        Transition("request_prereview", _("送预审"), ("prep",), "prereview", (*FIRM, *OFFICER)),
        Transition("send_back", _("预审退回修改"), ("prereview",), "prep", OFFICER, note_required=True),
        Transition(
            "submit", _("提交"), ("prep", "prereview", "returned"), "submitted", FIRM, guards=(materials_complete,)
        ),
        Transition("start_formal", _("受理形式审查"), ("submitted",), "formal", OFFICER, city=True),
        Transition(
            "return_for_correction", _("退回补正"), ("formal",), "returned", OFFICER, note_required=True, city=True
        ),
        Transition("recommend", _("推荐上报"), ("formal",), "recommended", OFFICER, city=True),
        Transition("send_to_experts", _("进入专家评审"), ("recommended",), "expert", OFFICER, city=True),
        Transition("approve", _("登记拟认定"), ("expert",), "approved", OFFICER, city=True),
        Transition("file", _("登记报备公示"), ("approved",), "filed", OFFICER, city=True),
        Transition(
            "certify", _("登记认定"), ("filed", "objection"), "certified", OFFICER, city=True, grants=Title.CERTIFICATE
        ),
        Transition("object", _("登记异议"), ("filed",), "objection", OFFICER, note_required=True, city=True),
        Transition("report_change", _("登记变更"), ("certified",), "change", (*FIRM, *OFFICER), note_required=True),
        Transition("confirm_change", _("变更办结"), ("change",), "certified", OFFICER, city=True),
        Transition("withdraw", _("撤回"), ("submitted", "returned"), "withdrawn", FIRM, note_required=True),
        Transition(
            "reject",
            _("不予通过"),
            ("expert", "approved", "objection"),
            "rejected",
            LEAD,
            note_required=True,
            city=True,
        ),
        Transition("drop", _("放弃"), ("library", "diagnose", "prep"), "dropped", OFFICER, note_required=True),
        Transition(
            "revoke",
            _("取消资格"),
            ("certified", "change"),
            "revoked",
            LEAD,
            note_required=True,
            city=True,
            revokes=True,
        ),
        Transition("expire", _("期满失效"), ("certified",), "expired", LEAD, city=True),
    ),
)
