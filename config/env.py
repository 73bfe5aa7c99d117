"""Reads the environment. Every helper refuses a bad value with one sentence that names the variable and the remedy."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# The longest path a Unix socket address can hold; redis-server truncates a longer one without a word.
SOCKET_PATH_MAX = 107
PASSWORD = re.compile(r"(://[^/:@]*:).*@")
# A name, a pattern such as .example.cn, or an address; never a scheme, a port or a path.
HOST = re.compile(r"\*|\.?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def refuse(name: str, value: str, remedy: str) -> ImproperlyConfigured:
    """The error that stops the start: which variable, what it held, what to write instead."""
    shown = PASSWORD.sub(r"\1***@", value)
    return ImproperlyConfigured(f"{name}={shown!r} cannot be used: {remedy}")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    value = text(name)
    if not value:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise refuse(name, value, "write 1 or 0.")


def whole_number(name: str, default: int, *, least: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise refuse(name, value, f"write a whole number, {least} or more.")
    return int(value)


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names separated by commas."""
    found = [word.strip() for word in text(name).split(",") if word.strip()] or default
    for host in found:
        if not HOST.fullmatch(host):
            raise refuse(name, host, "write host names without scheme, port or path, separated by commas.")
    return found


def split(name: str, value: str) -> SplitResult:
    """The parts of an address whose brackets and port make sense."""
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise refuse(name, value, f"this is no address ({error}).") from None
    try:
        _ = parts.port
    except ValueError:
        raise refuse(name, value, "the port is not a number up to 65535.") from None
    return parts


def writable(name: str, value: str, folder: Path) -> Path:
    """The folder, made where it is missing; refused where nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise refuse(name, value, f"the folder cannot be made or written ({error.strerror}).") from error
    return folder


def secret_key(var: Path) -> str:
    """SECRET_KEY, else a random one kept in a private file, so that a restart keeps the sessions."""
    if value := text("SECRET_KEY"):
        if len(value) < 32:
            raise refuse("SECRET_KEY", "…", "use at least 32 random characters.")
        return value
    file = var / "secret_key"
    if not file.exists():
        # Two processes may start at once: the one that links first wins, the other reads its key.
        draft = var / f"secret_key.{os.getpid()}"
        draft.write_text(secrets.token_urlsafe(50))
        draft.chmod(0o600)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()


def var_directory(default: Path) -> Path:
    """Where the database, the files and the embedded Redis live."""
    value = text("VAR_DIR", str(default))
    return writable("VAR_DIR", value, Path(value).expanduser().resolve())


SQLITE_OPTIONS = {
    "timeout": 20,
    # A transaction that reads first and writes later must not find the file locked: it takes the lock at BEGIN.
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;"
        "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;PRAGMA temp_store=MEMORY;"
    ),
}


def database(name: str, default: str) -> dict:
    """A Django DATABASES entry from sqlite:///path or postgres://user:password@host:port/name."""
    value = text(name, default)
    scheme = split(name, value).scheme
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise refuse(name, value, "write sqlite:////path/to/file or postgres://user:password@host:5432/name.")
    entry = dict(environ.Env.db_url_config(value))
    if not entry.get("NAME") or value.endswith("/"):
        raise refuse(name, value, "the database name is missing after the last slash.")
    if scheme == "sqlite":
        if not Path(entry["NAME"]).parent.is_dir():
            raise refuse(name, value, "the folder of the file does not exist.")
        return entry | {"OPTIONS": dict(SQLITE_OPTIONS), "CONN_MAX_AGE": None}
    pool = {"min_size": 1, "max_size": 6, "timeout": 20}
    # With a pool, connections must not also be kept per thread.
    return entry | {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "OPTIONS": {"pool": pool}}


def redis_socket(var: Path) -> Path:
    """The embedded Redis listens here and nowhere else."""
    socket = var / "redis" / "redis.sock"
    if len(str(socket)) <= SOCKET_PATH_MAX:
        return socket
    short = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return short / f"cultivar-{hashlib.sha256(str(var).encode()).hexdigest()[:12]}" / "redis.sock"


def checked_url(name: str, default: str, schemes: set[str], example: str) -> str:
    value = text(name, default)
    parts = split(name, value)
    if parts.scheme not in schemes or not (parts.netloc or parts.path or parts.scheme in {"locmem", "memory"}):
        raise refuse(name, value, f"write for example {example}.")
    if parts.scheme in {"redis", "rediss"} and not parts.path.strip("/").isdecimal() and parts.path.strip("/"):
        raise refuse(name, value, "the number of the Redis database is not a number.")
    return value


