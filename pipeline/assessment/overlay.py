"""What was typed, laid over what is known of a firm: what is left as it was keeps its source and its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline.assessment.case import Case
from pipeline.assessment.facts import Claim, Facts, Figure, Holding, Key
from pipeline.assessment.questions import Question, best_holding
from pipeline.policy.tables import DERIVED
from pipeline.rules import Number


class Asked(NamedTuple):
    """Every question that was put; whatever is not among them stands as it is known."""

    figures: Sequence[Question]
    flags: Sequence[Question]
    credentials: Sequence[Question]
    industry: bool = True


@dataclass(frozen=True)
class Change:
    """A figure, or a yes/no fact as 1 or 0, that was typed otherwise than it was known."""

    question: Question
    before: Number | None
    after: Number


def known_figure(case: Case, question: Question) -> Number | None:
    """The figure that counts; where it is not stated itself, perhaps the difference of two others."""
    shift = question.year - case.year if question.year else 0
    found = case.fact(question.code, shift)
    return found.low if found.is_known else None


def laid_over(case: Case, typed: Facts, asked: Asked) -> Facts:
    """The facts of the case with every answer in its place: an answer left empty makes a known figure unknown."""
    own = case.facts
    figures = dict(own.figures)
    for question in asked.figures:
        figures |= _figure(case, question, typed)
    flags = dict(own.flags)
    for question in asked.flags:
        said = typed.flags.get(question.code, ())
        if not said:
            flags.pop(question.code, None)
        elif said[0].value is not case.flag(question.code):
            flags[question.code] = (Claim(said[0].value),)
    industry = typed.industry if asked.industry else own.industry
    found = replace(own, figures=figures, flags=flags, holdings=_holdings(own, typed, asked), industry=industry)
    return replace(found, registered_on=typed.registered_on)


def _figure(case: Case, question: Question, typed: Facts) -> dict[Key, tuple[Figure, ...]]:
    key = (question.code, question.year)
    stated = typed.figures.get(key, ())
    if stated and stated[0].value == known_figure(case, question):
        return {}
    emptied: dict[Key, tuple[Figure, ...]] = {}
    if not stated:
        emptied = {(part, question.year): () for part in DERIVED.get(question.code, ())}
    return {key: stated} | emptied


def _holdings(own: Facts, typed: Facts, asked: Asked) -> tuple[Holding, ...]:
    """A kind whose best credential is left as it was keeps all that are held of it."""
    found = list(own.holdings)
    for question in asked.credentials:
        now, best = best_holding(typed, question.code), best_holding(own, question.code)
        if _details(now, question) != _details(best, question):
            found = [holding for holding in found if holding.kind != question.code]
            found += [now] if now else []
    return tuple(found)


def _details(holding: Holding | None, question: Question) -> tuple[object, ...] | None:
    return None if holding is None else tuple(getattr(holding, name) for name in question.details)


def changes(case: Case, typed: Facts, asked: Asked) -> list[Change]:
    """The answers that say something else than what is known, in the order of the questions; none that were emptied."""
    found = []
    for question in asked.figures:
        stated, known = typed.figures.get((question.code, question.year), ()), known_figure(case, question)
        if stated and stated[0].value != known:
            found.append(Change(question, known, stated[0].value))
    for question in asked.flags:
        said, known_flag = typed.flags.get(question.code, ()), case.flag(question.code)
        if said and said[0].value is not known_flag:
            found.append(Change(question, None if known_flag is None else int(known_flag), int(said[0].value)))
    return found
