"""What to ask a firm first."""

from __future__ import annotations

from datetime import date

from crm.models import Firm
from pipeline.choices import VerdictKind
from pipeline.selectors.assessments import standings
from pipeline.selectors.gaps import asked_for

QUESTIONS = 3


def first_questions(firm: Firm, *, on: date) -> list[str]:
    """The three figures that a first talk should bring: of the programme that the firm is nearest to, what is missing.

    Empty where nothing is missing. Six statements.
    """
    open_ones = [each for each in standings(firm, on=on) if each.document.verdict != VerdictKind.MET]
    asked: dict[str, None] = {}
    for standing in sorted(open_ones, key=lambda each: len(each.document.missing)):
        for entry in standing.document.missing:
            asked.setdefault(asked_for(standing.policy, entry).label)
    return list(asked)[:QUESTIONS]
