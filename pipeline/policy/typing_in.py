"""What people type into a draft: numbers as they write them, days, the order of sources. Text in, content out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.choices import Source
from pipeline.policy.sources import number, shortest
from pipeline.policy.tables import COUNT, DAYS, PERSONS, POINTS, PRECEDENCE, RATIO, YEAR, YEARS, YUAN
from pipeline.policy.texts import STATUS_LABELS, Status
from pipeline.policy.words import listed

TEXT, DAY, STATUS, SOURCES, PAIR, PLAIN = "text", "day", "status", "sources", "pair", "plain"
LONGEST = 24  # digits and signs of a number
_TYPED = re.compile(r"(?P<number>-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?)(?P<scale>千|万|百万|亿)?(?P<mark>.*)", re.ASCII)
_PAIR = re.compile(r"(\d+)(?:[-–—~至](\d+))?分?", re.ASCII)
SCALES = {"": 0, "千": 3, "万": 4, "百万": 6, "亿": 8}
MARKS = {RATIO: "%", YUAN: "元", PERSONS: "人", COUNT: "项", POINTS: "分", DAYS: "天", YEARS: "年", YEAR: "年"}
ACCEPTED: dict[str, str | Promise] = {
    RATIO: gettext_lazy("可写 0.05 或 5%"),
    YUAN: gettext_lazy("可写 200000000、20000万元 或 2亿元"),
    PAIR: gettext_lazy("可写 12，或一段分值如 7–8"),
    DAY: gettext_lazy("写成 2026-01-31"),
    SOURCES: gettext_lazy("每类来源写一次，用顿号隔开，排在前面的优先"),
    STATUS: gettext_lazy("请从列表中选择"),
}
A_NUMBER = gettext_lazy("可写数字，例如 60")


class NotUnderstood(Exception):
    """What was typed cannot be read; its words say what is accepted."""


def accepted(kind: str) -> str:
    """What a field of this kind takes, in a few words; nothing where it takes any text."""
    return "" if kind == TEXT else str(ACCEPTED.get(kind, A_NUMBER))


def read_typed(kind: str, text: str) -> Any:
    """The content that a text stands for, in its canonical form. Raises NotUnderstood."""
    text = text.strip()
    if kind == TEXT:
        return text
    return READERS.get(kind, _figure)(kind, _tidy(text))


def shown(kind: str, value: Any) -> str:
    """Content as it stands in a field; read_typed takes it back to the same content."""
    if kind == SOURCES:
        return listed(Source(source).label for source in value or PRECEDENCE)
    if kind == PAIR and isinstance(value, list):
        return "–".join(map(str, value))
    found = number(value) if kind in MARKS else None
    if found is None:
        return "" if value is None else str(value)
    if kind == RATIO:
        return shortest(found * 100) + "%"
    return f"{found:,f}" if kind == YUAN else shortest(found)


def _tidy(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _refused(kind: str, text: str) -> NotUnderstood:
    return NotUnderstood(_("看不懂“{text}”：{accepted}").format(text=text, accepted=accepted(kind)))


def _figure(kind: str, text: str) -> str:
    found = _TYPED.fullmatch(text.replace("_", ""))
    if found is None or len(text) > LONGEST or found["mark"] not in ("", MARKS.get(kind, "")):
        raise _refused(kind, text)
    value = Decimal(found["number"].replace(",", ""))
    if found["scale"]:
        if kind != YUAN:
            raise _refused(kind, text)
        value = value.scaleb(SCALES[found["scale"]])
    if kind == RATIO:
        value = _ratio(value, found["mark"])
    return shortest(value)


def _ratio(value: Decimal, mark: str) -> Decimal:
    """5% is 0.05. A bare 5 may mean either 5% or 500%, so it is asked for again."""
    if mark:
        return value.scaleb(-2)
    if abs(value) > 1:
        form = _("“{text}”大于 1，分不清是百分数还是倍数；请写成 {percent}% 或 {times}%")
        raise NotUnderstood(form.format(text=value, percent=value, times=shortest(value * 100)))
    return value


def _pair(kind: str, text: str) -> str | list[str]:
    found = _PAIR.fullmatch(text)
    if found is None:
        raise _refused(kind, text)
    low, high = (end and str(int(end)) for end in found.groups())
    return [low, high] if high and high != low else low


def _day(kind: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotUnderstood(_("“{value}”不是日期；请写成 2026-01-31").format(value=text)) from None


def _status(kind: str, text: str) -> str:
    if text not in list(Status):
        raise _refused(kind, text)
    return text


def _sources(kind: str, text: str) -> list[str]:
    """The order of sources by their labels in either language, or by their codes."""
    codes = {_tidy(str(Source(code).label)): code for code in PRECEDENCE} | {code: code for code in PRECEDENCE}
    words = [word for word in re.split(r"[、,，;；]", text) if word]
    if unknown := [word for word in words if word not in codes]:
        known = listed(Source(code).label for code in PRECEDENCE)
        raise NotUnderstood(_("没有“{unknown}”这类来源；可写：{known}").format(unknown=listed(unknown), known=known))
    found = [codes[word] for word in words]
    if sorted(found) != sorted(PRECEDENCE):
        raise NotUnderstood(_("每类来源写且只写一次：{problem}").format(problem=_amiss(found)))
    return found


def _amiss(found: list[str]) -> str:
    missing, twice = set(PRECEDENCE) - set(found), {code for code in found if found.count(code) > 1}
    parts = [(_("缺少{sources}"), missing), (_("重复{sources}"), twice)]
    return listed(form.format(sources=_labels(codes)) for form, codes in parts if codes)


def _labels(codes: Iterable[str]) -> str:
    return listed(Source(code).label for code in PRECEDENCE if code in codes)


READERS = {PAIR: _pair, DAY: _day, STATUS: _status, SOURCES: _sources}
CHOICES = {STATUS: STATUS_LABELS}
