"""Where a policy comes from: a YAML file, whose lines are kept for complaints, or its canonical JSON form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.utils.translation import gettext as _

from pipeline.errors import InvalidPolicy

Path_ = tuple[str | int, ...]
_NUMBER = re.compile(r"-?(0|[1-9]\d*(_\d{3})*)(\.\d+)?", re.ASCII)
MOST_PLACES, DEEPEST, LONGEST = 20_000, 40, 40  # no edition comes near; a file that does is no edition
_PLAIN = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


class Figure(str):
    """A number written without quotes: a text field refuses it, because 0450 and 4.50 would not stay what they are."""


class Fault(NamedTuple):
    """Something wrong at one place of an edition."""

    path: Path_
    sentence: str


@dataclass
class Source:
    """The raw contents of one edition, and every complaint about them so far."""

    name: str
    data: Any
    lines: Mapping[Path_, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def complain(self, path: Path_, sentence: str) -> None:
        self.faults.append(Fault(path, sentence))

    def reasons(self) -> list[str]:
        """Every fault with its place, in the order of the lines: `CN-2022.yaml:14: criteria.2.value：…`."""
        placed = sorted(((self._line(fault.path), fault) for fault in self.faults), key=lambda found: found[0])
        return [self._placed(line, fault) for line, fault in placed]

    def _line(self, path: Path_) -> int:
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), 0)

    def _placed(self, line: int, fault: Fault) -> str:
        place = f"{self.name}:{line}: " if line else f"{self.name}: " if self.name else ""
        dotted = ".".join(map(str, fault.path))
        return f"{place}{dotted}：{fault.sentence}" if dotted else f"{place}{fault.sentence}"


def from_yaml(text: str, name: str) -> Source:
    """Read a YAML file. Raises InvalidPolicy when it is not YAML at all."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise InvalidPolicy(f"{place}: " + _("不是有效的 YAML：{why}").format(why=_problem(error))) from None
    except RecursionError:
        raise _too_large(name) from None
    source = Source(name, None)
    lines: dict[Path_, int] = {}
    source.lines = lines
    source.data = _plain(root, (), source, lines)
    return source


def from_file(path: Path) -> Source:
    return from_yaml(path.read_text(encoding="utf-8"), str(path))


def from_json(content: Any) -> Source:
    """The canonical form as it was stored, or as an editor changed it."""
    return Source("", content)


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error)


def _too_large(name: str) -> InvalidPolicy:
    return InvalidPolicy(f"{name}: " + _("文件过大或嵌套过深，不像一个政策版本"))


def _plain(node: yaml.Node | None, path: Path_, source: Source, lines: dict[Path_, int]) -> Any:
    if node is None:
        return None
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > MOST_PLACES or len(path) > DEEPEST:  # also where an anchor holds itself
        raise _too_large(source.name)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, source, lines))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), source, lines) for index, item in enumerate(node.value)]
    return _scalar(node)


def _pairs(node: yaml.MappingNode, path: Path_, source: Source, lines: dict[Path_, int]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        lines[(*path, key)] = key_node.start_mark.line + 1
        if key in seen:
            source.complain((*path, key), _("重复出现"))
        seen.add(key)
        yield key, _plain(value_node, (*path, key), source, lines)


def _scalar(node: yaml.Node) -> Any:
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return str(node.value).lower() in ("true", "yes", "on")
    return Figure(node.value) if node.tag in _PLAIN else str(node.value)


def number(value: Any) -> Decimal | None:
    """The number a file or a stored edition states, exactly; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value)
    return Decimal(text.replace("_", "")) if len(text) <= LONGEST and _NUMBER.fullmatch(text) else None


def canonical(value: Any) -> Any:
    """The same contents as JSON holds them: numbers as shortest decimal strings, empty keys left out."""
    if isinstance(value, Mapping):
        return {str(key): canonical(inner) for key, inner in sorted(value.items()) if inner is not None}
    if isinstance(value, list | tuple):
        return [canonical(inner) for inner in value]
    if isinstance(value, Figure) or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        found = number(value)
        return str(value) if found is None else shortest(found)
    return value


def shortest(value: Decimal) -> str:
    """0.10 → 0.1, 50_000_000 → 50000000."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def digest(content: Any) -> str:
    """sha256 over the canonical form, 64 hexadecimal digits."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
