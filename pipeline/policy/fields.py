"""Takes a mapping apart key by key: each key is read once, what is wrong is noted, what is left over is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from pipeline.policy.nodes import Text
from pipeline.policy.sources import Figure, Path_, Source, number
from pipeline.rules import Number, Range, exact

T = TypeVar("T")
REQUIRED: Any = object()


class Fields:
    """The keys of one mapping of a policy. A wrong value is noted in the source and read as a harmless stand-in."""

    def __init__(self, source: Source, path: Path_, data: Any) -> None:
        self.source, self.path = source, path
        self.is_mapping = isinstance(data, dict)
        self.data: dict[str, Any] = data if self.is_mapping else {}
        self.read: set[str] = set()
        if not self.is_mapping:
            self.complain(None, _("应为一组“键: 值”"))

    def complain(self, key: str | int | None, sentence: str) -> None:
        self.source.complain(self.path if key is None else (*self.path, key), sentence)

    def take(self, key: str, default: Any = REQUIRED) -> Any:
        """The raw value; a missing key that is required is noted. An empty value counts as missing."""
        self.read.add(key)
        value = self.data.get(key)
        if value is not None:
            return value
        if default is REQUIRED and self.is_mapping:
            self.complain(None, _("缺少“{key}”").format(key=key))
        return None if default is REQUIRED else default

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def done(self) -> None:
        """Refuse every key that nobody asked for."""
        for key in self.data:
            if key not in self.read:
                self.complain(key, _("不认识的键"))

    # Scalars --------------------------------------------------------------------------------------------------------

    def word(self, key: str, default: Any = REQUIRED) -> str:
        value = self.take(key, default)
        if isinstance(value, Figure):
            self.complain(key, _("应为文字，请加引号"))
        elif value is not None and (not isinstance(value, str) or (not value.strip() and value != default)):
            self.complain(key, _("应为文字"))
        return value if isinstance(value, str) else ""

    def one_of(self, key: str, choices: Iterable[str], default: Any = REQUIRED) -> str:
        value, known = self.word(key, default), list(choices)
        if value and value not in known:
            self.complain(key, _("“{value}”应为其中之一：{known}").format(value=value, known="、".join(known)))
            return known[0]
        return value or known[0]

    def text(self, key: str) -> Text:
        """The Chinese text under `key` and its English twin under `key_en`; both are required."""
        return Text(self.word(key), self.word(f"{key}_en"))

    def truth(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.take(key, default)
        if value is not None and not isinstance(value, bool):
            self.complain(key, _("应为 true 或 false"))
        return value is True

    def number(self, key: str, default: Any = REQUIRED) -> Number:
        value = self.take(key, default)
        found = number(value)
        if found is None:
            if value is not None:
                self.complain(key, _("“{value}”不是数字").format(value=value))
            return 0
        return exact(found)

    def whole(self, key: str, default: Any = REQUIRED, *, least: int = 0) -> int:
        found = self.number(key, default)
        if not isinstance(found, int) or found < least:
            self.complain(key, _("应为不小于 {least} 的整数").format(least=least))
            return least
        return found

    def day(self, key: str, default: Any = REQUIRED) -> date | None:
        value = self.take(key, default)
        try:
            return value if value is None or isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.complain(key, _("“{value}”不是日期；请写成 2026-01-31").format(value=value))
            return None

    # Lists and ranges -----------------------------------------------------------------------------------------------

    def list(self, key: str, default: Any = REQUIRED) -> list[Any]:
        value = self.take(key, default)
        if value is None or isinstance(value, list):
            if value == [] and default is REQUIRED:
                self.complain(key, _("不能为空"))
            return value or []
        self.complain(key, _("应为列表"))
        return []

    def words(self, key: str, default: Any = REQUIRED) -> tuple[str, ...]:
        found = self.list(key, default)
        if all(isinstance(item, str) and not isinstance(item, Figure) for item in found):
            return tuple(found)
        self.complain(key, _("应为文字的列表"))
        return ()

    def each(self, key: str, reader: Callable[[Fields], T], default: Any = REQUIRED) -> tuple[T, ...]:
        """The mappings of a list, each read with `reader`."""
        return tuple(
            reader(Fields(self.source, (*self.path, key, index), item))
            for index, item in enumerate(self.list(key, default))
        )

    def inside(self, key: str) -> Fields:
        return Fields(self.source, (*self.path, key), self.take(key, {}))

    def points(self, key: str, default: Any = REQUIRED) -> Range:
        """Points: a whole number, or [least, most]."""
        value = self.take(key, default)
        pair = value if isinstance(value, list) else [value, value]
        found = [int(end) for end in map(number, pair) if end is not None and end >= 0 and end == int(end)]
        if value is None:
            return Range(0, 0)
        if not len(pair) == len(found) == 2 or found[0] > found[1]:
            self.complain(key, _("分值应为整数或 [最低, 最高]"))
            return Range(0, 0)
        return Range(found[0], found[1])
