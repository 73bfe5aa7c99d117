"""A database that is away for a moment, or locked by somebody else, is asked again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds before each further try
AWAY = (OperationalError, InterfaceError)
Answer = TypeVar("Answer")


def patiently(action: Callable[[], Answer]) -> Answer:
    """What `action` gives, tried again over a new connection while the database is away or locked.

    It must be harmless to do twice. Inside a transaction there is one try only: what came before it is lost anyhow.
    """
    for pause in PAUSES:
        try:
            return action()
        except AWAY as error:
            if connection.in_atomic_block:
                raise
            logger.warning("the database is away, asking again in %s s: %s", pause, error)
            connection.close()
            time.sleep(pause)
    return action()
