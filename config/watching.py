"""The watch of one machine: a thread of the supervisor, because it must not depend on the queue it looks at."""

from __future__ import annotations

import threading

from django.db import connections

EVERY_SECONDS = 60


class Watcher(threading.Thread):
    """Looks each minute whether the queue moves, until the process ends."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="watch", daemon=True)
        self.every = every
        self.stopping = threading.Event()

    def run(self) -> None:
        from notifications.watch import watch_quietly

        while not self.stopping.wait(self.every):
            watch_quietly()
            connections.close_all()
