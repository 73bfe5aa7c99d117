"""How long, how much, how many: the measuring tools of the benchmark."""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from django.db import connection
from django.test.utils import CaptureQueriesContext

MEBIBYTE = 2**20


@dataclass
class Peak:
    """Memory above what the process held at the beginning, in MiB."""

    mib: float = 0.0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """Watch this process's resident memory every few milliseconds."""
    gc.collect()
    process, peak = psutil.Process(), Peak()
    start, over = process.memory_info().rss, threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            peak.mib = max(peak.mib, (process.memory_info().rss - start) / MEBIBYTE)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()
        peak.mib = max(peak.mib, (process.memory_info().rss - start) / MEBIBYTE)


@dataclass
class Timing:
    """The times of several rounds, in milliseconds."""

    rounds: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.rounds)

    @property
    def p95(self) -> float:
        return sorted(self.rounds)[max(0, round(0.95 * len(self.rounds)) - 1)]


def timed(action: Callable[[], object], rounds: int, *, warm: int = 3) -> Timing:
    """Time an action after a few rounds that do not count."""
    for _ in range(warm):
        action()
    timing = Timing()
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        timing.rounds.append((time.perf_counter() - start) * 1000)
    return timing


def statements(action: Callable[[], object]) -> tuple[int, float]:
    """How many SQL statements an action needs, and the milliseconds they took."""
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured), sum(float(query["time"]) for query in captured) * 1000


def per_second(action: Callable[[], int]) -> tuple[float, int]:
    """Items a second of an action that returns how many items it did."""
    start = time.perf_counter()
    items = action()
    seconds = time.perf_counter() - start
    return (items / seconds if seconds else 0.0), items
