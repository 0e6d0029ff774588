"""A PNG as a test reads it, by the book and without our own writer; and nights to draw."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import date, timedelta

from airflow_provider_procore_xero.ledger.nights import DOCUMENTS, Night
from airflow_provider_procore_xero.notifications.chart_picture import Chart, chart_of

LAST = date(2026, 11, 22)


class Pixels:
    """What a picture by palette, whose rows are as they are, shows at each place."""

    def __init__(self, png: bytes) -> None:
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        self.chunks: dict[bytes, bytes] = {}
        rest = png[8:]
        while rest:
            length, kind = struct.unpack(">I4s", rest[:8])
            data, check = rest[8 : 8 + length], rest[8 + length : 12 + length]
            assert struct.unpack(">I", check) == (zlib.crc32(kind + data),)
            self.chunks[kind] = data
            rest = rest[12 + length :]
        head = struct.unpack(">IIBBBBB", self.chunks[b"IHDR"])
        self.width, self.height = head[:2]
        assert head[2:] == (8, 3, 0, 0, 0)
        flat = zlib.decompress(self.chunks[b"IDAT"])
        assert len(flat) == self.height * (self.width + 1)
        assert set(flat[:: self.width + 1]) == {0}
        self._flat = flat

    def at(self, x: int, y: int) -> str:
        """Return the colour at a place, ``#rrggbb``."""
        index = self._flat[y * (self.width + 1) + 1 + x]
        return f"#{self.chunks[b'PLTE'][index * 3 : index * 3 + 3].hex()}"

    def down(self, x: int) -> list[tuple[str, int]]:
        """Return the colours from top to bottom, each with how many pixels it has in a row."""
        runs: list[tuple[str, int]] = []
        for colour in (self.at(x, y) for y in range(self.height)):
            if runs and runs[-1][0] == colour:
                runs[-1] = (colour, runs[-1][1] + 1)
            else:
                runs.append((colour, 1))
        return runs


def some_nights(*made: Sequence[int]) -> list[Night]:
    """Return fourteen nights, the last of which made so many of each kind of document."""
    empty = [(0, 0, 0, 0)] * (14 - len(made))
    return [
        Night(
            day=LAST - timedelta(days=13 - place),
            documents=dict(zip(DOCUMENTS.values(), counts, strict=True)),
        )
        for place, counts in enumerate([*empty, *made])
    ]


def a_chart(*made: Sequence[int], kept_back: Sequence[int] = ()) -> Chart:
    """Return the chart of nights; *kept_back* is that of the last of them."""
    nights = some_nights(*(made or ((12, 40, 0, 22), (0, 0, 0, 0), (2, 9, 14, 3))))
    days = [night.day for night in nights][len(nights) - len(kept_back) :]
    chart = chart_of(nights, dict(zip(days, kept_back, strict=True)))
    assert chart is not None
    return chart
