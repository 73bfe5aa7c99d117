"""The outbox of the demonstration city: what firms were told, drafts that wait, wording of its own, a bounce."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from config.demo.marks import mark
from crm.models import User
from notifications.bounces import note_bounce
from notifications.drafts import edit
from notifications.letters import letter_of, new_batch, write_letter
from notifications.models import MailTopic, Message, MessageState
from notifications.telling import tell_firm
from notifications.topics import LETTER, TOPICS
from notifications.versions import add_letter, save_wording, set_hold
from notifications.wording import own_wording, topic_called
from pipeline.choices import Phase
from pipeline.models import StageEvent

HELD = ("stage_recognised", "stage_rejected", "stage_notice")
SENT, DRAFTS = 12, 5
REPORT = "{收件人}，您好：\n\n请于 5 月底前登录工作网报送上一年度发展情况年报。[{企业}]如已报送，请忽略本函。"


def make_mails(lead: User, officer: User) -> None:
    """Old decisions have been told, the newest wait as drafts; one address has bounced."""
    for event in _newest(SENT):
        tell_firm(event)
        mine = Message.objects.filter(event=event)
        mine.exclude(state=MessageState.IN_APP).update(
            state=MessageState.SENT, attempts=1, sent_at=event.at + timedelta(minutes=2)
        )
        mine.update(send_after=event.at + timedelta(minutes=1), created_at=event.at)
    _word(lead)
    for event in _newest(DRAFTS, held=True):
        Message.objects.filter(event=event).delete()
        tell_firm(event)
    _write(officer, lead)
    bounced = Message.objects.filter(state=MessageState.SENT, to_firm=True, to__startswith="c").first()
    if bounced is not None:
        mark([note_bounce(bounced, 550, "5.1.1 no such mailbox")])
        Message.objects.filter(pk=bounced.pk).update(state=MessageState.FAILED, error="550 5.1.1 no such mailbox")


def _newest(count: int, *, held: bool = False) -> list[StageEvent]:
    """The newest events that firms are told of and that still stand."""
    rows = StageEvent.objects.filter(application__version=F("version")).exclude(from_stage="")
    rows = rows.select_related("application__firm", "application__officer").order_by("-at", "-pk")[:400]
    told = [row for row in rows if row.application.current.mails_firm]
    if held:
        told = [row for row in told if row.application.phase in {Phase.NOTICE, Phase.RECOGNISED, Phase.CLOSED}]
    return told[:count]


def _word(lead: User) -> None:
    for code in HELD:
        set_hold(TOPICS[code], hold=True, actor=lead)
    own = own_wording(TOPICS["stage_recognised"], "zh-hans")
    body = own.body + "\n\n证书和奖补事宜，请与经办人员{经办人}联系。"
    save_wording(TOPICS["stage_recognised"], "zh-hans", subject=own.subject, body=body, seen=0, actor=lead)
    row = add_letter("年报提醒函", actor=lead)
    topic = topic_called(row.code)
    assert topic is not None
    save_wording(topic, "zh-hans", subject="请报送 {企业} 年报", body=REPORT, seen=0, actor=lead)
    mark(list(MailTopic.objects.filter(changed_by=lead)))


def _write(officer: User, lead: User) -> None:
    """A letter to the firm with an account, sent; and a draft that somebody has worded anew."""
    member = User.objects.filter(username="firm").first()
    membership = member.memberships.select_related("firm__region", "firm__officer").first() if member else None
    if membership is not None:
        text = own_wording(TOPICS[LETTER], "zh-hans")
        body = text.body.replace("函告如下：\n", "函告如下：\n\n本月底前请报送研发费用辅助账。\n", 1)
        letter = letter_of(TOPICS[LETTER], subject=text.subject, body=body, version=0)
        write_letter(letter, membership.firm, actor=officer, batch=new_batch())
    draft = Message.objects.filter(state=MessageState.DRAFT, kind="stage").select_related("event__application").first()
    if draft is not None:
        body = draft.parts["text"] + "\n\n已与贵单位电话沟通。"
        edit(draft, subject=draft.subject, body=body, seen="", actor=lead)
