"""Reads amounts as registers write them. Pure functions; the currency is kept, a missing unit is never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from crm.identifiers import Unreadable, blank, tidy

SCALES = {"千": Decimal(10**3), "万": Decimal(10**4), "百万": Decimal(10**6), "亿": Decimal(10**8)}
CURRENCIES = {
    "": "CNY",
    "人民币": "CNY",
    "美元": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "香港元": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "英镑": "GBP",
    "台币": "TWD",
    "新台币": "TWD",
    "澳门元": "MOP",
}
_AMOUNT = re.compile(
    r"^(?P<number>\d[\d,]*(?:\.\d+)?)"
    r"(?P<scale>百万|千|万|亿)?"
    r"(?P<currency>人民币|美元|香港元|港元|港币|欧元|日元|英镑|新台币|台币|澳门元)?"
    r"(?P<yuan>元)?(?P<after>人民币)?$"
)
_BRACKETS = str.maketrans("", "", "()（）[]【】 　")


@dataclass(frozen=True)
class Money:
    """An amount in whole units of its currency (yuan, dollars), never in 万."""

    amount: Decimal
    currency: str = "CNY"


def money(value: object, *, unit: str = "") -> Money | None:
    """Read `99(万)`, `1,500(万香港元)`, `50万人民币`, `500000元`; None when the cell says nothing.

    `unit` is what the column's header says (元, 万元, 亿元); without it a bare number is refused, because
    万元 and 元 differ by four noughts.
    """
    if blank(value):
        return None
    text = tidy(value).replace("，", ",").translate(_BRACKETS)
    found = _AMOUNT.match(text)
    if not found:
        raise Unreadable(_("金额“{value}”无法识别；请写成“100万元”或“100万美元”").format(value=value))
    named = found["currency"] or found["yuan"]
    scale = SCALES.get(found["scale"] or "") or (Decimal(1) if named else header_scale(unit))
    if scale is None:
        raise Unreadable(_("金额“{value}”没有写明是元还是万元；请在单元格或表头写明单位").format(value=value))
    amount = Decimal(found["number"].replace(",", "")) * scale
    return Money(amount.normalize() + 0, CURRENCIES[found["currency"] or ""])


HEADER_SCALES = {
    "元": Decimal(1),
    "千元": Decimal(10**3),
    "万": Decimal(10**4),
    "万元": Decimal(10**4),
    "百万元": Decimal(10**6),
    "亿": Decimal(10**8),
    "亿元": Decimal(10**8),
}


def header_scale(unit: str) -> Decimal | None:
    """How many yuan one unit of a column is: 元 → 1, 万元 → 10,000, 亿元 → 100,000,000; None when it says nothing."""
    return HEADER_SCALES.get(unit.strip())


def number(value: object) -> Decimal | None:
    """A plain figure: thousands commas and a percent sign are understood; None when the cell says nothing."""
    if blank(value):
        return None
    text = tidy(value).replace("，", ",").replace(",", "")
    try:
        found = Decimal(text.removesuffix("%").removesuffix("％"))
    except InvalidOperation:
        raise Unreadable(_("“{value}”不是数字；请只填数字").format(value=value)) from None
    if not found.is_finite():
        raise Unreadable(_("“{value}”不是数字；请只填数字").format(value=value))
    return found / 100 if text.endswith(("%", "％")) else found
