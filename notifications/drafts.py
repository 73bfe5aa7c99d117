"""What an officer does with one mail to a firm: edit, send, recall, discard, make anew; many at once as a job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.errors import DomainError, InvalidInput, NotAllowed, RowChanged
from crm.models import Job, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.history import record_changes
from crm.templatetags.show import moment
from notifications.conflicts import conflicts_of
from notifications.copies import repeat_by_channels, text_message_key
from notifications.models import WAITING, Message, MessageState
from notifications.outbox import state_for
from notifications.people import Person, firm_people
from notifications.quiet import leaves_at
from notifications.telling import about_event, correction_due, put, supersede
from notifications.topics import TOPICS, event_topic
from notifications.wording import MOST_BODY, dress
from pipeline.access import acting_role
from pipeline.models import Application
from pipeline.models.applications import UNDO

KIND = "outbox.send"
PART = 100
MOST = 20_000
TO_SEND = (MessageState.DRAFT, MessageState.HELD)


def with_case(messages: Any) -> Any:
    """What rights and conflicts ask of a message, read at once."""
    return messages.select_related(
        "firm", "application__officer", "event__actor", "event__application__firm", "deadline", "recipient", "edited_by"
    )


def may_send(user: User, message: Message) -> bool:
    """True for those who could make the move that a mail tells of; of others, for those who write in the region."""
    if not message.to_firm or not may_write(user, message.region_path):
        return False
    event = message.event
    if event is None or not event.from_stage or event.transition == UNDO:
        return True
    step = event.application.workflow.transition(event.transition, event.from_stage)
    return step.allows(acting_role(user, event.application))


def require_sender(user: User, message: Message) -> None:
    if not may_send(user, message):
        raise NotAllowed(_("谁能办理这一步，谁才能处理它的通知；请找本辖区有权办理的人员"))


@transaction.atomic
def edit(message: Message, *, subject: str, body: str, seen: str, actor: User) -> None:
    """Another wording for one draft. `seen` is when it was edited last, as the form had it.

    Raises InvalidInput with every reason, NotAllowed, or RowChanged when it left or was edited meanwhile.
    """
    require_sender(actor, message)
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n").strip()
    reasons = []
    if not subject:
        reasons.append(_("请填写主题"))
    if not body:
        reasons.append(_("请填写正文"))
    if len(subject) > 200:
        reasons.append(_("主题超过 {most} 个字").format(most=200))
    if len(body) > MOST_BODY:
        reasons.append(_("正文超过 {most} 个字").format(most=MOST_BODY))
    if reasons:
        raise InvalidInput(*reasons)
    if seen != edited_mark(message):
        raise RowChanged(_("这封草稿刚被他人修改，请对照最新内容后再试"))
    parts = message.parts | {"text": body, "facts": message.parts.get("facts", [])}
    text, html = dress(subject, parts, language=message.language, link=message.link)
    values = {"subject": subject, "body": text, "html": html, "parts": parts}
    values |= {"edited_by": actor, "edited_at": timezone.now()}
    mine = Message.objects.filter(pk=message.pk, state=MessageState.DRAFT, edited_at=message.edited_at)
    if not mine.update(**values):
        raise RowChanged(too_late(message))
    changed = {"subject": (message.subject, subject), "body": (message.parts.get("text", message.body), body)}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    record_changes(message, changed, actor=actor)


def edited_mark(message: Message) -> str:
    return message.edited_at.isoformat() if message.edited_at else ""


@transaction.atomic
def send(message: Message, *, actor: User, anyway: bool = False) -> None:
    """Let one draft go. What speaks against it is said first; `anyway` waves through what may be waved through.

    Raises NotAllowed, InvalidInput with every conflict, or RowChanged when it is a draft no longer.
    """
    require_sender(actor, message)
    found = [each for each in conflicts_of([message]).get(message.pk, []) if not each.is_note]
    against = [each.text for each in found if each.is_hard or not anyway]
    if against:
        raise InvalidInput(*against)
    topic = TOPICS.get(message.template)
    prompt = message.urgent or bool(topic and topic.prompt)
    state = state_for(message.to, message.recipient_id, message.kind, statutory=message.statutory)
    leaves = leaves_at(timezone.now(), prompt=prompt)
    sent = Message.objects.filter(pk=message.pk, state__in=TO_SEND).update(
        state=state,
        send_after=leaves,
        handled_by=actor,
        handled_at=timezone.now(),
    )
    if not sent:
        raise RowChanged(too_late(message))
    message.state, message.send_after = state, leaves
    repeat_by_channels([message])


@transaction.atomic
def recall(message: Message, *, actor: User, reason: str = "") -> None:
    """Hold back what has not left yet. Raises RowChanged, with the time, when it has."""
    require_sender(actor, message)
    _settle(message, actor=actor, reason=reason.strip()[:200] or str(_("经办人员撤回")))


@transaction.atomic
def discard(message: Message, *, actor: User, reason: str) -> None:
    """Give a draft up, and say why."""
    require_sender(actor, message)
    if not reason.strip():
        raise InvalidInput(_("请写明不发的原因"))
    _settle(message, actor=actor, reason=reason.strip()[:200])


def _settle(message: Message, *, actor: User, reason: str) -> None:
    held_back = Message.objects.filter(pk=message.pk, state__in=WAITING).update(
        state=MessageState.RECALLED, reason=reason, handled_by=actor, handled_at=timezone.now()
    )
    if not held_back:
        raise RowChanged(too_late(message))
    copy = Message.objects.filter(key=text_message_key(message), state=MessageState.QUEUED)
    copy.update(state=MessageState.RECALLED, reason=reason)


def too_late(message: Message) -> str:
    """Why a mail can no longer be changed: what became of it, and when."""
    now = Message.objects.get(pk=message.pk)
    if now.state in {MessageState.SENT, MessageState.UNCONFIRMED}:
        when = moment(now.sent_at or now.created_at)
        return _("已于 {when} 发出，不能再撤回或修改；请另写一封更正").format(when=when)
    if now.state in {MessageState.LEASED, MessageState.SENDING}:
        return _("正在发送，来不及了；请另写一封更正")
    if now.state == MessageState.DRAFT:
        return _("这封草稿刚被他人修改，请对照最新内容后再试")
    return _("这封通知已是“{state}”，不能再改").format(state=now.get_state_display())


@transaction.atomic
def make_anew(message: Message, *, actor: User) -> int:
    """The draft in today's wording and with today's facts; one kept for nobody goes to whom the firm has now.

    Returns how many drafts there are instead. Raises InvalidInput where nothing can be made anew.
    """
    require_sender(actor, message)
    event = message.event
    if message.state != MessageState.DRAFT or event is None or message.template not in TOPICS:
        raise InvalidInput(_("只有依据办理生成的草稿可以重新生成"))
    if message.template != event_topic(event).code:
        raise InvalidInput(_("告知书的内容以告知时为准，不能重新生成"))
    people = firm_people(event.application.firm) if not message.to and message.recipient_id is None else [of(message)]
    if not people:
        raise InvalidInput(_("企业仍没有收件人；请先补联系人"))
    due = correction_due(event.application)
    made = 0
    for person in people:
        composed = about_event(event, person, event_topic(event), due)
        if person.key == "same":
            made += _renew(message, composed, due)
        else:
            key = f"stage:{event.pk}:{person.key}"
            topic = event_topic(event)
            made += put(
                key, person, composed, topic, event, state=MessageState.DRAFT, send_after=timezone.now(), due=due
            )
    if people[0].key != "same":
        supersede(Message.objects.filter(pk=message.pk), str(_("已改发给企业现有的收件人")))
    return made


def of(message: Message) -> Person:
    return Person("same", message.to_name, message.to, message.language, message.recipient_id, is_firm=True)


def _renew(message: Message, composed: Any, due: Any) -> int:
    parts = composed.parts | ({"due_on": due.due_on.isoformat()} if due else {})
    mine = Message.objects.filter(pk=message.pk, state=MessageState.DRAFT, edited_at=message.edited_at)
    renewed = mine.update(
        subject=composed.subject,
        body=composed.text,
        html=composed.html,
        parts=parts,
        template_version=composed.version,
        deadline=due,
        edited_by=None,
        edited_at=None,
    )
    if not renewed:
        raise RowChanged(too_late(message))
    return renewed


# Many at once ------------------------------------------------------------------------------------------------------


def start_sending(ids: Iterable[int], *, actor: User) -> Job:
    """Queue the sending of drafts, by key: each goes or is refused on its own. Raises InvalidInput."""
    wanted = sorted(set(ids))
    if not wanted:
        raise InvalidInput(_("没有选择任何草稿"))
    if len(wanted) > MOST:
        raise InvalidInput(_("一次最多发送 {most} 封；请先筛选").format(most=MOST))
    return start_in_parts(
        KIND,
        title=_("发送通知（{count} 封）").format(count=len(wanted)),
        actor=actor,
        params={},
        parts=[{"ids": wanted[start : start + PART]} for start in range(0, len(wanted), PART)],
        total=len(wanted),
    )


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [row for result in results for row in result["rows"]]
    refused = sum(row["outcome"] == "refused" for row in rows)
    return {"done": len(rows) - refused, "refused": refused}


@works(KIND, finish=_finish)
def send_part(job: Job, params: dict[str, Any]) -> Writing:
    """Send the drafts of one part."""
    actor = job.actor
    assert actor is not None
    rows = list(with_case(Message.objects.visible_to(actor).filter(pk__in=params["ids"])).order_by("pk"))

    def write() -> Outcome:
        told = [_outcome(row, actor) for row in rows]
        refused = sum(row["outcome"] == "refused" for row in told)
        return Outcome(done=len(told) - refused, refused=refused, result={"rows": told})

    return write


def _outcome(message: Message, actor: User) -> dict[str, Any]:
    """What became of one row: sent, or refused with every reason."""
    application: Application | None = message.application
    told = {
        "id": message.pk,
        "reference": application.reference if application else "",
        "firm": message.firm.name if message.firm else "",
    }
    try:
        with transaction.atomic():
            send(message, actor=actor)
    except DomainError as error:
        return told | {"outcome": "refused", "reasons": error.reasons}
    return told | {"outcome": "done", "reasons": []}
