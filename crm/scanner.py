"""The virus scanner: none, or a clamd that is reached over the network. A silent scanner never stops an upload."""

from __future__ import annotations

import logging
import socket
import struct
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import File

from crm.choices import ScanState

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
SECONDS = 20
LONGEST_ANSWER = 4096


class Scanner(Protocol):
    def scan(self, file: File) -> ScanState:
        """What the file is; WAITING when nobody could tell now. The file is left at its beginning."""


class NoScanner:
    """No scanner is set up: files are kept and said to be unscanned."""

    def scan(self, file: File) -> ScanState:
        return ScanState.UNSCANNED


class ClamdScanner:
    """Speaks clamd's INSTREAM: length-prefixed chunks, an empty one, then one line of answer."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)

    def scan(self, file: File) -> ScanState:
        try:
            answer = self._ask(file)
        except OSError as error:
            logger.warning("virus scanner %s:%s not reached: %s", *self.address, error)
            return ScanState.WAITING
        finally:
            file.seek(0)
        if answer.endswith("FOUND"):
            logger.warning("virus scanner: %s", answer)
            return ScanState.INFECTED
        if answer.endswith("OK"):
            return ScanState.CLEAN
        logger.warning("virus scanner answered %r", answer)
        return ScanState.WAITING

    def _ask(self, file: File) -> str:
        file.seek(0)
        with socket.create_connection(self.address, timeout=SECONDS) as line:
            line.sendall(b"zINSTREAM\0")
            while chunk := file.read(CHUNK):
                line.sendall(struct.pack("!L", len(chunk)) + chunk)
            line.sendall(struct.pack("!L", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (got := line.recv(1024)):
                answer += got
        return answer.strip(b"\0\n ").decode(errors="replace")


def scanner() -> Scanner:
    """The scanner of this installation, as VIRUS_SCANNER says."""
    parts = urlsplit(settings.VIRUS_SCANNER)
    if not parts.hostname:
        return NoScanner()
    return ClamdScanner(parts.hostname, parts.port or 3310)
