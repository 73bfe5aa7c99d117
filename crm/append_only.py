"""The database itself refuses to change history rows; migrations call this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SQLITE = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_update()
"""


def forbid_updates(table: str) -> tuple[Callable[[Any, Any], None], Callable[[Any, Any], None]]:
    """The two functions of a RunPython: put the trigger on the table, take it off again."""

    def put(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(_POSTGRES_FUNCTION, params=None)
            schema_editor.execute(_POSTGRES.format(table=table))
        else:
            schema_editor.execute(_SQLITE.format(table=table))

    def take_off(apps: Any, schema_editor: Any) -> None:
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_append_only{on}")

    return put, take_off
