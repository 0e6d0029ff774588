"""The last nights as a picture for a mail, and the same figures in words.

The picture holds rectangles and nothing else; what is to be read stands in the mail around it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from airflow_provider_procore_xero.notifications.png import Picture

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.nights import Night

WIDTH, HEIGHT = 1184, 340
"""Twice what a mail shows, for fine screens: its column is 592 wide."""
COLOURS = {
    "purchase orders": "#3b82d6",
    "bills": "#2f9a63",
    "payments": "#d08a1f",
    "direct costs": "#9a63c4",
}
"""As on the page, a little lighter: next to each is its name, on white as on black."""
KEPT_BACK = "#d2564c"
_GROUND, _TONIGHT, _AXIS = "#f4f6f8", "#dbe3ec", "#8a96a3"
_TOP, _AXIS_AT, _LOWEST = 16, 276, 330
"""Above the axis grow the documents, below it hangs what was kept back."""
_LEAST, _GAP = 6, 2
"""Pixels of the smallest part, so that one document is seen beside a thousand; and between two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the picture shows.

    :param nights: oldest first; the last is the one that the mail is about.
    :param kept_back: how many records each night held or refused, in the same order.
    """

    nights: tuple[Night, ...]
    kept_back: tuple[int, ...]

    @property
    def kinds(self) -> dict[str, int]:
        """How many documents of each kind there are in all, of those there are any of."""
        total = {kind: sum(n.documents[kind] for n in self.nights) for kind in COLOURS}
        return {kind: count for kind, count in total.items() if count}

    @property
    def days(self) -> str:
        """``9 to 22 Nov``."""
        first, last = self.nights[0].day, self.nights[-1].day
        month = first.strftime(" %b") if first.month != last.month else ""
        return f"{first.day}{month} to {_day(last)}"

    @property
    def figures(self) -> str:
        """How many documents each night made, and how many records it kept back, in a sentence."""
        made = " ".join(f"{night.total:,}" for night in self.nights)
        said = f"Documents in the last {len(self.nights)} nights, {self.days}: {made}."
        if any(self.kept_back):
            said += f" Held or refused: {' '.join(f'{count:,}' for count in self.kept_back)}."
        return said

    @property
    def summary(self) -> str:
        """What this night made, and which night made the most."""
        most, this = max(self.nights, key=lambda night: night.total), self.nights[-1]
        if most.day == this.day:
            return f"This night: {_told(this)}, more than in any before."
        return f"This night: {_told(this)}. Most on {_day(most.day)}: {most.total:,}."

    def png(self) -> bytes:
        """Return the picture."""
        return _drawn(self).png()


def chart_of(nights: Sequence[Night], kept_back: Mapping[date, int]) -> Chart | None:
    """Return the chart, or None where there is nothing to compare: no document, or one night.

    :param kept_back: how many records were, on each day on which a flow ran.
    """
    before = any(night.total or night.day in kept_back for night in nights[:-1])
    if not before or not any(night.total for night in nights):
        return None
    return Chart(
        nights=tuple(nights), kept_back=tuple(kept_back.get(night.day, 0) for night in nights)
    )


def cid_of(png: bytes) -> str:
    """Return the Content-ID of a picture: another picture has another."""
    return f"nights-{sha256(png).hexdigest()[:16]}@procore-xero"


def data_of(png: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _drawn(chart: Chart) -> Picture:
    colours = (_GROUND, _TONIGHT, _AXIS, KEPT_BACK, *COLOURS.values())
    picture = Picture(WIDTH, HEIGHT, colours)
    most = max(night.total for night in chart.nights)
    most_kept = max(1, *chart.kept_back)
    step = WIDTH // len(chart.nights)
    for place, (night, kept) in enumerate(zip(chart.nights, chart.kept_back, strict=True)):
        left = (WIDTH - step * len(chart.nights)) // 2 + place * step
        if night is chart.nights[-1]:
            picture.fill(left, 0, WIDTH - left, HEIGHT, _TONIGHT)
        _stack(picture, left + step // 7, step - 2 * (step // 7), night, most)
        depth = _length(kept, most_kept, _LOWEST - _AXIS_AT)
        picture.fill(left + step // 3, _AXIS_AT + 4, step - 2 * (step // 3), depth, KEPT_BACK)
    picture.fill(0, _AXIS_AT, WIDTH, 2, _AXIS)
    return picture


def _stack(picture: Picture, left: int, width: int, night: Night, most: int) -> None:
    """Put a night's documents onto each other, in the order of ``COLOURS`` from below."""
    foot = _AXIS_AT
    for kind, colour in COLOURS.items():
        if count := night.documents[kind]:
            height = _length(count, most, _AXIS_AT - _TOP - _LEAST * len(COLOURS))
            picture.fill(left, foot - height, width, height - _GAP, colour)
            foot -= height


def _length(count: int, most: int, room: int) -> int:
    return max(_LEAST, round(count / most * room)) if count else 0


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _told(night: Night) -> str:
    """Return ``14 documents (9 bills, 5 payments)``."""
    kinds = [_counted(count, kind) for kind, count in night.documents.items() if count]
    said = _counted(night.total, "documents")
    if len(kinds) == 1:
        return kinds[0]
    return f"{said} ({', '.join(kinds)})" if kinds else "none"


def _counted(count: int, plural: str) -> str:
    return f"{count:,} {plural.removesuffix('s') if count == 1 else plural}"
