"""What differs between two editions, clause by clause, in the active language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.translation import gettext as _

from pipeline.policy.nodes import STATUS_LABELS, Policy, Status
from pipeline.policy.sentences import Clause, sentences

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
ASPECTS = ("label", "text", "source", "status")
_WORD = re.compile(r"\d[\d,.-]*%?|[A-Za-z]+|\s+|.")


@dataclass(frozen=True)
class Difference:
    """One difference. `kind` is added, removed or changed; `aspect` is text, label, source or status of the clause."""

    kind: str
    key: str
    label: str
    aspect: str
    before: str
    after: str
    sentence: str


def diff(old: Policy, new: Policy) -> list[Difference]:
    """What the new edition adds, removes and changes, in its own order, what it drops last."""
    before, after = ({clause.key: clause for clause in sentences(policy)} for policy in (old, new))
    found = [difference for key, clause in after.items() for difference in _clause(before.get(key), clause)]
    return found + [_removed(clause) for key, clause in before.items() if key not in after]


def _clause(before: Clause | None, after: Clause) -> Iterator[Difference]:
    if before is None:
        sentence = _("新增“{label}”：{text}").format(label=after.label, text=after.text)
        yield Difference(ADDED, after.key, after.label, "text", "", after.text, sentence)
        return
    names = {"label": _("名称"), "text": _("内容"), "source": _("依据"), "status": _("核实状态")}
    for aspect, name in names.items():
        was, now = _shown(getattr(before, aspect)), _shown(getattr(after, aspect))
        if was != now:
            form = _("“{label}”的{aspect}由“{before}”改为“{after}”")
            sentence = form.format(label=after.label, aspect=name, before=was, after=now)
            yield Difference(CHANGED, after.key, after.label, aspect, was, now, sentence)


def _removed(clause: Clause) -> Difference:
    sentence = _("删去“{label}”：{text}").format(label=clause.label, text=clause.text)
    return Difference(REMOVED, clause.key, clause.label, "text", clause.text, "", sentence)


def _shown(value: str | Status | None) -> str:
    return str(STATUS_LABELS[value]) if isinstance(value, Status) else value or ""


# Side by side ---------------------------------------------------------------------------------------------------------


class Piece(NamedTuple):
    """A stretch of a text, and whether the other edition has it otherwise."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Pair:
    """A clause in two editions: what became of it, and each side's label, text, source and status in pieces."""

    kind: str
    before: dict[str, list[Piece]] | None
    after: dict[str, list[Piece]] | None


def side_by_side(old: Policy, new: Policy) -> list[Pair]:
    """Every clause of both editions, in the new one's order, dropped ones last."""
    before, after = ({clause.key: clause for clause in sentences(policy)} for policy in (old, new))
    keys = [*after, *(key for key in before if key not in after)]
    return [_pair(before.get(key), after.get(key)) for key in keys]


def _pair(before: Clause | None, after: Clause | None) -> Pair:
    old, new = _aspects(before), _aspects(after)
    if before is None or after is None:
        sides = [{name: [Piece(text, False)] for name, text in side.items()} or None for side in (old, new)]
        return Pair(ADDED if before is None else REMOVED, *sides)
    pieces = {name: pieces_of(old[name], new[name]) for name in ASPECTS}
    changed = old["status"] != new["status"]  # a status is one word
    pieces["status"] = [Piece(old["status"], changed)], [Piece(new["status"], changed)]
    left = {name: both[0] for name, both in pieces.items()}
    return Pair(SAME if old == new else CHANGED, left, {name: both[1] for name, both in pieces.items()})


def _aspects(clause: Clause | None) -> dict[str, str]:
    return {name: _shown(getattr(clause, name)) for name in ASPECTS} if clause else {}


def pieces_of(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, whole numbers and words at a time: what only one has is marked as changed."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for step, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words in ((left, old[a:b]), (right, new[c:d])):
            if words:
                side.append(Piece("".join(words), step != "equal"))
    return left, right
