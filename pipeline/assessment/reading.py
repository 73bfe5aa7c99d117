"""Reads a facts object as it was posted. Every wrong field is named by its path: `facts.years.2025.sales_cny`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.choices import Source
from crm.fact_codes import COUNT, NO_YEAR, FactCode
from pipeline.assessment.facts import Claim, Facts, Figure, Holding, Key
from pipeline.errors import InvalidFacts
from pipeline.policy.nodes import Policy
from pipeline.policy.tables import CREDENTIALS, EXPERT_SCORES, FIGURES, FLAGS, IP_PREFIX, LEVELS
from pipeline.rules import Number, exact, size

KEYS = frozenset({"registered_on", "industry", "credit_score", "years", "ip", "credentials", "flags", "expert"})
YEAR_KEYS = frozenset(code for code, fact in FIGURES.items() if fact.per_year)
IP_KEYS = frozenset(code.removeprefix(IP_PREFIX) for code in FIGURES if code.startswith(IP_PREFIX))
FIGURE_KEYS, CLAIM_KEYS = frozenset({"value", "basis", "source"}), frozenset({"value", "source"})
EXPERT_KEYS = frozenset(EXPERT_SCORES)
HOLDING_KEYS = {kind: frozenset({"kind", *stated}) for kind, stated in CREDENTIALS.items()}
NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
INDUSTRY = re.compile(r"[A-T]\d\d(\d\d?)?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1949, 2200
TOO_LARGE = 10**16  # what the column of a fact can hold
FULL_MARKS = 100


def parse_facts(document: Any, policy: Policy | None = None, *, path: str = "facts") -> Facts:
    """The facts that a document states. Raises InvalidFacts with every wrong field at once.

    With a policy the yes/no facts that it declares itself are known too.
    """
    reader = Reader()
    reader.allow_flags_of([policy] if policy else [])
    found = reader.facts(document, path)
    reader.finish()
    return found


class Reader:
    """Takes a document apart and notes what is wrong with each field, by its path."""

    def __init__(self) -> None:
        self.flag_names = frozenset(FLAGS)
        self.wrong: dict[str, str] = {}
        self.figures: dict[Key, tuple[Figure, ...]] = {}

    def allow_flags_of(self, policies: Iterable[Policy]) -> None:
        """Know the yes/no facts that these editions declare themselves."""
        self.flag_names = frozenset({*FLAGS, *(name for policy in policies for name in policy.flags)})

    def finish(self) -> None:
        """Raises InvalidFacts when anything was wrong."""
        if self.wrong:
            raise InvalidFacts(self.wrong)

    def complain(self, path: str, sentence: str) -> None:
        self.wrong.setdefault(path, sentence)

    def facts(self, document: Any, path: str) -> Facts:
        if document is None:
            self.complain(path, _("应为对象"))
        given = self.mapping(document, path, KEYS)
        self.years(given.get("years"), f"{path}.years")
        for name, raw in self.mapping(given.get("ip"), f"{path}.ip", IP_KEYS).items():
            self.figure(IP_PREFIX + name, NO_YEAR, raw, f"{path}.ip.{name}")
        if "credit_score" in given:
            self.figure("credit_score", NO_YEAR, given["credit_score"], f"{path}.credit_score")
        return Facts(
            figures=self.figures,
            flags=self.flags(given.get("flags"), f"{path}.flags"),
            holdings=tuple(self.each(given.get("credentials"), f"{path}.credentials", self.holding)),
            expert=self.expert(given.get("expert"), f"{path}.expert"),
            registered_on=self.day(given.get("registered_on"), f"{path}.registered_on"),
            industry=self.industry(given.get("industry"), f"{path}.industry"),
        )

    # Figures --------------------------------------------------------------------------------------------------------

    def years(self, raw: Any, path: str) -> None:
        for year, figures in self.mapping(raw, path, None).items():
            number = int(year) if re.fullmatch(r"\d{4}", year, re.ASCII) else 0
            if not FIRST_YEAR <= number <= LAST_YEAR:
                self.complain(f"{path}.{year}", _("不是年度；请写成 2025"))
                continue
            for code, value in self.mapping(figures, f"{path}.{year}", YEAR_KEYS).items():
                self.figure(code, number, value, f"{path}.{year}.{code}")

    def figure(self, code: str, year: int, raw: Any, path: str) -> None:
        """A number, {"value", "basis", "source"}, or a list of such; null says nothing."""
        fact, entries = FIGURES[code], raw if isinstance(raw, list) else [raw]
        found = []
        for index, entry in enumerate(entries):
            place = f"{path}.{index}" if isinstance(raw, list) else path
            if (figure := self.one_figure(fact, entry, place)) is not None:
                found.append(figure)
        if found:
            self.figures[(code, year)] = tuple(found)

    def one_figure(self, fact: FactCode, entry: Any, path: str) -> Figure | None:
        if not isinstance(entry, Mapping):
            value = self.number(fact, entry, path)
            return None if value is None else Figure(value)
        given = self.mapping(entry, path, FIGURE_KEYS)
        value = self.number(fact, given.get("value"), f"{path}.value")
        basis = self.one_of(given.get("basis"), [str(basis) for basis in fact.bases], f"{path}.basis")
        source = self.one_of(given.get("source"), Source.values, f"{path}.source")
        return None if value is None else Figure(value, basis, source)

    def number(self, fact: FactCode, raw: Any, path: str) -> Number | None:
        """An exact number, or None when nothing is stated; anything else is noted."""
        if raw is None:
            return None
        if isinstance(raw, int) and not isinstance(raw, bool):
            value: Number = raw
        elif isinstance(raw, float | Decimal | str) and NUMBER.fullmatch(text := str(raw).strip()):
            value = exact(Decimal(text))
        else:
            self.complain(path, _("“{value}”不是数字").format(value=str(raw)[:40]))
            return None
        if value < 0 and not fact.may_be_negative:
            self.complain(path, _("“{label}”不能为负数").format(label=fact.label))
        elif size(value) >= TOO_LARGE:
            self.complain(path, _("“{label}”的数值过大；请核对单位").format(label=fact.label))
        elif fact.unit == COUNT and not isinstance(value, int):
            self.complain(path, _("“{label}”应为整数").format(label=fact.label))
        return value

    # The rest -------------------------------------------------------------------------------------------------------

    def flags(self, raw: Any, path: str) -> dict[str, tuple[Claim, ...]]:
        found = {}
        for name, value in self.mapping(raw, path, self.flag_names).items():
            if claims := tuple(self.each_or_one(value, f"{path}.{name}", self.claim)):
                found[name] = claims
        return found

    def claim(self, raw: Any, path: str) -> Claim | None:
        source = ""
        if isinstance(raw, Mapping):
            given = self.mapping(raw, path, CLAIM_KEYS)
            source = self.one_of(given.get("source"), Source.values, f"{path}.source")
            raw, path = given.get("value"), f"{path}.value"
        if raw is not None and not isinstance(raw, bool):
            self.complain(path, _("应为 true 或 false"))
        return Claim(raw, source) if isinstance(raw, bool) else None

    def holding(self, raw: Any, path: str) -> Holding | None:
        kind = raw.get("kind") if isinstance(raw, Mapping) else None
        if not isinstance(kind, str) or kind not in CREDENTIALS:
            known = "、".join(CREDENTIALS)
            self.complain(f"{path}.kind", _("资质种类应为其中之一：{known}").format(known=known))
            return None
        given = self.mapping(raw, path, HOLDING_KEYS[kind])
        return Holding(
            kind,
            valid_until=self.day(given.get("valid_until"), f"{path}.valid_until"),
            on=self.day(given.get("on"), f"{path}.on"),
            rank=self.whole(given.get("rank"), f"{path}.rank", 1, 10_000),
            level=self.one_of(given.get("level"), LEVELS, f"{path}.level") or None,
            year=self.whole(given.get("year"), f"{path}.year", FIRST_YEAR, LAST_YEAR),
        )

    def expert(self, raw: Any, path: str) -> dict[str, tuple[int, int]]:
        found = {}
        for name, value in self.mapping(raw, path, EXPERT_KEYS).items():
            pair = value if isinstance(value, list | tuple) else [value, value]
            if value is None:
                continue
            if len(pair) != 2:
                self.complain(f"{path}.{name}", _("应为 [最低分, 最高分]"))
                continue
            low, high = (self.whole(end, f"{path}.{name}", 0, FULL_MARKS) for end in pair)
            if low is None or high is None or low > high:
                self.complain(f"{path}.{name}", _("应为 [最低分, 最高分]"))
            else:
                found[name] = (low, high)
        return found

    def day(self, raw: Any, path: str) -> date | None:
        if raw is None or (isinstance(raw, date) and type(raw) is date):
            return raw
        with suppress(ValueError):
            if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", raw, re.ASCII):
                found = date.fromisoformat(raw)
                if found.year > LAST_YEAR:
                    self.complain(path, _("日期不能晚于 {year} 年").format(year=LAST_YEAR))
                return found
        self.complain(path, _("“{value}”不是日期；请写成 2026-01-31").format(value=str(raw)[:40]))
        return None

    def industry(self, raw: Any, path: str) -> str:
        if raw is None or raw == "":
            return ""
        if isinstance(raw, str) and INDUSTRY.fullmatch(raw):
            return raw
        self.complain(path, _("“{value}”不是国民经济行业代码；请写成 C3612").format(value=str(raw)[:40]))
        return ""

    def whole(self, raw: Any, path: str, least: int, most: int) -> int | None:
        if raw is None:
            return None
        if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
            return raw
        if isinstance(raw, str) and re.fullmatch(r"\d{1,9}", raw, re.ASCII) and least <= int(raw) <= most:
            return int(raw)
        self.complain(path, _("应为 {least} 至 {most} 的整数").format(least=least, most=most))
        return None

    # Shapes ---------------------------------------------------------------------------------------------------------

    def mapping(self, raw: Any, path: str, known: frozenset[str] | None) -> dict[str, Any]:
        """The object's entries under their names as text; unknown names are noted and left out."""
        if raw is not None and not isinstance(raw, Mapping):
            self.complain(path, _("应为对象"))
        given = {str(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else {}
        for key in getattr(raw, "repeated", ()):
            self.complain(_inside(path, key), _("字段重复出现；请只写一次"))
        if known is None or given.keys() <= known:
            return given
        for key in given.keys() - known:
            self.complain(_inside(path, key), _("不认识的字段"))
        return {key: value for key, value in given.items() if key in known}

    def one_of(self, raw: Any, choices: Iterable[str], path: str) -> str:
        known = [choice for choice in choices if choice]
        if raw is None or raw == "" or (isinstance(raw, str) and raw in known):
            return raw or ""
        if known:
            self.complain(path, _("“{value}”应为其中之一：{known}").format(value=str(raw)[:40], known="、".join(known)))
        else:
            self.complain(path, _("该指标不分口径"))
        return ""

    def each(self, raw: Any, path: str, reader: Callable[[Any, str], Any]) -> Iterable[Any]:
        if raw is not None and not isinstance(raw, list | tuple):
            self.complain(path, _("应为列表"))
            raw = None
        found = [reader(item, f"{path}.{index}") for index, item in enumerate(raw or ())]
        return [item for item in found if item is not None]

    def each_or_one(self, raw: Any, path: str, reader: Callable[[Any, str], Any]) -> Iterable[Any]:
        if isinstance(raw, list):
            return self.each(raw, path, reader)
        found = reader(raw, path)
        return [] if found is None else [found]


def _inside(path: str, key: str) -> str:
    return f"{path}.{key[:40]}" if path else key[:40]
