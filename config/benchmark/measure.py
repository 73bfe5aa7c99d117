"""How long, how much, how many: the measuring tools of the benchmark."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass
class Peak:
    """Memory above what the process held at the beginning, in MiB."""

    mib: float = 0.0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """The highest resident memory of this process meanwhile, as the kernel keeps it; 0 where it does not."""
    gc.collect()
    if sys.platform == "linux":
        # What earlier jobs have freed goes back first, or it would hide what this one needs.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    start, peak = _high_water(reset=True), Peak()
    try:
        yield peak
    finally:
        peak.mib = max(0.0, _high_water() - start)


def _high_water(*, reset: bool = False) -> float:
    """The mark of this process's highest resident memory in MiB; with `reset` it starts anew from what is held now."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


@dataclass
class Timing:
    """The times of several rounds, in milliseconds."""

    rounds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # without what other programs took meanwhile

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
        start, worked = time.perf_counter(), time.process_time()
        action()
        timing.rounds.append((time.perf_counter() - start) * 1000)
        timing.processor.append((time.process_time() - worked) * 1000)
    return timing


def statements(action: Callable[[], object]) -> tuple[int, float]:
    """How many SQL statements an action needs, and the milliseconds they took."""
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured), sum(float(query["time"]) for query in captured) * 1000


@contextmanager
def counted_statements() -> Iterator[list[int]]:
    """A list of one number that grows with each SQL statement; it keeps none of them, so that a long job can use it."""
    seen = [0]

    def count(execute: Any, *arguments: Any) -> Any:
        seen[0] += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        yield seen


def per_second(action: Callable[[], int]) -> tuple[int, float, float]:
    """How many items an action says it did, those a second, and those a second of this process's own work."""
    start, worked = time.perf_counter(), time.process_time()
    items = action()
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    return items, items / max(seconds, 1e-9), items / max(worked, 1e-9)
