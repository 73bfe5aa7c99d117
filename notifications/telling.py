"""Tells a firm of what was decided about one application: a row for each person, a draft where somebody looks first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.templatetags.show import due_day
from notifications import wording
from notifications.models import WAITING, Message, MessageKind, MessageState
from notifications.outbox import enqueue
from notifications.people import Person, firm_people
from notifications.quiet import leaves_at
from notifications.templatetags.mail_tags import reminder_mark, reminder_sentence, subject_of
from notifications.topics import NOTICE, REMINDER, Topic, event_topic
from notifications.wording import Composed, compose, held_topics
from pipeline.choices import DeadlineKind
from pipeline.models import Application, Deadline, MaterialNotice, StageEvent
from pipeline.selectors.notices import Letter, letter_of

NOBODY = Person("nobody", "", "", is_firm=True)  # whom a decision is kept for until the firm has somebody to tell


def tell_firm(event: StageEvent) -> None:
    """Make the mails about one event. What waited about earlier decisions on this application is void now."""
    application = event.application
    supersede_before(event)
    topic, due = event_topic(event), correction_due(application)
    for person, state, when in _addressed(application, topic, undoable=event.actor_id is not None):
        if person.user_id is not None and person.user_id == event.actor_id:
            continue
        composed = about_event(event, person, topic, due)
        put(f"stage:{event.pk}:{person.key}", person, composed, topic, event, state=state, send_after=when, due=due)


def tell_notice(notice: MaterialNotice) -> None:
    """Everything that is lacking, in one mail to each, instead of the one about the return; an earlier one is void."""
    application = notice.application
    event = application.events.order_by("-version").first() if notice.returned else None
    if event is not None:
        supersede_before(event)
    for person, state, when in _addressed(application, NOTICE, undoable=notice.returned):
        composed = about_notice(notice, person)
        link = f"/applications/{application.pk}/notices/{notice.number}/"
        key = f"notice:{notice.pk}:{person.key}"
        put(key, person, composed, NOTICE, event, application=application, state=state, send_after=when, link=link)


def _addressed(
    application: Application, topic: Topic, *, undoable: bool
) -> Iterable[tuple[Person, MessageState | None, datetime]]:
    """Whom to tell, as a draft or as the outbox decides, and from when on. A held decision is kept for nobody, too."""
    held = topic.holds and topic.code in held_topics()
    people = firm_people(application.firm) or ([NOBODY] if held else [])
    if not people:
        return
    when = leaves_at(timezone.now(), undoable=undoable, prompt=topic.prompt)
    for person in people:
        yield person, MessageState.DRAFT if held else None, when


def put(
    key: str,
    person: Person,
    composed: Composed,
    topic: Topic,
    event: StageEvent | None,
    *,
    state: MessageState | None,
    send_after: datetime,
    application: Application | None = None,
    due: Deadline | None = None,
    link: str = "",
) -> bool:
    """Keep one mail to one person; the key decides that there is only one. True when it is new.

    Without a `state` the outbox decides whether it goes by mail.
    """
    application = application or (event.application if event else None)
    assert application is not None
    return enqueue(
        key=key,
        kind=MessageKind.STAGE,
        subject=composed.subject,
        body=composed.text,
        html=composed.html,
        template=composed.template,
        template_version=composed.version,
        parts=composed.parts | ({"due_on": due.due_on.isoformat()} if due else {}),
        language=person.language,
        statutory=topic.statutory,
        send_after=send_after,
        event=event,
        deadline=due,
        link=link or portal_link(application),
        recipient_id=person.user_id,
        to=person.email,
        to_name=person.name,
        to_firm=True,
        firm=application.firm,
        application=application,
        region_path=application.region_path,
        **({"state": state} if state else {}),
    )


def portal_link(application: Application) -> str:
    return f"/portal/applications/{application.pk}/"


def correction_due(application: Application) -> Deadline | None:
    return application.deadlines.filter(kind=DeadlineKind.CORRECTION_DUE, closed_at=None).first()


def about_event(
    event: StageEvent, person: Person, topic: Topic, due: Deadline | None, text: wording.Wording | None = None
) -> Composed:
    """The mail about one event, in the language of who reads it."""
    application = event.application
    with translation.override(person.language):
        until = due_words(due)
        stage = application.workflow.stage(event.to_stage)
        values = case_values(application, person.name) | {
            "阶段": str(stage.public_label),
            "提示": str(stage.public_hint),
            "最晚": until,
            "意见": event.note,
        }
        facts = case_facts(application, until)
    return compose(topic, values, language=person.language, link=portal_link(application), facts=facts, wording=text)


def about_notice(notice: MaterialNotice, person: Person, text: wording.Wording | None = None) -> Composed:
    application = notice.application
    with translation.override(person.language):
        letter = letter_of(notice)
        values = case_values(application, person.name) | {
            "项数": str(len(letter.lines)),
            "清单": lines_of(letter),
            "最晚": due_day(notice.due_on),
            "依据": letter.law,
            "理由": notice.reason if notice.second else "",
        }
        facts = case_facts(application, due_day(notice.due_on))
    link = f"/applications/{application.pk}/notices/{notice.number}/"
    return compose(NOTICE, values, language=person.language, link=link, facts=facts, wording=text)


def about_deadline(
    deadline: Deadline,
    person: Person,
    *,
    days: int,
    workdays: int,
    link: str,
    text: wording.Wording | None = None,
    later: str = "",
) -> Composed:
    """The reminder of a date, as the firm gets it."""
    application = deadline.application
    with translation.override(person.language):
        values = {
            "收件人": person.name or str(_("负责人")),
            "企业": deadline.firm.name,
            "标记": reminder_mark(days),
            "事项": subject_of(deadline),
            "截止": due_day(deadline.due_on),
            "说明": reminder_sentence(deadline, days, workdays),
            "提示": str(application.current.public_hint) if application else "",
        }
    return compose(REMINDER, values, language=person.language, link=link, wording=text, later=later)


def lines_of(letter: Letter) -> str:
    """The items of a notice one under the other: what, why, how, by which rule."""
    blocks = []
    for place, line in enumerate(letter.lines, start=1):
        why = _("{label}：{why}").format(label=line.label, why=_("、").join(line.why) + line.note)
        rest = [_("；").join(line.how), f"{line.sample} {line.source}".strip()]
        blocks.append("\n".join([f"{place}. {why}", *(f"   {part}" for part in rest if part)]))
    return "\n".join(blocks)


def case_values(application: Application, name: str) -> dict[str, str]:
    return {
        "收件人": name or str(_("负责人")),
        "企业": application.firm.name,
        "计划": application.programme_label,
        "年度": str(application.year),
        "阶段": str(application.current.public_label),
        "受理编号": application.reference,
        "经办人": application.officer.name if application.officer else "",
    }


def case_facts(application: Application, until: str) -> list[tuple[str, str]]:
    facts = [(str(_("受理编号")), application.reference)]
    return [*facts, (str(_("最晚")), until)] if until else facts


def due_words(due: Deadline | None) -> str:
    if due is None:
        return ""
    return due_day(due.due_on) + (str(_("（该年放假通知未公布，日期暂定）")) if due.provisional else "")


def supersede_before(event: StageEvent) -> int:
    """What still waits about earlier decisions on this application is void: the newest result alone is told."""
    earlier = Message.objects.filter(application=event.application, kind=MessageKind.STAGE, to_firm=True)
    earlier = earlier.filter(event__version__lt=event.version, state__in=WAITING)
    return supersede(earlier, str(_("已有新的办理结果")))


def supersede(messages: Any, reason: str) -> int:
    return messages.filter(state__in=WAITING).update(
        state=MessageState.SUPERSEDED, reason=reason, handled_at=timezone.now()
    )
