"""Keeping within the limits of both systems, by what their answers say.

One limiter stands for one tenant and is shared by every client of the process. A limit
that clears within about a minute is waited for in place; a longer one (Xero's day, Procore's
hour) raises :class:`RateLimited` at once, so that no worker sleeps for hours.
"""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import httpx

from ..errors import RateLimited

LONGEST_WAIT = 65.0
"""Seconds that a call waits in place: a minute window and a little more."""

VERDICT_LASTS = 1800.0
"""Seconds for which a day or hour limit is believed without asking again."""

IN_FLIGHT = 5
"""Xero allows five calls in progress for a tenant; Procore names no number."""


class Limiter(ABC):
    """What is known about one tenant's allowance; safe to use from many threads.

    :param system: ``procore`` or ``xero``, for the error.
    :param clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        system: str,
        in_flight: int = IN_FLIGHT,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.system = system
        self._clock, self._sleep = clock, sleep
        self._places = threading.BoundedSemaphore(in_flight)
        self._lock = threading.Lock()
        self._flying = 0
        self._budget: int | None = None
        self._window_ends = 0.0
        self._not_before = 0.0
        self._closed: tuple[float, float, str] | None = None

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Hold one of the places in flight."""
        with self._places:
            with self._lock:
                self._flying += 1
            try:
                yield
            finally:
                with self._lock:
                    self._flying -= 1

    def turn(self) -> None:
        """Return when the next call may leave.

        :raises RateLimited: when that would take longer than :data:`LONGEST_WAIT`.
        """
        while (wait := self._take()) > 0:
            if wait > LONGEST_WAIT:
                raise self._limited(wait, self.long_limit)
            self._sleep(max(wait, 0.01))

    def _take(self) -> float:
        """Take a call from the budget and return 0, or return the seconds until it grows."""
        with self._lock:
            now = self._clock()
            self._raise_if_closed(now)
            if now < self._not_before:
                return self._not_before - now
            if now >= self._window_ends:
                self._budget = None
            if self._budget is None:
                return 0.0
            if self._budget > 0:
                self._budget -= 1
                return 0.0
            return self._window_ends - now + 0.05

    def _raise_if_closed(self, now: float) -> None:
        if self._closed is None:
            return
        opens, believed_until, limit = self._closed
        if now >= min(opens, believed_until):
            self._closed = None
            return
        raise self._limited(opens - now, limit)

    def refused(self, response: httpx.Response) -> None:
        """Take note of a 429; the next :meth:`turn` waits as long as it asks for.

        :raises RateLimited: when it asks for longer than :data:`LONGEST_WAIT`.
        """
        wait, limit = self.verdict(response)
        with self._lock:
            now = self._clock()
            if wait > LONGEST_WAIT:
                self._closed = (now + wait, now + VERDICT_LASTS, limit)
                raise self._limited(wait, limit)
            # A little apart, so that all who wait don't come back in the same instant.
            self._not_before = max(self._not_before, now + wait + random.uniform(0.05, 0.5))
            self._window_ends, self._budget = self._not_before, None

    def _limited(self, wait: float, limit: str) -> RateLimited:
        return RateLimited(
            f"{self.system.capitalize()} answers nothing more until its {limit} limit resets "
            f"in {_in_words(wait)}. What is left stays planned; run again after that.",
            system=self.system,
            retry_after=wait,
            limit=limit,
        )

    long_limit: str
    """The limit that a long wait means, in the system's own word."""

    @abstractmethod
    def heard(self, response: httpx.Response) -> None:
        """Learn from the headers of *response*."""

    @abstractmethod
    def verdict(self, response: httpx.Response) -> tuple[float, str]:
        """Return how many seconds a 429 asks for, and for which limit."""


class XeroLimiter(Limiter):
    """Xero: 60 calls in a fixed minute that starts we don't know when, and a day's allowance.

    The headers say how many calls are left, not when the minute ends. It ends at the latest
    one *window* after the first answer heard in it, so waiting until then is never refused.
    Source: developer.xero.com, OAuth 2.0 API limits.

    :param window: seconds in the minute; shorter in a benchmark.
    """

    long_limit = "day"

    def __init__(
        self,
        *,
        window: float = 60.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(system="xero", clock=clock, sleep=sleep)
        self._window = window
        self.day_remaining: int | None = None

    def heard(self, response: httpx.Response) -> None:
        day = _integer(response, "X-DayLimit-Remaining")
        left = _integer(response, "X-MinLimit-Remaining")
        with self._lock:
            self.day_remaining = self.day_remaining if day is None else day
            if left is None:
                return
            now = self._clock()
            if self._is_new_window(left, now):
                self._budget, self._window_ends = left, now + self._window
            elif self._budget is not None:
                self._budget = min(self._budget, left)

    def _is_new_window(self, left: int, now: float) -> bool:
        """More calls left than we could have: the minute turned over while we were at it."""
        if self._budget is None or now >= self._window_ends:
            return True
        return left >= self._budget + self._flying

    def verdict(self, response: httpx.Response) -> tuple[float, str]:
        problem = response.headers.get("X-Rate-Limit-Problem", "").lower()
        wait = retry_after(response)
        if "day" in problem:
            return (3600.0 if wait is None else max(wait, LONGEST_WAIT + 1)), "day"
        if "concurrent" in problem:
            return (1.0 if wait is None else wait), "concurrent"
        wait = self._window if wait is None else wait
        return wait, "day" if wait > LONGEST_WAIT else "minute"


class ProcoreLimiter(Limiter):
    """Procore: an hourly window and one of ten seconds; the headers speak of the nearer one.

    Source: developers.procore.com, Rate Limiting.
    """

    long_limit = "hour"

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(system="procore", clock=clock, sleep=sleep)

    def heard(self, response: httpx.Response) -> None:
        left = _integer(response, "X-Rate-Limit-Remaining")
        ends_in = self._reset_in(response)
        if left is None or ends_in is None:
            return
        with self._lock:
            ends = self._clock() + ends_in
            same = self._budget is not None and abs(ends - self._window_ends) < 2
            if same and self._budget is not None:
                self._budget = min(self._budget, left)
            else:
                self._budget = max(left - max(self._flying - 1, 0), 0)
            self._window_ends = ends

    def verdict(self, response: httpx.Response) -> tuple[float, str]:
        wait = retry_after(response)
        wait = self._reset_in(response) if wait is None else wait
        wait = 10.0 if wait is None else wait
        return wait, "hour" if wait > LONGEST_WAIT else "spike"

    def _reset_in(self, response: httpx.Response) -> float | None:
        """Seconds until the window ends, or None where the clocks disagree too much."""
        reset = _integer(response, "X-Rate-Limit-Reset")
        if reset is None:
            return None
        seconds = reset - self._clock()
        return seconds if 0 <= seconds <= 3660 else None


_T = TypeVar("_T", bound=Limiter)
_shared: dict[tuple[type[Limiter], tuple[str, ...]], Limiter] = {}
_shared_lock = threading.Lock()


def shared(kind: Callable[[], _T], *key: str) -> _T:
    """Return the process's one limiter of this *kind* and *key*, made when first asked for."""
    fresh = kind()
    with _shared_lock:
        limiter = _shared.setdefault((type(fresh), key), fresh)
    return cast(_T, limiter)


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of ``Retry-After``, or None without a usable one."""
    try:
        return max(float(response.headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return None


def _integer(response: httpx.Response, header: str) -> int | None:
    try:
        return int(response.headers[header])
    except (KeyError, ValueError):
        return None


def _in_words(seconds: float) -> str:
    """``7 h 30 min``, ``42 min`` or ``50 s``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
