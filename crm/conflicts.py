"""Two people edit one row: what each changed, and where somebody must choose. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CURRENT, MINE, ORIGINAL = "current", "mine", "original"


@dataclass(frozen=True)
class Clash:
    """A field that two people changed differently: as it was for both, as it is now, as it was typed."""

    name: str
    original: Any
    current: Any
    mine: Any

    def chosen(self, choice: str) -> Any:
        return {CURRENT: self.current, MINE: self.mine, ORIGINAL: self.original}[choice]


@dataclass(frozen=True)
class Reconciled:
    """What to write of an edit, and where it is not certain what to write."""

    changes: dict[str, Any]
    clashes: tuple[Clash, ...]
    others: tuple[str, ...]  # fields that only the other person changed: they stay as they are now


def reconcile(original: Mapping[str, Any], current: Mapping[str, Any], mine: Mapping[str, Any]) -> Reconciled:
    """What of `mine` differs from what was read is wanted; it clashes where the row no longer holds what was read."""
    wanted = {name: value for name, value in mine.items() if value != original[name] and value != current[name]}
    clashes = tuple(
        Clash(name, original[name], current[name], value)
        for name, value in wanted.items()
        if current[name] != original[name]
    )
    clashing = {clash.name for clash in clashes}
    changes = {name: value for name, value in wanted.items() if name not in clashing}
    others = tuple(name for name in mine if name not in wanted and current[name] != original[name])
    return Reconciled(changes, clashes, others)