def broker(socket: Path) -> str:
    return checked_url(
        "BROKER_URL",
        f"redis+socket://{socket}?virtual_host=0",
        {"redis", "rediss", "redis+socket", "amqp", "amqps", "memory"},
        "redis://127.0.0.1:6379/0 or amqp://user:password@host:5672//",
    )


def cache(socket: Path) -> dict:
    """The cache may vanish at any moment and the product goes on, only slower."""
    value = checked_url(
        "CACHE_URL", f"unix://{socket}?db=2", {"redis", "rediss", "unix", "locmem"}, "redis://127.0.0.1:6379/1"
    )
    if value.startswith("locmem"):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "cultivar"}
    return {"BACKEND": "config.cache.FailOpenRedisCache", "LOCATION": value}


def email() -> dict:
    """Django's EMAIL_ settings. Unset, mails land on the product's own page and nothing leaves the machine."""
    value = text("EMAIL_URL")
    if not value:
        return {"EMAIL_BACKEND": "notifications.backends.MailboxBackend"}
    value = checked_url(
        "EMAIL_URL", "", {"smtp", "smtps", "smtp+tls", "mailbox"}, "smtp+tls://user:password@mail.example.cn:587"
    )
    parts = urlsplit(value)
    if parts.scheme == "mailbox":
        return {"EMAIL_BACKEND": "notifications.backends.MailboxBackend"}
    if not parts.hostname:
        raise refuse("EMAIL_URL", value, "the host of the mail server is missing.")
    return {
        "EMAIL_BACKEND": "notifications.backends.SmtpBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp+tls": 587}.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


def files(var: Path) -> dict:
    """The private file storage: a folder, or an S3-compatible bucket where django-storages is installed."""
    value = text("FILES_URL", f"file://{var / 'files'}")
    parts = split("FILES_URL", value)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        folder = writable("FILES_URL", value, Path(unquote(parts.path)))
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    if parts.scheme in {"s3", "s3+http", "s3+https"}:
        return _bucket(value)
    raise refuse("FILES_URL", value, "write file:///path or s3://key:secret@host/bucket.")


def _bucket(value: str) -> dict:
    parts = urlsplit(value)
    bucket = parts.path.strip("/")
    if not (parts.hostname and bucket):
        raise refuse("FILES_URL", value, "write s3://key:secret@host/bucket.")
    try:
        import storages  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        raise refuse("FILES_URL", value, "S3 needs the package: pip install 'django-storages[s3]'.") from None
    protocol = "http" if parts.scheme == "s3+http" else "https"
    port = f":{parts.port}" if parts.port else ""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": f"{protocol}://{parts.hostname}{port}",
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "default_acl": "private",
            "querystring_auth": True,
        },
    }


def virus_scanner() -> str:
    """clamd://host:port, or nothing."""
    value = text("VIRUS_SCANNER")
    if not value:
        return ""
    value = checked_url("VIRUS_SCANNER", "", {"clamd"}, "clamd://127.0.0.1:3310")
    parts = urlsplit(value)
    if not parts.hostname or not parts.port or parts.path or parts.query or parts.username:
        raise refuse("VIRUS_SCANNER", value, "write host and port alone, for example clamd://127.0.0.1:3310.")
    return value


def site_url() -> str:
    example = "https://yuqi.example.gov.cn"
    value = checked_url("SITE_URL", "http://127.0.0.1:8000", {"http", "https"}, example).rstrip("/")
    parts = urlsplit(value)
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        raise refuse("SITE_URL", value, f"write scheme and host alone, for example {example}.")
    return value


def directories(name: str) -> list[Path]:
    """Folders separated by a colon (a semicolon on Windows); each must exist."""
    found = [Path(part).expanduser() for part in text(name).split(os.pathsep) if part.strip()]
    for folder in found:
        if not folder.is_dir():
            raise refuse(name, str(folder), "there is no such folder.")
    return found


def executable(name: str) -> str:
    value = text(name)
    if value and not (os.path.isfile(value) and os.access(value, os.X_OK)):
        raise refuse(name, value, "there is no program at this path.")
    return value
