"""A picture of rectangles as a PNG, by the standard library alone.

Nothing is in the file but its size, its colours and its pixels: no text, no date, no name. The same
rectangles make the same bytes. https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _BY_PALETTE = 8, 3
_AS_THEY_ARE = b"\x00"
"""Before each row: its pixels are not told by their difference from others."""


class Picture:
    """A canvas to put rectangles on.

    :param colours: each as ``#rrggbb``; the first is the ground.
    """

    def __init__(self, width: int, height: int, colours: Sequence[str]) -> None:
        self.width, self.height = width, height
        self._colours = list(colours)
        self._rows = [bytearray(width) for _ in range(height)]

    def fill(self, left: int, top: int, width: int, height: int, colour: str) -> None:
        """Fill a rectangle; what of it lies outside is left out."""
        right = max(left, min(left + width, self.width))
        for row in self._rows[max(top, 0) : max(top + height, 0)]:
            row[left:right] = bytes([self._colours.index(colour)]) * (right - left)

    def png(self) -> bytes:
        """Return the picture as a file."""
        head = struct.pack(">IIBBBBB", self.width, self.height, _EIGHT_BITS, _BY_PALETTE, 0, 0, 0)
        palette = bytes.fromhex("".join(self._colours).replace("#", ""))
        pixels = zlib.compress(b"".join(_AS_THEY_ARE + row for row in self._rows), 9)
        chunks = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
        return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
