"""What differs between two editions, clause by clause, in the active language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from pipeline.policy.nodes import STATUS_LABELS, Policy, Status
from pipeline.policy.sentences import Clause, sentences

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


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
