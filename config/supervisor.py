"""Keeps the processes of one machine running: starts them, prefixes what they print, restarts them, stops them all."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STEADY_SECONDS = 30  # a process that lived this long starts again without delay
MAX_PAUSE = 30.0
STOP_SECONDS = 60
PR_SET_PDEATHSIG = 1


class AlreadyRunning(Exception):
    """Another copy of the product works on the same data."""


@contextlib.contextmanager
def only_copy(lock: Path):
    """Hold the lock file for as long as we run. The kernel lets go of it even after kill -9."""
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise AlreadyRunning(file.read().strip() or "?") from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _with_parent() -> None:
    """In the child: a session of its own, and SIGTERM when the supervisor dies (Linux)."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process to keep running."""

    name: str
    command: list[str]
    env: dict[str, str]
    ready: Callable[[], bool] | None = None
    last: bool = False  # stopped after the others, because they need it
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    fails: int = 0
    retry_at: float = 0.0


@dataclass
class Supervisor:
    """Runs children until it is told to stop. Start them from the main thread: PDEATHSIG is per thread."""

    out: IO[str] = field(default_factory=lambda: sys.stdout)
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, name: str, line: str) -> None:
        with self._lock:
            print(f"{name:>7} | {line}", file=self.out, flush=True)

    def start(self, child: Child, *, timeout: float = 30.0) -> None:
        """Start a child and, where it can say so, wait until it is ready. Raises TimeoutError."""
        self.children.append(child)
        self._spawn(child)
        deadline = time.monotonic() + timeout
        while child.ready and not child.ready():
            if self.stopping:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(child.name)
            self.tend()
            time.sleep(0.05)

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603  our own command lines
            child.command,
            env=child.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=_with_parent,
        )
        child.started = time.monotonic()
        threading.Thread(target=self._relay, args=(child.name, child.process.stdout), daemon=True).start()

    def _relay(self, name: str, stream: IO[str]) -> None:
        with contextlib.suppress(ValueError):
            for line in stream:
                self.say(name, line.rstrip())

    def tend(self) -> None:
        """Look after every child once: restart those that died, each after a pause that grows."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                # What the dead process left in its session would hold its port or its tasks.
                self._signal(child, signal.SIGKILL, group=True)
                child.process = None
                child.fails = 0 if now - child.started > STEADY_SECONDS else child.fails + 1
                pause = min(MAX_PAUSE, 0.5 * 2**child.fails) if child.fails else 0.5
                child.retry_at = now + pause
                self.say("up", f"{child.name} ended with {code}; starting it again in {pause:.1f} s")
            if child.process is None and now >= child.retry_at and not self.stopping:
                self._spawn(child)

    def run(self) -> None:
        """Tend the children until a signal asks to stop."""
        while not self.stopping:
            self.tend()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop everybody, in order, and leave no orphan."""
        self.stopping = True
        for late in (False, True):
            group = [child for child in self.children if child.last is late and child.process is not None]
            for child in group:
                self._signal(child, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            for child in group:
                self._await(child, deadline)

    def _await(self, child: Child, deadline: float) -> None:
        assert child.process is not None
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say("up", f"{child.name} does not stop; killing it")
        # Whatever the child left in its session goes too.
        self._signal(child, signal.SIGKILL, group=True)
        child.process.wait()

    def _signal(self, child: Child, number: int, *, group: bool = False) -> None:
        assert child.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            (os.killpg if group else os.kill)(child.process.pid, number)
