"""A small web server on this machine that takes what channels send and answers as a test tells it to."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpSink:
    """What arrived, and what to answer: a status, a body, a pause."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.status, self.answer, self.pause = 200, {}, 0.0
        self.port = 0

    def address(self, path: str = "group-key-1234") -> str:
        return f"json://127.0.0.1:{self.port}/{path}"

    def texts(self) -> list[str]:
        return [body["message"] for _path, body in self.got]


@contextlib.contextmanager
def http_sink() -> Iterator[HttpSink]:
    sink = HttpSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sink.got.append((self.path, json.loads(body)))
            time.sleep(sink.pause)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(sink.status)
                self.end_headers()
                self.wfile.write(json.dumps(sink.answer).encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
