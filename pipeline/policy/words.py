"""Numbers as people read them: decimal strings, money, amounts with their unit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pipeline.policy.tables import COUNT, DAYS, PERSONS, POINTS, RATIO, YEAR, YEARS, YUAN
from pipeline.policy.texts import speaks_english
from pipeline.rules import Number, size

PLACES = 6
WAN, YI = 10_000, 100_000_000

FORMS: dict[str, str | Promise] = {
    PERSONS: gettext_lazy("{number} 人"),
    COUNT: gettext_lazy("{number} 项"),
    POINTS: gettext_lazy("{number} 分"),
    DAYS: gettext_lazy("{number} 天"),
    YEARS: gettext_lazy("{number} 年"),
    YEAR: gettext_lazy("{number}年"),
}


def decimal_text(value: Number, beside: Number | None = None) -> str:
    """A decimal string. What does not end within six places is cut so that it stays on its own side of `beside`."""
    if isinstance(value, int):
        return str(value)
    scaled = value * 10**PLACES
    cut = scaled.numerator // scaled.denominator
    if scaled.denominator != 1:
        cut += round(scaled - cut) if beside is None else value > beside
    return from_millionths(cut)


def from_millionths(millionths: int) -> str:
    text = f"{Decimal(millionths).scaleb(-PLACES):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: Number) -> str:
    """1234567.5 → 1,234,567.5"""
    return f"{Decimal(decimal_text(value)):,f}"


def money(value: Number) -> str:
    """Yuan in the unit that officers use: 9,500 元, 38.6 万元, 2 亿元. Nothing is rounded; English knows no 万."""
    if speaks_english():
        return _("{number} 元").format(number=grouped(value))
    if size(value) >= YI and value % (YI // 100) == 0:
        return _("{number} 亿元").format(number=grouped(Fraction(value, YI)))
    if size(value) >= WAN:
        return _("{number} 万元").format(number=grouped(Fraction(value, WAN)))
    return _("{number} 元").format(number=grouped(value))


def listed(items: Iterable[object]) -> str:
    """Items in a row: 甲、乙."""
    return _("、").join(map(str, items))


def joined(sentences: Iterable[str]) -> str:
    """Clauses in a row: 甲；乙."""
    return _("；").join(sentences)


def amount_text(value: Number, unit: str) -> str:
    """A value with its unit, for a sentence."""
    if unit == YUAN:
        return money(value)
    if unit == RATIO:
        return f"{grouped(value * 100)}%"
    shown = decimal_text(value) if unit == YEAR else grouped(value)
    return str(FORMS[unit]).format(number=shown) if unit in FORMS else shown
