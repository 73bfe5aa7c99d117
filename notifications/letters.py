"""Letters: an officer writes to a firm, or to many at once; each person gets a mail of their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.errors import DomainError, InvalidInput
from crm.models import Firm, Job, User
from crm.services.chunks import Outcome, Writing, start_in_parts, works
from crm.services.firms import require_writer
from notifications.models import MessageKind, MessageState
from notifications.outbox import enqueue
from notifications.people import Person, firm_people
from notifications.quiet import leaves_at
from notifications.telling import case_facts, case_values, portal_link
from notifications.topics import LETTER_WORDS, Topic
from notifications.wording import Composed, Wording, compose, problems, topic_called, unwritten
from pipeline.models import Application

KIND = "outbox.letters"
PART = 50
MOST = 20_000
INBOX = "/portal/messages/"


@dataclass(frozen=True)
class Letter:
    """What is written: a kind, its wording as it holds or as the officer changed it for this once."""

    topic: Topic
    wording: Wording

    @property
    def content(self) -> dict[str, Any]:
        return {
            "code": self.topic.code,
            "subject": self.wording.subject,
            "body": self.wording.body,
            "version": self.wording.version,
        }


def letter_of(topic: Topic, *, subject: str, body: str, version: int) -> Letter:
    """The letter as typed. Raises InvalidInput with every reason."""
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    if reasons := problems(subject, body, topic):
        raise InvalidInput(*reasons)
    return Letter(topic, Wording(subject, body, version))


def compose_letter(letter: Letter, firm: Firm, person: Person, application: Application | None = None) -> Composed:
    """The letter to one person, about one application or about the firm. No query for the wording."""
    with translation.override(person.language):
        values = firm_values(firm, person) | (case_values(application, person.name) if application else {})
        facts = case_facts(application, "") if application else []
    link = portal_link(application) if application else INBOX
    return compose(letter.topic, values, language=person.language, link=link, facts=facts, wording=letter.wording)


def firm_values(firm: Firm, person: Person) -> dict[str, str]:
    blank = dict.fromkeys(LETTER_WORDS, "")
    return blank | {
        "收件人": person.name or str(_("负责人")),
        "企业": firm.name,
        "信用代码": firm.credit_code,
        "区划": firm.region.name,
        "经办人": firm.officer.name if firm.officer else "",
    }


@transaction.atomic
def write_letter(
    letter: Letter,
    firm: Firm,
    *,
    actor: User,
    batch: str,
    application: Application | None = None,
    draft: bool = True,
) -> int:
    """Make the letter to each of the firm's people, as drafts or to be sent. `batch` makes a second call harmless.

    Returns how many were new. Raises NotAllowed, or InvalidInput where the firm has nobody to write to
    and where a letter that is to be sent at once says nothing.
    """
    require_writer(actor, firm.region_path)
    if not draft and (reason := unwritten(letter.wording.body)):
        raise InvalidInput(reason)
    people = firm_people(firm)
    if not people:
        raise InvalidInput(_("{firm} 没有账号也没有带邮箱的联系人；请先补联系人").format(firm=firm.name))
    when = leaves_at(timezone.now())
    return sum(_put(letter, firm, person, actor, batch, application, draft, when) for person in people)


def _put(
    letter: Letter,
    firm: Firm,
    person: Person,
    actor: User,
    batch: str,
    application: Application | None,
    draft: bool,
    when: Any,
) -> bool:
    composed = compose_letter(letter, firm, person, application)
    return enqueue(
        key=f"letter:{batch}:{firm.pk}:{person.key}",
        kind=MessageKind.LETTER,
        subject=composed.subject,
        body=composed.text,
        html=composed.html,
        template=composed.template,
        template_version=composed.version,
        parts=composed.parts,
        language=person.language,
        send_after=when,
        link=portal_link(application) if application else INBOX,
        recipient_id=person.user_id,
        to=person.email,
        to_name=person.name,
        to_firm=True,
        firm=firm,
        application=application,
        region_path=firm.region_path,
        edited_by=actor,
        **({"state": MessageState.DRAFT} if draft else {}),
    )


def new_batch() -> str:
    return uuid.uuid4().hex[:16]


def start_letters(letter: Letter, firms: Iterable[int], *, actor: User, batch: str) -> Job:
    """Queue the making of drafts for many firms, by key. Raises InvalidInput."""
    wanted = sorted(set(firms))
    if not wanted:
        raise InvalidInput(_("没有选择任何企业"))
    if len(wanted) > MOST:
        raise InvalidInput(_("一次最多写给 {most} 家企业；请先筛选").format(most=MOST))
    return start_in_parts(
        KIND,
        key=f"letters:{batch}",
        title=_("起草{letter}（{count} 家）").format(letter=letter.topic.label, count=len(wanted)),
        actor=actor,
        params={"letter": letter.content, "batch": batch, "name": str(letter.topic.label)},
        parts=[{"firms": wanted[start : start + PART]} for start in range(0, len(wanted), PART)],
        total=len(wanted),
    )


def _finish(job: Job, results: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [row for result in results for row in result["rows"]]
    refused = sum(row["outcome"] == "refused" for row in rows)
    drafts = sum(row.get("drafts", 0) for row in rows)
    return {"done": len(rows) - refused, "refused": refused, "drafts": drafts, "batch": job.params["batch"]}


@works(KIND, finish=_finish)
def letters_part(job: Job, params: dict[str, Any]) -> Writing:
    """Make the drafts of one part."""
    actor, said = job.actor, job.params["letter"]
    topic = topic_called(said["code"])
    assert actor is not None and topic is not None
    letter = Letter(topic, Wording(said["subject"], said["body"], said["version"]))
    visible = Firm.objects.visible_to(actor).filter(pk__in=params["firms"])
    firms = list(visible.select_related("region", "officer").order_by("pk"))

    def write() -> Outcome:
        told = [_outcome(letter, firm, actor, job.params["batch"]) for firm in firms]
        refused = sum(row["outcome"] == "refused" for row in told)
        return Outcome(done=len(told) - refused, refused=refused, result={"rows": told})

    return write


def _outcome(letter: Letter, firm: Firm, actor: User, batch: str) -> dict[str, Any]:
    told = {"id": firm.pk, "reference": firm.credit_code, "firm": firm.name}
    try:
        with transaction.atomic():
            drafts = write_letter(letter, firm, actor=actor, batch=batch)
    except DomainError as error:
        return told | {"outcome": "refused", "reasons": error.reasons}
    return told | {"outcome": "done", "reasons": [], "drafts": drafts}
