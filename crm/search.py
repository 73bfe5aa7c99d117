"""What a firm is found by, as text: names whole or in part, codes and initials by their beginning. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import product
from pathlib import Path

# One letter for each character of U+4E00 to U+9FFF, `-` where none is known; read once from pypinyin (MIT).
INITIALS = Path(__file__).resolve().parent / "data" / "initials.txt"
FIRST = 0x4E00
# Read in two ways in names of firms: 长城 and 校长, 重庆 and 重工, 银行 and 旅行. Both are kept.
EITHER = {
    "长": "cz",
    "重": "cz",
    "行": "hx",
    "乐": "ly",
    "朝": "cz",
    "调": "dt",
    "藏": "cz",
    "曾": "cz",
    "厦": "sx",
    "莞": "gw",
    "传": "cz",
    "参": "cs",
}
MOST_READINGS = 4  # of one name
BEGINNINGS = (2, 3, 4, 6, 8, 10)  # of a mark, as the index of PostgreSQL knows them: each costs an import time
_AFTER_PLACE = "(壮族自治区|自治区|省|市|县|区)?"


def names_text(names: Iterable[str]) -> str:
    """The keys of names (`identifiers.name_key`), a line each, without doubles."""
    return "\n".join(dict.fromkeys(filter(None, names)))


def marks_text(code: str, key: str, places: re.Pattern[str]) -> str:
    """The credit code and the initials of the name, with and without the place in front, each after a line's end."""
    readings = [*initials(key), *initials(places.sub("", key))]
    return "".join(f"\n{mark}" for mark in dict.fromkeys([code.lower(), *readings]))


def places_in_front(places: Iterable[str]) -> re.Pattern[str]:
    """Matches the places that a name begins with: 贵港市平南县…, 平南…; not where nothing would be left."""
    known = "|".join(map(re.escape, sorted(filter(None, places), key=len, reverse=True))) or "(?!)"
    return re.compile(f"^(({known}){_AFTER_PLACE})+(?=..)")


def initials(key: str) -> list[str]:
    """The first letters of how a name is read: pnzz for 平南智造. Two readings and more where a character has two."""
    letters = key.translate(_letters())
    open_at = [place for place, sign in enumerate(key) if sign in EITHER][: MOST_READINGS.bit_length() - 1]
    found = []
    for choice in product(*(EITHER[key[place]] for place in open_at)):
        spelt = list(letters)
        for place, letter in zip(open_at, choice, strict=True):
            spelt[place] = letter
        found.append("".join(spelt))
    return [reading for reading in found if len(reading) > 1]


@cache
def _letters() -> dict[int, str]:
    text = INITIALS.read_text(encoding="ascii").replace("\n", "")
    return {FIRST + place: letter for place, letter in enumerate(text) if letter != "-"}


def name_terms(key: str) -> list[str]:
    """The pairs of characters that a name holds when it holds `key`; none of a single one."""
    return list(dict.fromkeys(key[place : place + 2] for place in range(len(key) - 1)))


def mark_term(key: str) -> str:
    """The longest indexed beginning of `key`."""
    return key[: max((length for length in BEGINNINGS if length <= len(key)), default=0)]


def is_mark(key: str) -> bool:
    """Whether somebody may have typed the beginning of a code or initials."""
    return key.isascii() and len(key) >= BEGINNINGS[0]
