"""What a list is narrowed to, in words: one removable pill for each filter that is set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.show import day
from pipeline.filters.firms import DAYS, WORKDAYS

COMPANIONS = {"contact": "contact_days", "unknown": "unknown_year"}  # said in one pill, removed together


@dataclass(frozen=True)
class Pill:
    """One filter: its label, its value in words, and the address of the list without it."""

    name: str
    label: str
    words: str
    address: str


def pills(filterset: django_filters.FilterSet, query: QueryDict, *, unsaid: frozenset[str] = frozenset()) -> list[Pill]:
    """A pill for each field that is set, in the order of the form; a wrong value stands as it was typed. No query.

    `unsaid` are fields that the page shows elsewhere.
    """
    form = filterset.form
    form.is_valid()
    good: Mapping[str, Any] = getattr(form, "cleaned_data", {})
    found = []
    for name, field in form.fields.items():
        raw = query.get(name, "").strip()
        if not raw or name in unsaid or (name in COMPANIONS.values() and _whole(name, query)):
            continue
        words = _words(name, field, good) if good.get(name) not in (None, "") else raw
        found.append(Pill(name, str(field.label), words, _without(query, name)))
    return found


def _whole(companion: str, query: QueryDict) -> bool:
    """True where the field that the companion belongs to is set and says it."""
    return any(other == companion and query.get(name) for name, other in COMPANIONS.items())


def _without(query: QueryDict, name: str) -> str:
    left = query.copy()
    for gone in ("after", name, COMPANIONS.get(name, "")):
        left.pop(gone, None)
    return f"?{left.urlencode()}"


def _words(name: str, field: forms.Field, good: Mapping[str, Any]) -> str:
    value = good[name]
    if name == "contact" and (days := good.get("contact_days")):
        return _silence(value, days)
    if name == "ending":
        return ngettext("{n} 个月内", "{n} 个月内", value).format(n=value)
    if name == "imported":
        return _("第 {n} 次导入").format(n=value)
    if isinstance(field, forms.ChoiceField):
        words = _label(field, str(value))
        year = good.get("unknown_year") if name == "unknown" else None
        return _("{year} 年 {what}").format(year=year, what=words) if year else words
    return day(value) if isinstance(value, date) else str(value)


def _silence(unit: str, days: int) -> str:
    if unit == WORKDAYS:
        return ngettext("超过 {n} 个工作日未联系", "超过 {n} 个工作日未联系", days).format(n=days)
    if unit == DAYS:
        return ngettext("超过 {n} 天未联系", "超过 {n} 天未联系", days).format(n=days)
    return _("从未联系")


def _label(field: forms.ChoiceField, value: str) -> str:
    """The option's own words, behind its group's where there are groups."""
    choices: Iterable[Any] = field.choices  # type: ignore[assignment]  # called and listed by the field
    for key, label in choices:
        if isinstance(label, list | tuple):
            for inner, words in label:
                if str(inner) == value:
                    return _("{group}：{option}").format(group=key, option=words)
        elif str(key) == value:
            return str(label)
    return value
