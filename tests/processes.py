"""Starts the real product in processes of its own, on data of its own, so that a test may kill them."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from django.conf import settings

from tests import templates

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


class Product:
    """One installation: a folder, a database, an environment."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE"}}
        self.env = clean | {"VAR_DIR": str(folder), "PYTHONUNBUFFERED": "1"} | env

    def manage(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.env | env, capture_output=True, text=True, timeout=120, check=False
        )

    def migrate(self) -> None:
        """An empty database with all tables."""
        templates.copy_to(self.env["DATABASE_URL"])

    def start(self, *command: str, **env: str) -> Process:
        return Process([sys.executable, *command], self.env | env)

    def ask(self, code: str) -> str:
        """What a line of Python inside the installation prints."""
        done = self.manage("shell", "-v", "0", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Process:
    """A running process whose lines a test can wait for."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def all_lines(self) -> list[str]:
        """Every line of a process that has ended."""
        self._reader.join(10)
        return self.lines

    def _read(self) -> None:
        for line in self.popen.stdout or ():
            self.lines.append(line.rstrip())

    def wait_line(self, text: str, seconds: float = 60) -> None:
        def seen() -> bool:
            assert self.popen.poll() is None or any(text in line for line in self.lines), "\n".join(self.lines)
            return any(text in line for line in self.lines)

        wait_for(seen, seconds, f"the line {text!r}")

    def family(self) -> list[psutil.Process]:
        try:
            own = psutil.Process(self.popen.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill_group(self) -> None:
        """kill -9 for the process and everything in its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(10)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 70) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.popen.send_signal(number)
        return self.popen.wait(seconds)


def alive(processes: list[psutil.Process]) -> list[str]:
    """Those of the processes that still run."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


@contextlib.contextmanager
def database_url(folder: Path) -> Iterator[str]:
    """A database of its own on the same kind of server as the test suite's."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    import psycopg

    parts = urlsplit(given)
    name = f"cultivar_{uuid.uuid4().hex[:12]}"
    server = given.replace(parts.path, "/postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield given.replace(parts.path, f"/{name}")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def count(url: str, statement: str) -> int:
    """The number that a statement gives, asked without starting the product: a poll must be quicker than the work."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5)) as connection:
            return connection.execute(statement).fetchone()[0]
    import psycopg

    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchone()[0]


class Sink(MessageHandler):
    """A mail server that takes everything and remembers the mails and their Message-IDs in order."""

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.mails: list[Message] = []
        self.pause = pause

    def handle_message(self, message) -> None:
        time.sleep(self.pause)
        self.ids.append(message["Message-ID"])
        self.mails.append(message)


@contextlib.contextmanager
def smtp_sink(pause: float = 0.0) -> Iterator[tuple[Sink, str]]:
    """A local mail server; gives the sink and the EMAIL_URL to it."""
    sink, port = Sink(pause), free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def broker_env() -> dict[str, str]:
    """The Redis that the suite was given, or none: then the product starts its own."""
    return {"BROKER_URL": settings.REAL_BROKER_URL} if settings.REAL_BROKER_URL else {}
