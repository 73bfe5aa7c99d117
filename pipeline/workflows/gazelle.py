"""瞪羚企业: entry into the cultivation library, then certification (桂科高字〔2022〕92号)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.choices import DeadlineKind, Phase, Title, Turn
from pipeline.workflow import DAYS, Stage, Term, Transition, Workflow
from pipeline.workflows.guards import FIRM, LEAD, OFFICER, high_tech_valid

_CORRECTION = Term(5, kind=DeadlineKind.CORRECTION_DUE)
_HINT = _("请按退回意见补正材料后重新提交")

GAZELLE_1 = Workflow(
    code="gazelle/1",
    label=_("瞪羚企业培育与认定"),
    short_label=_("瞪羚企业"),
    prefix="GZ",
    initial="candidate",
    goal="certified",
    warns=(high_tech_valid,),
    stages=(
        Stage("candidate", _("备选"), _("前期沟通"), Phase.POOL, Turn.COUNTY, internal=True),
        Stage("lib_apply", _("申请入库"), _("已申请入库"), Phase.PREPARING, Turn.CITY, term=Term(5)),
        Stage("lib_city", _("市级遴选"), _("市级遴选"), Phase.PREPARING, Turn.CITY, term=Term(10, DAYS)),
        Stage("lib_kjt", _("区级审查备案"), _("自治区审查"), Phase.PREPARING, Turn.REGION),
        Stage(
            "lib_returned",
            _("入库退回补正"),
            _("入库材料待补正"),
            Phase.PREPARING,
            Turn.FIRM,
            _HINT,
            _CORRECTION,
            main=False,
            pauses=True,
            mails_firm=True,
        ),
        Stage(
            "in_lib",
            _("在库培育"),
            _("在库培育"),
            Phase.POOL,
            Turn.FIRM,
            _("符合认定条件后，可在申报期内提交认定申请"),
            mails_firm=True,
        ),
        Stage("apply", _("申请认定"), _("已申请认定"), Phase.PREPARING, Turn.CITY, term=Term(5)),
        Stage("city_rec", pgettext_lazy("stage", "市级推荐"), _("市级推荐"), Phase.REVIEW, Turn.CITY),
        Stage("expert", _("专家评审"), _("专家评审"), Phase.REVIEW, Turn.REGION),
        Stage(
            "notice",
            _("公示"),
            _("公示"),
            Phase.NOTICE,
            Turn.REGION,
            term=Term(7, DAYS, DeadlineKind.NOTICE_END),
            mails_firm=True,
        ),
        Stage(
            "returned",
            pgettext_lazy("stage", "退回补正"),
            _("待补正"),
            Phase.REVIEW,
            Turn.FIRM,
            _HINT,
            _CORRECTION,
            main=False,
            pauses=True,
            mails_firm=True,
        ),
        Stage("certified", _("认定"), _("已认定"), Phase.RECOGNISED, Turn.NOBODY, mails_firm=True),
        Stage("recheck", _("复审核查"), _("复审"), Phase.RECOGNISED, Turn.REGION, main=False),
        Stage("exited", pgettext_lazy("stage", "退库"), _("已退库"), Phase.CLOSED, Turn.NOBODY),
        Stage("revoked", pgettext_lazy("stage", "撤销"), _("资格已撤销"), Phase.CLOSED, Turn.NOBODY, mails_firm=True),
        Stage("expired", pgettext_lazy("stage", "到期"), _("已到期"), Phase.CLOSED, Turn.NOBODY),
        Stage("rejected", pgettext_lazy("stage", "不通过"), _("未通过"), Phase.CLOSED, Turn.NOBODY, mails_firm=True),
        Stage("withdrawn", pgettext_lazy("stage", "撤回"), _("已撤回"), Phase.CLOSED, Turn.NOBODY),
        Stage("dropped", pgettext_lazy("stage", "放弃"), _("已终止"), Phase.CLOSED, Turn.NOBODY),
    ),
    transitions=(
        Transition(
            "submit",
            _("提交入库申请"),
            ("candidate",),
            "lib_apply",
            FIRM,
            papers=True,
            facts=("sales_cny", "rd_cny"),
        ),
        Transition("submit", _("提交入库申请"), ("lib_returned",), "lib_apply", FIRM, papers=True),
        Transition("accept", _("受理遴选"), ("lib_apply",), "lib_city", OFFICER, city=True),
        Transition("recommend_to_library", _("推荐入库"), ("lib_city",), "lib_kjt", OFFICER, city=True),
        Transition(
            "admit", _("登记入库"), ("lib_kjt",), "in_lib", OFFICER, city=True, grants=Title.LIBRARY, revealable=True
        ),
        Transition(
            "leave_pool", _("退库"), ("in_lib",), "exited", OFFICER, note_required=True, city=True, revokes=True
        ),
        Transition("submit", _("提交认定申请"), ("in_lib", "returned"), "apply", FIRM, (high_tech_valid,), papers=True),
        Transition("recommend", _("市级推荐"), ("apply",), "city_rec", OFFICER, city=True),
        Transition("send_to_experts", _("进入专家评审"), ("city_rec",), "expert", OFFICER, city=True),
        Transition("publish_notice", _("登记公示"), ("expert",), "notice", OFFICER, city=True),
        Transition(
            "certify",
            _("登记认定"),
            ("notice",),
            "certified",
            OFFICER,
            city=True,
            grants=Title.CERTIFICATE,
            revealable=True,
        ),
        Transition("recheck", _("列入复审"), ("certified",), "recheck", OFFICER, city=True),
        Transition("pass_recheck", _("复审通过"), ("recheck",), "certified", OFFICER, city=True),
        Transition(
            "return_for_correction",
            _("退回补正"),
            ("lib_city", "lib_kjt"),
            "lib_returned",
            OFFICER,
            note_required=True,
            city=True,
        ),
        Transition(
            "return_for_correction",
            _("退回补正"),
            ("apply", "city_rec"),
            "returned",
            OFFICER,
            note_required=True,
            city=True,
        ),
        Transition(
            "withdraw",
            _("撤回"),
            ("lib_apply", "lib_returned", "returned"),
            "withdrawn",
            FIRM,
            note_required=True,
        ),
        Transition(
            "reject",
            _("不予通过"),
            ("lib_city", "lib_kjt", "city_rec", "expert", "notice"),
            "rejected",
            LEAD,
            note_required=True,
            revealable=True,
            city=True,
        ),
        Transition("drop", _("放弃"), ("candidate",), "dropped", OFFICER, note_required=True),
        Transition(
            "revoke", _("撤销"), ("certified", "recheck"), "revoked", LEAD, note_required=True, city=True, revokes=True
        ),
        Transition("expire", _("到期"), ("certified",), "expired", LEAD, city=True),
    ),
)
