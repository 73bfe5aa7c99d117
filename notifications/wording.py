"""Fills the wording of a mail with the values of one case. Pure substitution: nothing in a text is ever carried out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import mails
from notifications.models import MailTemplate, MailTopic
from notifications.topics import LETTER, TOPICS, Topic, own_letter

WORD = re.compile(r"{([^{}]*)}")
PIECE = re.compile(r"\[([^\[\]]*)\]|{([^{}]*)}")
MOST_SUBJECT, MOST_BODY = 150, 10_000


@dataclass(frozen=True)
class Wording:
    """A text with its placeholders, as it holds now."""

    subject: str
    body: str
    version: int = 0


@dataclass(frozen=True)
class Composed(mails.Rendered):
    """A mail that is ready, and what it was made of."""

    parts: dict[str, Any] = field(default_factory=dict)


def own_wording(topic: Topic, language: str) -> Wording:
    """The product's text, version 0."""
    with translation.override(language):
        return Wording(str(topic.subject), str(topic.body))


def unwritten(text: str) -> str:
    """Why the product's own letter cannot go: nothing stands between its opening and its close. Empty where it can."""
    for code, _name in settings.LANGUAGES:
        opening, _gap, close = own_wording(TOPICS[LETTER], code).body.rpartition("\n\n")
        hollow = f"{opening.rpartition(']')[2]}\n\n{close.partition('{')[0]}"
        if hollow in text.replace("\r\n", "\n"):
            return _("信函还没有写要告知的事项；请先在正文中写明")
    return ""


def wording_of(topic: Topic, language: str) -> Wording:
    """The newest text of the bureau, else the product's. One query."""
    row = MailTemplate.objects.filter(code=topic.code, language=language).first()
    return Wording(row.subject, row.body, row.version) if row else own_wording(topic, language)


def edited_wordings(topic: Topic) -> dict[str, Wording]:
    """By language, what the bureau wrote in place of the product's own text. One query a language."""
    found = {code: wording_of(topic, code) for code, _name in settings.LANGUAGES}
    return {code: wording for code, wording in found.items() if wording.version}


def topic_called(code: str) -> Topic | None:
    """A kind of mail by its code: the product's, or a letter of the bureau's own (one query)."""
    if code in TOPICS:
        return TOPICS[code]
    row = MailTopic.objects.filter(code=code).first()
    return own_letter(row.code, row.name) if row else None


def held_topics() -> frozenset[str]:
    """The kinds that a person looks at before they go. One query."""
    return frozenset(MailTopic.objects.filter(hold=True).values_list("code", flat=True))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, in one pass: what a value holds is never read again."""

    def put(found: re.Match[str]) -> str:
        if found[2] is not None:
            return values.get(found[2].strip(), "")
        words = WORD.findall(found[1])
        if not words:
            return found[0]
        if not all(values.get(word.strip()) for word in words):
            return ""
        return WORD.sub(lambda word: values[word[1].strip()], found[1])

    return PIECE.sub(put, text)


def problems(subject: str, body: str, topic: Topic) -> list[str]:
    """Every reason why a text cannot be kept."""
    reasons = []
    if not subject.strip():
        reasons.append(_("请填写主题"))
    if not body.strip():
        reasons.append(_("请填写正文"))
    if len(subject) > MOST_SUBJECT:
        reasons.append(_("主题超过 {most} 个字").format(most=MOST_SUBJECT))
    if len(body) > MOST_BODY:
        reasons.append(_("正文超过 {most} 个字").format(most=MOST_BODY))
    if "\n" in subject.strip():
        reasons.append(_("主题只能写一行"))
    unknown = unknown_words(f"{subject}\n{body}", topic.words)
    if unknown:
        known = _("、").join(f"{{{word}}}" for word in topic.words)
        wrong = _("、").join(f"{{{word}}}" for word in unknown)
        reasons.append(_("不认识的占位符：{wrong}；可用的有 {known}").format(wrong=wrong, known=known))
    left = WORD.sub("", f"{subject}{body}")
    if "{" in left or "}" in left:
        reasons.append(_("花括号没有成对；占位符写作 {example}").format(example="{企业}"))
    return reasons


def unknown_words(text: str, known: Iterable[str]) -> list[str]:
    allowed = set(known)
    return [word for word in dict.fromkeys(WORD.findall(text)) if word.strip() not in allowed]


def compose(
    topic: Topic,
    values: Mapping[str, str],
    *,
    language: str,
    link: str,
    facts: Iterable[tuple[str, str]] = (),
    wording: Wording | None = None,
    later: str = "",
) -> Composed:
    """The mail about one case in one language; `later` is where its reader puts it off. At most one query."""
    wording = wording or wording_of(topic, language)
    subject = " ".join(fill(wording.subject, values).split())
    text = mails.spaced(fill(wording.body, values)).strip()
    parts = {"text": text, "facts": [list(pair) for pair in facts]} | ({"later": later} if later else {})
    body, html = dress(subject, parts, language=language, link=link)
    return Composed(subject[:200], body, html, topic.code, wording.version, parts)


def dress(subject: str, parts: Mapping[str, Any], *, language: str, link: str) -> tuple[str, str]:
    """The text with its facts, link and foot, and its HTML twin in the layout of all mails."""
    context = {
        "subject": subject,
        "paragraphs": [part for part in re.split(r"\n\s*\n", parts["text"]) if part.strip()],
        "facts": parts["facts"],
        "text": parts["text"],
        "link": link,
        "later": parts.get("later", ""),
        "site_url": settings.SITE_URL,
    }
    with translation.override(language):
        text = mails.spaced(render_to_string("notifications/mail/letter.txt", context))
        html = render_to_string("notifications/mail/letter.html", context)
    return text, mails.inlined(html)
