"""Many times the same city: a loaded one is copied inside the database, for sizes that no ORM fills in an hour."""

from __future__ import annotations

from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import F, Max

from crm.models import Fact, Firm
from crm.services.search import heal_search
from pipeline.choices import TallyKind
from pipeline.models import Application, CountCell, Deadline, Recognition, StageEvent, Tallied

LOADED = 10_000  # firms that are made one by one; more come as copies of these
MOST_COPIES = 500  # the numbers behind belong to the firms that jobs bring along
COPIED: tuple[type[models.Model], ...] = (Firm, Application, StageEvent, Recognition, Deadline, Tallied)
FIRM_ENDING = "有限公司"
# What must not be the same twice. A copied code carries the copy's number where the division stands.
OWN = {
    (Firm, "credit_code"): "substr(credit_code, 1, 2) || '45{number:04d}' || substr(credit_code, 9)",
    (Firm, "name"): f"replace(name, '{FIRM_ENDING}', '{{number}}厂{FIRM_ENDING}')",
    (Firm, "name_key"): f"replace(name_key, '{FIRM_ENDING}', '{{number}}厂{FIRM_ENDING}')",
    (Application, "reference"): "reference || '-{number}'",
    (Deadline, "key"): "key || ':{number}'",
}
Strides = dict[type[models.Model], int]


def copy_city(copies: int, *, figures: bool) -> None:
    """Add so many copies of every firm with its history, and its yearly figures where wanted. Counts follow."""
    tables: list[type[models.Model]] = [*COPIED, Fact] if figures else [*COPIED]
    strides = {model: _last_key(model) for model in tables}
    for number in range(1, copies + 1):
        for model in tables:
            _copy(model, number, strides)
    CountCell.objects.update(amount=F("amount") * (copies + 1))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
    heal_search()


def _last_key(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0


def _quoted(field: models.Field[Any, Any]) -> str:
    return connection.ops.quote_name(field.column or "")


@transaction.atomic
def _copy(model: type[models.Model], number: int, strides: Strides) -> None:
    table, fields = connection.ops.quote_name(model._meta.db_table), model._meta.concrete_fields
    columns = ", ".join(_quoted(field) for field in fields)
    values = ", ".join(_value(model, field, number, strides) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id <= {strides[model]}"  # noqa: S608
        )


def _value(model: type[models.Model], field: models.Field[Any, Any], number: int, strides: Strides) -> str:
    """A column of the copy: keys move on by a stride, what must be unique gets the number, all else is the same."""
    column = _quoted(field)
    if (own := OWN.get((model, field.name))) is not None:
        return own.format(number=number)
    if model is Tallied and field.name == "object_id":
        return f"CASE WHEN kind = '{TallyKind.FIRM}' THEN {column} + {number * strides[Firm]} ELSE {column} END"
    of = model if field.primary_key else field.related_model
    return f"{column} + {number * strides[of]}" if of in strides else column
