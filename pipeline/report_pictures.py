"""Bars as PNG pictures, drawn byte by byte. Names and numbers stand beside them as text: no font is needed. Pure.

Grey, so that they print in black and white. Every bar is drawn to the scale of its own target, and the line at 100 %
stands in the same place in all of them.
"""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 480, 32  # pixels
MOST = 150  # per cent at the right end; what is longer ends in a gap and an edge
WHITE, PAPER, GREY, BLACK = 255, 235, 120, 0
MARGIN = 5  # pixels above and below the bar
LINE = 3


def bar_picture(share: int) -> bytes:
    """A bar of so many per cent of its target."""
    edge, inside = _row(share, middle=False), _row(share, middle=True)
    return _png([edge] * MARGIN + [inside] * (HEIGHT - 2 * MARGIN) + [edge] * MARGIN)


def _row(share: int, *, middle: bool) -> bytes:
    row = bytearray([WHITE] * WIDTH)
    line = WIDTH * 100 // MOST
    if middle:
        row[:line] = bytes([PAPER]) * line
        length = min(max(share, 0) * WIDTH // MOST, WIDTH)
        row[:length] = bytes([GREY]) * length
        if share > MOST:
            row[WIDTH - 12 : WIDTH - 6] = bytes([WHITE]) * 6
    row[line - LINE : line] = bytes([BLACK]) * LINE
    return bytes(row)


def _png(rows: list[bytes]) -> bytes:
    """Eight bits of grey a pixel, no filter (PNG, third edition, 11.2)."""
    head = struct.pack(">IIBBBBB", WIDTH, len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, data) for name, data in parts)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
