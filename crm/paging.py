"""Keyset pages: a page costs the same however deep it lies."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, and the mark that the next page starts after; empty on the last one."""

    rows: list[Row]
    after: str
    is_first: bool


def keyset(queryset: QuerySet[Row], *, order: tuple[str, ...], after: str = "", size: int = PAGE) -> Page[Row]:
    """The rows after a mark. `order` names columns, `-` for descending, and ends in the primary key.

    A mark that makes no sense gives the first page: it came from an address somebody cut short.
    """
    values = _decode(after, order, queryset.model)
    if values is not None:
        queryset = queryset.filter(_beyond(order, values))
    rows = list(queryset.order_by(*order)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, _encode(rows[-1], order) if more else "", values is None)


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    """(a, b) after (x, y): a beyond x, or a equal x and b beyond y."""
    result, equal = Q(), Q()
    for column, value in zip(order, values, strict=True):
        name = column.lstrip("-")
        step = Q(**{f"{name}__lt" if column.startswith("-") else f"{name}__gt": value})
        result |= equal & step
        equal &= Q(**{name: value})
    return result


def _encode(row: Model, order: tuple[str, ...]) -> str:
    values = [getattr(row, column.lstrip("-")) for column in order]
    text = json.dumps([value.isoformat() if hasattr(value, "isoformat") else value for value in values])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(mark: str, order: tuple[str, ...], model: type[Model]) -> list[Any] | None:
    """The values of a mark, each as its column holds it; None when they are not such values."""
    try:
        values = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        names = (name.lstrip("-") for name in order)
        fields = (model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names)
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]  # type: ignore[union-attr]
    except (ValueError, TypeError, ValidationError):
        return None


COUNT_LIMIT = 1000


def capped_count(queryset: QuerySet[Any], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """How many rows, and whether there are more than the limit: counting stops there."""
    number = queryset.order_by().values("pk")[: limit + 1].count()
    return min(number, limit), number > limit
