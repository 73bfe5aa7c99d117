"""The statements that run for every single mail: settle the row before, note it, and mark the next as being sent.

Written out, because the ORM would take as long to compile them as the mail to leave. They are one transaction: on
PostgreSQL one statement, which it parses and plans once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from notifications.models import Delivery, Message

Values = dict[str, Any]
LEASE = Message._meta.get_field("lease")
MESSAGES, DELIVERIES = Message._meta.db_table, Delivery._meta.db_table
OURS = f"{MESSAGES} WHERE id = %(row)s AND lease = %(lease)s AND state = 'sending'"
NOTE = (  # one line of history for each attempt
    f"INSERT INTO {DELIVERIES} (message_id, at, outcome, detail) "  # noqa: S608  names of our own tables
    "SELECT id, %(now)s, %(state)s, %(detail)s FROM "
)
SETTLE = (
    f"UPDATE {MESSAGES} SET state = %(state)s, error = %(error)s, lease = NULL, leased_until = NULL, swept = 0, "  # noqa: S608
    "send_after = COALESCE(%(send_after)s, send_after), sent_at = COALESCE(%(sent_at)s, sent_at) "
    "WHERE id = %(row)s AND lease = %(lease)s AND state = 'sending'"
)
MARK = (
    f"UPDATE {MESSAGES} SET state = 'sending', leased_until = %(until)s, attempts = attempts + 1 "  # noqa: S608
    "WHERE id = %(next)s AND lease = %(lease)s AND state = 'leased' AND leased_until >= %(now)s"
)
SETTLED = f"WITH settled AS ({SETTLE} RETURNING id), noted AS ({NOTE} settled) "


def write_down(settled: Values, marked: Values) -> bool:
    """Settle one row and mark another, either of which may be missing. True when the other was marked: it was ours."""
    values = settled | marked
    if connection.vendor == "postgresql":
        return _at_once(f"{SETTLED if settled else ''}{MARK if marked else 'SELECT FROM settled WHERE false'}", values)
    statements = [NOTE + OURS, SETTLE] if settled else []
    with transaction.atomic(), connection.cursor() as cursor:
        prepared = {name: _prepared(value) for name, value in values.items()}
        for sql in [*statements, MARK] if marked else statements:
            cursor.execute(sql, prepared)
        return bool(marked) and cursor.rowcount == 1


def _at_once(sql: str, values: Values) -> bool:
    """By the driver itself: Django's cursors send a statement as text, to be planned each time anew."""
    import psycopg

    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql, values, prepare=True).rowcount == 1


def _prepared(value: Any) -> Any:
    """A value as the database in use keeps it."""
    if isinstance(value, UUID):
        return LEASE.get_db_prep_value(value, connection)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


@contextmanager
def quick_marks() -> Iterator[None]:
    """Let PostgreSQL keep its plans, and answer before its disk does, as SQLite here does too.

    Who is killed loses nothing by it. Only when PostgreSQL itself crashes, or its machine loses power, the marks of the
    last half second are forgotten, and the mails behind them sent a second time.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    driver = connection.connection
    usual, driver.prepare_threshold = driver.prepare_threshold, 0
    try:
        yield
    finally:
        driver.prepare_threshold = usual
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
