"""Call limits: fixed windows, calls in progress, the day's quota, and their headers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .state import Books

MINUTE = 60
DAY = 86_400
# Windows start at moments of their own for every organisation, not on the full minute.
MINUTE_OFFSET = 17
DAY_OFFSET = 5 * 3600 + 17


class Window:
    """Calls counted since the window began; *size* in seconds."""

    def __init__(self, size: int, offset: int) -> None:
        self.size = size
        self.offset = offset
        self.used = 0
        self._number = 0

    def roll(self, at: float) -> None:
        number = int((at - self.offset) // self.size)
        if number != self._number:
            self._number, self.used = number, 0

    def ends_in(self, at: float) -> int:
        return math.ceil(self.size - (at - self.offset) % self.size)


class Limits:
    """What is left for the organisation, and for the app over all of its organisations."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.minute = Window(MINUTE, MINUTE_OFFSET)
        self.day = Window(DAY, DAY_OFFSET)
        self.app_minute = Window(MINUTE, 0)

    def _plan(self) -> list[tuple[str, Window, int]]:
        switches = self._books.switches
        return [
            ("day", self.day, switches["day_limit"]),
            ("minute", self._minute(), switches["minute_limit"]),
            ("appminute", self.app_minute, switches["app_minute_limit"]),
        ]

    def _minute(self) -> Window:
        self.minute.size = self._books.switches["minute_seconds"]
        return self.minute

    def problem(self) -> dict[str, str] | None:
        """Count the call, or return the headers of its 429 and count nothing."""
        at = self._books.clock.now().timestamp()
        plan = self._plan()
        for _, window, _ in plan:
            window.roll(at)
        if not self._books.switches["enforce_limits"]:
            # As in the first half hour of a new connection: the headers stay at full.
            return None
        if self._books.calls.in_flight["xero"] > self._books.switches["concurrent_limit"]:
            return {"X-Rate-Limit-Problem": "concurrent"}
        for name, window, limit in plan:
            if window.used >= limit:
                return {"X-Rate-Limit-Problem": name, "Retry-After": str(window.ends_in(at))}
        for _, window, _ in plan:
            window.used += 1
        return None

    def headers(self) -> dict[str, str]:
        """The three headers that every response carries."""
        names = ("X-DayLimit-Remaining", "X-MinLimit-Remaining", "X-AppMinLimit-Remaining")
        return {
            name: str(max(0, limit - window.used))
            for name, (_, window, limit) in zip(names, self._plan(), strict=True)
        }
