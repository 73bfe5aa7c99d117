"""Puts what was typed on a page into an edition: everything in place, or every fault beside its place."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from pipeline.errors import InvalidPolicy
from pipeline.policy.nodes import Policy
from pipeline.policy.places import REQUIRED, Entry, blocks
from pipeline.policy.read_policy import policy_from_json
from pipeline.policy.sources import Path_
from pipeline.policy.typing_in import NotUnderstood, read_typed


@dataclass(frozen=True)
class Edited:
    """A content with what was typed in place, and what is wrong with it: by the name of the entry, "" for the whole."""

    content: dict[str, Any]
    changes: dict[str, tuple[str, str]]
    faults: dict[str, list[str]] = field(default_factory=dict)


def edited(policy: Policy, typed: Mapping[str, str]) -> Edited:
    """The policy's content with the typed texts in place. Entries that are not in `typed` stay as they are."""
    content, found = deepcopy(dict(policy.content)), Edited({}, {})
    entries = [entry for block in blocks(policy) for entry in block.entries]
    for entry in entries:
        text = typed.get(entry.name)
        if text is None or text.strip() == entry.shown:
            continue
        try:
            value = _typed_value(entry, text)
        except NotUnderstood as error:
            found.faults[entry.name] = [str(error)]
            continue
        if value != entry.value:
            _put(content, entry.path, value)
            found.changes[entry.name] = (entry.shown, text.strip())
    faults = found.faults or _faults(content, [entry.path for entry in entries])
    return Edited(content, found.changes, faults)


def _typed_value(entry: Entry, text: str) -> Any:
    if text.strip():
        return read_typed(entry.kind, text)
    if entry.empty is REQUIRED:
        raise NotUnderstood(_("请填写"))
    return entry.empty


def _put(content: Any, path: Path_, value: Any) -> None:
    for key in path[:-1]:
        content = content[key]
    if value is None:
        content.pop(path[-1], None)
    else:
        content[path[-1]] = value


def _faults(content: Mapping[str, Any], places: list[Path_]) -> dict[str, list[str]]:
    """What the whole edition is refused for, each fault beside the nearest entry."""
    try:
        policy_from_json(content)
    except InvalidPolicy as error:
        found: dict[str, list[str]] = {}
        for path, sentence in error.faults:
            found.setdefault(".".join(map(str, _nearest(path, places))), []).append(sentence)
        return found
    return {}


def _nearest(path: Path_, places: list[Path_]) -> Path_:
    """The first place at or below the path, else below what the path stands in; nothing for the whole edition."""
    while path:
        if found := next((place for place in places if place[: len(path)] == path), None):
            return found
        path = path[:-1]
    return ()
