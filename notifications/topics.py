"""The kinds of mail that go to firms, and the product's own wording of each: version 0.

Placeholders stand in braces; what stands in square brackets falls away where a placeholder in it is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pipeline.choices import Phase
from pipeline.models import StageEvent
from pipeline.models.applications import UNDO
from pipeline.workflow import Stage, Transition

Text = str | Promise
FIRM_WORDS: dict[str, Text] = {
    "收件人": _("收件人的姓名"),
    "企业": _("企业名称"),
    "信用代码": _("统一社会信用代码"),
    "区划": _("企业所在区划"),
    "经办人": _("负责这家企业的经办人员"),
}
CASE_WORDS: dict[str, Text] = {
    "收件人": _("收件人的姓名"),
    "企业": _("企业名称"),
    "计划": _("计划名称"),
    "年度": _("申报年度"),
    "阶段": _("企业看到的阶段名称"),
    "受理编号": _("申报的受理编号"),
    "经办人": _("负责这件申报的经办人员"),
}
STAGE_WORDS = CASE_WORDS | {
    "提示": _("这一阶段请企业做什么，可能为空"),
    "最晚": _("补正截止日期，可能为空"),
    "意见": _("办理时写明的原因，可能为空"),
}
NOTICE_WORDS = CASE_WORDS | {
    "项数": _("须补正的项数"),
    "清单": _("须补正的各项：原因、办法、依据"),
    "最晚": _("补正截止日期，可能为空"),
    "依据": _("材料清单的文号"),
    "理由": _("再次告知的理由，可能为空"),
}
REMINDER_WORDS: dict[str, Text] = {
    "收件人": _("收件人的姓名"),
    "企业": _("企业名称"),
    "标记": _("【还有几天】、【今天截止】或【已逾期几天】"),
    "事项": _("什么到期"),
    "截止": _("截止日期"),
    "说明": _("一句话：什么、何时截止、还剩几个工作日"),
    "提示": _("这一阶段请企业做什么，可能为空"),
}
LETTER_WORDS = FIRM_WORDS | {
    "计划": _("计划名称；写给企业时为空"),
    "年度": _("申报年度；写给企业时为空"),
    "阶段": _("企业看到的阶段名称；写给企业时为空"),
    "受理编号": _("申报的受理编号；写给企业时为空"),
}

STAGE_SUBJECT = _("{计划}：{阶段}[，请于 {最晚} 前办理]")
STAGE_BODY = _("{收件人}，您好：\n\n{企业} {年度} 年{计划}申报的进度：{阶段}。\n[{提示}]\n\n[办理意见：\n{意见}]")
NOTICE_SUBJECT = _("{计划}：材料须补正 {项数} 项，请于 {最晚} 前办理")
NOTICE_BODY = _(
    "{收件人}，您好：\n\n{企业} {年度} 年{计划}申报的材料，经审核须补正以下 {项数} 项，一次告知如下：\n\n{清单}\n\n"
    "依据：{依据}。\n补正方式：登录企业门户，在材料清单中逐项重新上传后提交。\n\n[再次告知的理由：{理由}]"
)
REMINDER_SUBJECT = _("{标记}{事项} · {企业}")
REMINDER_BODY = _("{收件人}，您好：\n\n{说明}\n[{提示}]")
LETTER_SUBJECT = _("致 {企业}[：{计划}申报]")
LETTER_BODY = _(
    "{收件人}，您好：\n\n[关于贵单位 {年度} 年{计划}申报（受理编号 {受理编号}），]现将有关事项函告如下：\n\n"
    "请登录企业门户查看；如有疑问，请与经办人员{经办人}联系。"
)

STAGES, PAPERS, DATES, LETTERS = "stages", "papers", "dates", "letters"
GROUPS: dict[str, Text] = {
    STAGES: _("办理结果"),
    PAPERS: _("一次性告知"),
    DATES: _("期限"),
    LETTERS: _("信函"),
}
LETTER = "letter"  # the product's own letter; the bureau's own are `letter_<number>`


@dataclass(frozen=True)
class Topic:
    """One kind of mail to firms. A `statutory` one nobody can stop: returns and results reach a firm in any case.

    `prompt` ones wait for no morning; `holds` where a person may look first.
    """

    code: str
    label: Text
    group: str
    words: dict[str, Text]
    subject: Text
    body: Text
    statutory: bool = False
    prompt: bool = False
    holds: bool = True


def _stage(code: str, label: Text, **given: bool) -> Topic:
    return Topic(code, label, STAGES, STAGE_WORDS, STAGE_SUBJECT, STAGE_BODY, **given)


NOTICE = Topic(
    "material_notice",
    _("材料补正告知"),
    PAPERS,
    NOTICE_WORDS,
    NOTICE_SUBJECT,
    NOTICE_BODY,
    statutory=True,
    prompt=True,
)
REMINDER = Topic("reminder", _("期限提醒"), DATES, REMINDER_WORDS, REMINDER_SUBJECT, REMINDER_BODY, holds=False)
TOPICS = {
    topic.code: topic
    for topic in (
        _stage("stage_returned", _("退回补正"), statutory=True, prompt=True),
        _stage("stage_notice", _("公示")),
        _stage("stage_recognised", _("认定、入库公告"), statutory=True),
        _stage("stage_rejected", _("未通过"), statutory=True, prompt=True),
        _stage("stage_revoked", _("取消资格"), statutory=True, prompt=True),
        _stage("stage_progress", _("其他进度")),
        _stage("stage_corrected", _("更正：撤销此前办理"), statutory=True, prompt=True, holds=False),
        NOTICE,
        REMINDER,
        Topic(LETTER, _("通用信函"), LETTERS, LETTER_WORDS, LETTER_SUBJECT, LETTER_BODY, holds=False),
    )
}


def own_letter(code: str, name: str) -> Topic:
    """A letter that the bureau made itself; it begins as the product's."""
    return Topic(code, name, LETTERS, LETTER_WORDS, LETTER_SUBJECT, LETTER_BODY, holds=False)


def stage_topic(stage: Stage, step: Transition | None = None) -> Topic:
    """Which kind of mail tells a firm that it has arrived at this stage."""
    if stage.pauses:
        return TOPICS["stage_returned"]
    if stage.phase == Phase.NOTICE:
        return TOPICS["stage_notice"]
    if stage.phase == Phase.RECOGNISED:
        return TOPICS["stage_recognised"]
    if stage.phase == Phase.CLOSED:
        return TOPICS["stage_revoked" if step is not None and step.revokes else "stage_rejected"]
    return TOPICS["stage_progress"]


def event_topic(event: StageEvent) -> Topic:
    """Which kind of mail tells a firm of this event."""
    if event.transition == UNDO:
        return TOPICS["stage_corrected"]
    table = event.application.workflow
    step = table.transition(event.transition, event.from_stage) if event.from_stage else None
    return stage_topic(table.stage(event.to_stage), step)
