"""The tables are made once: every test database, and every installation that a test kills, is a copy of one template.

Making them takes longer than most test files do. A template belongs to one state of the migrations and of what they load.
On SQLite it is a file beside the test databases; on PostgreSQL a database that leaves with the test run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(settings.VAR) / "templates"


def copy_to(url: str) -> None:
    """A database at this address with all tables, whatever was there before."""
    with _turn():
        if url.startswith("sqlite"):
            _copy_file(_sqlite_template(), Path(_file(url)))
        else:
            _copy_database(_postgres_template(url), url)


def drop() -> None:
    """The PostgreSQL template leaves the server; files stay for the next run."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        with _turn():
            _on_server(url, f'DROP DATABASE IF EXISTS "{_template_name(url)}" WITH (FORCE)')


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """One process at a time: the first makes the template, the others find it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _state() -> str:
    """What the tables depend on, as a short name."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for pattern in ("*/migrations/*.py", "crm/data/*"):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _sqlite_template() -> Path:
    wanted = FOLDER / f"{_state()}.sqlite3"
    if not wanted.exists():
        for old in FOLDER.glob("*.sqlite3*"):
            old.unlink()
        begun = FOLDER / "begun.sqlite3"
        _migrate(f"sqlite:///{begun}")
        with contextlib.closing(sqlite3.connect(begun)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # one file alone is whole
        begun.rename(wanted)
    return wanted


def _copy_file(template: Path, target: Path) -> None:
    for leftover in target.parent.glob(f"{target.name}*"):
        if leftover.name in {target.name, f"{target.name}-wal", f"{target.name}-shm"}:
            leftover.unlink()
    with contextlib.closing(sqlite3.connect(template)) as source, contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")


def _template_name(url: str) -> str:
    return f"{urlsplit(os.environ.get('DATABASE_URL') or url).path.lstrip('/')}_template_{_state()}"


def _postgres_template(url: str) -> str:
    name = _template_name(url)
    if not _on_server(url, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        begun = f"{name}_begun"
        _on_server(url, f'DROP DATABASE IF EXISTS "{begun}" WITH (FORCE)', f'CREATE DATABASE "{begun}"')
        _migrate(_named(url, begun))
        _on_server(url, f'ALTER DATABASE "{begun}" RENAME TO "{name}"')
    return name


def _copy_database(template: str, url: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    _on_server(
        url,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{template}"',
    )


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _on_server(url: str, *statements: str) -> list[tuple]:
    """Run statements outside any database of ours; the rows of the last."""
    import psycopg

    rows: list[tuple] = []
    with psycopg.connect(_named(url, "postgres"), autocommit=True) as connection:
        for statement in statements:
            found = connection.execute(statement)
            rows = found.fetchall() if found.description else []
    return rows


def _migrate(url: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    env |= {"DATABASE_URL": url, "CACHE_URL": "locmem://", "VAR_DIR": str(FOLDER / "var")}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=600)
