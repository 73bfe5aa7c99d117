"""What anybody may ask without logging in: where an application stands, for who knows its code and its number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from crm.identifiers import Unreadable, credit_code, tidy
from pipeline.models import Application
from pipeline.workflows import PROGRAMMES

LONGEST = 40  # more of what was typed is not looked at


@dataclass(frozen=True)
class PublicState:
    """The public word for the stage and since when; nothing of the firm, of people or of reasons."""

    programme: str
    programme_label: str
    year: int
    stage: str
    since: date


def public_state(code: Any, reference: Any) -> PublicState | None:
    """None for every miss alike: a wrong or unreadable code, a wrong number, a stage that is internal.

    One query, hit or miss, so that the time of an answer tells nothing.
    """
    rows = Application.objects.exclude_internal()
    found = rows.filter(reference=_typed(reference).upper(), firm__credit_code=_code(code)).first()
    if found is None:
        return None
    return PublicState(
        programme=found.programme,
        programme_label=str(PROGRAMMES[found.programme].short_label),
        year=found.year,
        stage=str(found.current.public_label),
        since=timezone.localdate(found.stage_since),
    )


def _code(value: Any) -> str:
    try:
        return credit_code(_typed(value))
    except Unreadable:
        return ""


def _typed(value: Any) -> str:
    return tidy(value)[:LONGEST] if isinstance(value, str) else ""
