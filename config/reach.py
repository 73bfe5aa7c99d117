"""Asks, before anything starts, whether what the environment names can be reached. One sentence when it cannot."""

from __future__ import annotations

import time
from collections.abc import Callable

from celery.utils.imports import symbol_by_name
from django.conf import settings
from django.db import DatabaseError, connections
from kombu import Connection

from config import env

VARIABLES = {"default": "DATABASE_URL", "replica": "DATABASE_REPLICA_URL"}
ANSWER_SECONDS = 5


def require_databases() -> None:
    """Raise ImproperlyConfigured for the first database that refuses a connection."""
    for alias, variable in VARIABLES.items():
        if alias in connections:
            _require(variable, "the database does not answer", lambda alias=alias: _connect(alias))  # type: ignore[misc]


def _connect(alias: str) -> None:
    connection = connections[alias]
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.close()
        return
    # Past the pool, which would go on trying and hide the reason.
    from psycopg import Error, connect

    try:
        connect(**connection.get_connection_params(), connect_timeout=ANSWER_SECONDS).close()
    except Error as error:
        raise DatabaseError(str(error)) from error


def require_broker() -> None:
    """Raise ImproperlyConfigured when a broker that is not our own stays silent."""
    if env.text("BROKER_URL"):
        _require("BROKER_URL", "the broker does not answer", _knock)


def _knock() -> None:
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=ANSWER_SECONDS) as connection:
        connection.ensure_connection(max_retries=1, timeout=ANSWER_SECONDS)


def require_scheduler() -> None:
    """Raise ImproperlyConfigured when CELERY_BEAT_SCHEDULER names no class; beat would fail for ever."""
    if name := env.text("CELERY_BEAT_SCHEDULER"):
        _require("CELERY_BEAT_SCHEDULER", "there is no such scheduler", lambda: symbol_by_name(name))


def _require(variable: str, trouble: str, attempt: Callable[[], object], *, tries: int = 3) -> None:
    """Try a few times: a server on the same machine may still be starting."""
    for number in range(1, tries + 1):
        try:
            attempt()
            return
        except Exception as error:
            if number == tries:
                reason = str(error).strip().splitlines() or [type(error).__name__]
                raise env.refuse(variable, env.text(variable), f"{trouble} ({reason[0].strip()}).") from error
        time.sleep(1)
