"""The bureau's own wording: new versions, old ones restored, who looks before a mail goes, letters of its own."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import MANAGERS, scope_of
from crm.errors import InvalidInput, NotAllowed, RowChanged
from crm.models import User
from crm.services.history import record_changes
from notifications.models import MailTemplate, MailTopic
from notifications.topics import LETTER, LETTERS, TOPICS, Topic, own_letter
from notifications.wording import Wording, own_wording, problems

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def may_write_templates(user: Any) -> bool:
    """True for leads and administrators at the city's desk or above it: the wording holds for every county."""
    return scope_of(user).at_city(MANAGERS)


def require_author(actor: User) -> None:
    if not may_write_templates(actor):
        raise NotAllowed(_("通知模板由市级科长或管理员修改"))


@transaction.atomic
def save_wording(
    topic: Topic, language: str, *, subject: str, body: str, seen: int, actor: User, restores: int | None = None
) -> MailTemplate:
    """Keep a new version. `seen` is the version that the form was made from.

    Raises NotAllowed, InvalidInput with every reason, or RowChanged when somebody else was first.
    """
    require_author(actor)
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    reasons = problems(subject, body, topic)
    if language not in LANGUAGES:
        reasons.append(_("没有这种语言"))
    if reasons:
        raise InvalidInput(*reasons)
    if newest(topic, language).version != seen:
        raise RowChanged(_("模板刚被他人修改，请对照最新内容后再试"))
    try:
        with transaction.atomic():
            return MailTemplate.objects.create(
                code=topic.code,
                language=language,
                version=seen + 1,
                subject=subject,
                body=body,
                restores=restores,
                by=actor,
                at=timezone.now(),
            )
    except IntegrityError:
        raise RowChanged(_("模板刚被他人修改，请对照最新内容后再试")) from None


def newest(topic: Topic, language: str) -> Wording:
    return version_of(topic, language, None)


def version_of(topic: Topic, language: str, number: int | None) -> Wording:
    """A version by its number, 0 the product's own; without a number the one that holds. One query."""
    rows = MailTemplate.objects.filter(code=topic.code, language=language)
    row = (rows.filter(version=number) if number is not None else rows).first()
    return Wording(row.subject, row.body, row.version) if row else own_wording(topic, language)


def restore(topic: Topic, language: str, number: int, *, seen: int, actor: User) -> MailTemplate:
    """An earlier version holds again, as a new one. Raises what `save_wording` raises."""
    rows = MailTemplate.objects.filter(code=topic.code, language=language, version=number)
    if number and not rows.exists():
        raise InvalidInput(_("没有第 {number} 版").format(number=number))
    old = version_of(topic, language, number)
    return save_wording(topic, language, subject=old.subject, body=old.body, seen=seen, actor=actor, restores=number)


@transaction.atomic
def set_hold(topic: Topic, *, hold: bool, actor: User) -> None:
    """Whether a person looks at each mail of this kind before it goes."""
    require_author(actor)
    if hold and not topic.holds:
        raise InvalidInput(_("“{topic}”不能设为发送前确认").format(topic=topic.label))
    said = {"hold": hold, "changed_by": actor, "changed_at": timezone.now()}
    row, created = MailTopic.objects.get_or_create(code=topic.code, defaults=said)
    if created or row.hold != hold:
        MailTopic.objects.filter(pk=row.pk).update(**said)
        record_changes(row, {"hold": (not hold, hold)}, actor=actor)


@transaction.atomic
def add_letter(name: str, *, actor: User) -> MailTopic:
    """A letter of the bureau's own, to be worded; it begins as the product's."""
    require_author(actor)
    if not name.strip():
        raise InvalidInput(_("请填写信函名称"))
    if MailTopic.objects.filter(name=name.strip(), retired=False).exists():
        raise InvalidInput(_("已有同名信函；请换一个名称"))
    now = timezone.now()
    row = MailTopic.objects.create(
        code=f"{LETTER}_{now:%y%m%d%H%M%S%f}", name=name.strip()[:60], changed_by=actor, changed_at=now
    )
    record_changes(row, {"name": ("", row.name)}, actor=actor)
    return row


@transaction.atomic
def retire_letter(code: str, *, actor: User) -> None:
    """A letter of the bureau's own is no longer offered; what was written with it stays."""
    require_author(actor)
    row = MailTopic.objects.filter(code=code, retired=False).exclude(name="").first()
    if row is None:
        raise InvalidInput(_("没有这封信函"))
    MailTopic.objects.filter(pk=row.pk).update(retired=True, changed_by=actor, changed_at=timezone.now())
    record_changes(row, {"retired": (False, True)}, actor=actor)


def letters() -> list[Topic]:
    """The letters that can be written: the product's and the bureau's own. One query."""
    own = MailTopic.objects.filter(retired=False).exclude(name="")
    return [topic for topic in TOPICS.values() if topic.group == LETTERS] + [
        own_letter(row.code, row.name) for row in own
    ]


def compared(old: str, new: str) -> list[tuple[str, str]]:
    """Two texts line by line: `same`, `gone` or `new`, and the line."""
    kinds = {"  ": "same", "- ": "gone", "+ ": "new"}
    lines = ndiff(old.splitlines(), new.splitlines())
    return [(kinds[line[:2]], line[2:]) for line in lines if line[:2] in kinds]
