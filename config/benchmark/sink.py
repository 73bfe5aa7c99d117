"""A mail server that takes everything at once: `python -m config.benchmark.sink PORT FILE`.

It writes the Message-ID of each mail to FILE before it answers, so that what it took is known even after kill -9.
"""

from __future__ import annotations

import asyncio
import os
import sys


class Session(asyncio.Protocol):
    """One connection: the few commands that a mail needs."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.buffer = b""
        self.in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self._take_text() if self.in_text else self._take_line():
            pass

    def _take_line(self) -> bool:
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        self.buffer = rest
        word = line[:4].upper()
        if word == b"DATA":
            self.in_text = True
            self._say(b"354 go on")
        elif word == b"QUIT":
            self._say(b"221 bye")
            self.transport.close()
        else:
            self._say(b"250 ok")
        return True

    def _take_text(self) -> bool:
        text, found, rest = self.buffer.partition(b"\r\n.\r\n")
        if not found:
            return False
        self.buffer, self.in_text = rest, False
        os.write(self.file, _message_id(text) + b"\n")
        self._say(b"250 taken")
        return True

    def _say(self, line: bytes) -> None:
        self.transport.write(line + b"\r\n")  # type: ignore[attr-defined]


def _message_id(text: bytes) -> bytes:
    for line in text.split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.partition(b":")[2].strip()
        if not line:
            break
    return b"?"


async def serve(port: int, path: str) -> None:
    """Listen on loopback until the process is stopped; port 0 takes any that is free, and the first line names it."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    server = await asyncio.get_running_loop().create_server(lambda: Session(file), "127.0.0.1", port)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
