"""What was changed, in the words that people read: a label for a field, a unit for a figure. Pure functions."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from crm.choices import Basis, Source
from crm.fact_codes import NO_YEAR, UNIT_LABELS, YES_NO, YUAN, FactCode, kind_of
from crm.models import Contact, Firm
from crm.templatetags.show import figure, wan

FIGURE = re.compile(r"(\d+):(.+):(\w*):(\w+)")  # year, code, basis and source of a figure, as history names it
CONTACT = re.compile(r"contact(?::(.+):|\.)(\w+)")  # `contact:张三:phone`, or `contact.phone` where nobody is named
WORDS = {
    "absorbed": gettext_lazy("并入的企业"),
    "merged_into": gettext_lazy("并入企业"),
    "post": gettext_lazy("岗位"),
    "member": gettext_lazy("企业账号"),
    "mandate": gettext_lazy("代理授权"),
    "invitation": gettext_lazy("邀请"),
    "recognition": gettext_lazy("认定结果"),
    "right": gettext_lazy("知识产权"),
    "credential": gettext_lazy("资质"),
    "tag": gettext_lazy("标签"),
}


def field_words(name: str, model: type[Model] = Firm) -> str:
    """A field's name as people read it: of a row, of a figure with its year, basis and source, or of a contact."""
    if name in WORDS:
        return str(WORDS[name])
    if (of := FIGURE.fullmatch(name)) and (kind := kind_of(of[2])):
        return _figure_words(kind, *of.group(1, 3, 4))
    if of := CONTACT.fullmatch(name):
        return _("联系人") if of[2] == "name" else f"{of[1] or _('联系人')} {field_words(of[2], Contact)}"
    if name.startswith("former:"):
        return _("曾用名")
    column = _column(name, model)
    return str(column.verbose_name) if column else name


def is_figure(name: str) -> bool:
    """Whether history names a figure so."""
    return FIGURE.fullmatch(name) is not None


def _figure_words(kind: FactCode, year: str, basis: str, source: str) -> str:
    stated = [Basis(basis).label] if basis and basis in Basis.values else []
    words = [*([year] if int(year) != NO_YEAR else []), kind.label, *stated]
    origin = Source(source).label if source in Source.values else source
    return _("{figure}（{source}）").format(figure=" · ".join(map(str, words)), source=origin)


def value_words(name: str, value: str, model: type[Model] = Firm) -> str:
    """A value as people read it: money in 万元, a figure with its unit, the word of a list. Empty for nothing."""
    if value == "":
        return ""
    if (of := FIGURE.fullmatch(name)) and (kind := kind_of(of[2])):
        return figure_words(kind, value)
    if name == "capital_amount" and model is Firm:
        return _capital(value) if _is_number(value) else value
    choices = dict(getattr(_column(name, model), "flatchoices", None) or [])
    return str(choices.get(value, value))


def figure_words(kind: FactCode, value: str) -> str:
    """The value of a figure with its unit: 1,200.5 万元, 35 人, 是."""
    if not _is_number(value):
        return value
    if kind.unit == YUAN:
        return _("{number} 元").format(number=figure(value)) if _knows_no_wan() else f"{wan(value)} 万元"
    if kind.unit == YES_NO:
        return _("是") if Decimal(value) else _("否")
    return f"{figure(value)} {UNIT_LABELS[kind.unit]}"


def _capital(value: str) -> str:
    """Of any currency, which stands in a field of its own."""
    return figure(value) if _knows_no_wan() else f"{wan(value)} 万"


def _knows_no_wan() -> bool:
    return (get_language() or "").startswith("en")


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


def _column(name: str, model: type[Model]) -> Field[Any, Any] | None:
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None
