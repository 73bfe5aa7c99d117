"""Many rows in few statements. `bulk_create` spends ten times on objects and compilation what the database takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connection, models

MOST_VALUES = 30_000  # a statement; PostgreSQL takes 65,535
Prepare = Callable[[Any], Any]


def upsert(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str],
    update: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows, or bring those up to date whose `unique` columns are known; without `update` these stay.

    `names` are attributes of columns (`firm_id`), each row has their values in that order. Nothing is filled in: a
    column that must not be empty is named. No row may come twice. Returns the `returning` columns of what was written.
    """
    columns = [_field(model, name) for name in names]
    head, tail = _head(model, columns), _tail(model, unique, update, returning)
    shape = f"({', '.join(['%s'] * len(columns))})"
    prepare = [_preparer(column) for column in columns]
    found: list[tuple[Any, ...]] = []
    waiting = iter(rows)
    with connection.cursor() as cursor:
        size = _most_values() // len(columns)
        while block := list(islice(waiting, size)):
            values = [make(value) if make else value for row in block for make, value in zip(prepare, row, strict=True)]
            cursor.execute(f"{head} {', '.join([shape] * len(block))} {tail}", values)
            if returning:
                found += cursor.fetchall()
    return found


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if name in (field.name, field.attname))


def _quoted(columns: Iterable[models.Field[Any, Any]]) -> str:
    return ", ".join(connection.ops.quote_name(str(column.column)) for column in columns)


def _head(model: type[models.Model], columns: Sequence[models.Field[Any, Any]]) -> str:
    return f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({_quoted(columns)}) VALUES"


def _tail(model: type[models.Model], unique: Sequence[str], update: Sequence[str], returning: Sequence[str]) -> str:
    known = [_quoted([_field(model, name)]) for name in update]
    then = f"DO UPDATE SET {', '.join(f'{column} = EXCLUDED.{column}' for column in known)}" if known else "DO NOTHING"
    back = f" RETURNING {_quoted(_field(model, name) for name in returning)}" if returning else ""
    return f"ON CONFLICT ({_quoted(_field(model, name) for name in unique)}) {then}{back}"


def _most_values() -> int:
    if connection.vendor != "sqlite":
        return MOST_VALUES
    connection.ensure_connection()
    return min(MOST_VALUES, connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))


def _preparer(field: models.Field[Any, Any]) -> Prepare | None:
    """What makes of a value what the database takes; None where nothing needs to be done."""
    if isinstance(field, models.ForeignKey):
        return _preparer(field.target_field)
    if isinstance(field, models.JSONField):
        empty = {kind: field.get_db_prep_save(kind(), connection) for kind in (list, dict)}
        return lambda value: empty[type(value)] if not value and type(value) in empty else _prepared(field, value)
    if isinstance(field, models.DateField):
        return _repeating(field)
    if isinstance(field, models.DecimalField | models.FileField):
        return lambda value: None if value is None else _prepared(field, value)
    return None


def _repeating(field: models.Field[Any, Any]) -> Prepare:
    """Of instants it is mostly the same one in every row."""
    last: Any = None
    made: Any = None

    def prepare(value: Any) -> Any:
        nonlocal last, made
        if value is not last:
            last, made = value, _prepared(field, value)
        return made

    return prepare


def _prepared(field: models.Field[Any, Any], value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def attributes(names: Sequence[str], objects: Iterable[models.Model]) -> Iterable[tuple[Any, ...]]:
    """The rows of objects that exist anyway."""
    return map(attrgetter(*names), objects)
