"""How values look on every page: days, moments, figures and money. Pure, and the same in mails."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from lucide.templatetags.lucide import lucide

register = template.Library()

WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


@register.filter
def day(value: Any) -> str:
    """11月22日 this year, 2025-11-22 otherwise; empty for nothing."""
    if not isinstance(value, date):
        return ""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    if value.year != timezone.localdate().year:
        return value.isoformat()
    return date_format(value, pgettext("date format of a day this year", "n月j日"))


@register.filter
def due_day(value: Any) -> str:
    """The day with its weekday, where a deadline is meant: 11月27日 周五."""
    if not isinstance(value, date):
        return ""
    return _("{day} {weekday}").format(day=day(value), weekday=WEEKDAYS[value.weekday()])


@register.filter
def moment(value: Any) -> str:
    """The local day and minute: 11月22日 09:30."""
    if not isinstance(value, datetime):
        return ""
    return f"{day(value)} {timezone.localtime(value):%H:%M}"


@register.filter
def figure(value: Any, decimals: int | None = None) -> str:
    """A figure with thousands commas and no needless noughts; an em dash for nothing."""
    if value is None or value == "":
        return "—"
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-int(decimals)), ROUND_HALF_UP)
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def wan(value: Any) -> str:
    """Yuan as 万元, up to four decimals."""
    if value is None or value == "":
        return "—"
    return figure(Decimal(str(value)) / 10000, 4)


@register.filter
def percent(value: Any) -> str:
    """A ratio (0–1, or above) as per cent with at most one decimal."""
    if value is None or value == "":
        return "—"
    return figure(Decimal(str(value)) * 100, 1) + "%"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A dictionary's value by a variable key; None where there is none."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag
def icon(name: str, size: int = 16) -> str:
    """One icon, hidden from screen readers: the word beside it says what it means."""
    return _icon(str(name), size)


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> str:
    return lucide(name, size=size, **{"aria-hidden": "true", "class": "icon"})


@register.simple_tag(takes_context=True)
def link_with(context: dict[str, Any], **changes: Any) -> str:
    """The current address with some query parameters changed; an empty value removes one."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = value
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else context["request"].path
