"""What is said before a click: whom a move tells, and whether somebody looks at the mail first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template

from notifications.people import firm_people
from notifications.topics import stage_topic
from notifications.wording import held_topics
from pipeline.models import Application
from pipeline.services.bulk import Offer
from pipeline.workflow import Transition
from pipeline.workflows import PROGRAMMES

register = template.Library()
NAMED = 3


@register.inclusion_tag("notifications/_told_before.html")
def told_before(application: Application, step: Transition) -> dict[str, Any]:
    """Whom this move would tell, read once for all moves of one application (three queries), and how."""
    target = application.workflow.stage(step.target)
    if not target.mails_firm:
        return {"mails": False}
    if not hasattr(application, "_told_before"):
        people = [person.name or person.email for person in firm_people(application.firm)]
        application._told_before = people, held_topics()  # type: ignore[attr-defined]
    people, held = application._told_before  # type: ignore[attr-defined]
    return {
        "mails": True,
        "names": people[:NAMED],
        "left": max(0, len(people) - NAMED),
        "draft": stage_topic(target, step).code in held,
    }


@register.simple_tag
def held_kinds() -> frozenset[str]:
    """The kinds of mail that become drafts first, read once for a page. One query."""
    return held_topics()


@register.inclusion_tag("notifications/_drafted_first.html")
def drafted_first(application: Application, step: Transition, held: frozenset[str]) -> dict[str, Any]:
    """Whether the mail of this move becomes a draft first. No query."""
    target = application.workflow.stage(step.target)
    return {"draft": target.mails_firm and stage_topic(target, step).code in held}


@register.inclusion_tag("notifications/_told_in_bulk.html")
def told_in_bulk(offer: Offer, held: frozenset[str]) -> dict[str, Any]:
    """How many firms a move of many tells, and whether their mails become drafts first."""
    return {"number": offer.mailed, "draft": bool(offer.mailed and _topics_of(offer.code) & held)}


def _topics_of(code: str) -> set[str]:
    found: Iterable[tuple[Any, Transition]] = (
        (table, step) for table in PROGRAMMES.values() for step in table.transitions if step.code == code
    )
    return {
        stage_topic(table.stage(step.target), step).code for table, step in found if table.stage(step.target).mails_firm
    }
