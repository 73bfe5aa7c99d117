"""Keyset pages: a page costs the same however deep it lies."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import IntegerField, Model, Q, QuerySet, Subquery

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
    if values is not None and None in values:
        values = None
    if values is not None:
        queryset = queryset.filter(_beyond(order, values))
    rows = list(queryset.order_by(*order)[: size + 1])
    return _page(rows, order, size, values is None)


def keyset_nulls_last(
    queryset: QuerySet[Row], *, order: tuple[str, str], after: str = "", size: int = PAGE
) -> Page[Row]:
    """Like `keyset`, by a column that may be empty and the primary key: rows without a value come last either way.

    One query, and a second where the rows with a value do not fill the page: each walks the plain index, which
    serves both directions on SQLite and PostgreSQL alike; NULLS LAST would need an index of its own.
    """
    name, key = order[0].lstrip("-"), order[1]
    values = _decode(after, order, queryset.model)
    if values is not None and values[1] is None:
        values = None
    rows: list[Row] = []
    if values is None or values[0] is not None:
        stated = queryset.filter(**{f"{name}__isnull": False})
        stated = stated if values is None else stated.filter(_beyond(order, values))
        rows = list(stated.order_by(*order)[: size + 1])
    if len(rows) <= size:
        empty = queryset.filter(**{f"{name}__isnull": True})
        if values is not None and values[0] is None:
            empty = empty.filter(_beyond((key,), values[1:]))
        rows += list(empty.order_by(key)[: size + 1 - len(rows)])
    return _page(rows, order, size, values is None)


def _page(rows: list[Row], order: tuple[str, ...], size: int, is_first: bool) -> Page[Row]:
    """The rows but for the one that says there are more."""
    shown = rows[:size]
    return Page(shown, _encode(shown[-1], order) if len(rows) > size else "", is_first)


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


class CappedCount(Subquery):
    """How many rows there are, up to a limit and one more: asked for with the rows of a page, in their statement."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, queryset: QuerySet[Any], limit: int = COUNT_LIMIT) -> None:
        super().__init__(queryset.order_by().values("pk")[: limit + 1])


def capped_count(queryset: QuerySet[Any], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """How many rows, and whether there are more than the limit: counting stops there."""
    number = queryset.order_by().values("pk")[: limit + 1].count()
    return min(number, limit), number > limit
