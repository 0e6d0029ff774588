"""Keeping within the limits of both systems, by what their answers say.

One limiter stands for one tenant in a process. With a store of the ledger's, all processes keep one
account; see :mod:`.allowance` for what they write there. A limit that clears within about a minute
is waited for in place; a longer one (Xero's day, Procore's hour) raises :class:`RateLimited` at
once, so that no worker sleeps for hours.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import secrets
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar, cast

import httpx
import msgspec

from ..errors import RateLimited
from .allowance import Ask, Granted, Heard, Hour, LimitStore, Rules, State, close, decide, pause

log = logging.getLogger(__name__)

LONGEST_WAIT = 65.0
"""Seconds that a call waits in place: a minute window and a little more."""

IN_FLIGHT = 5
"""Xero allows five calls in progress for a tenant; Procore names no number."""

A_WHILE = 1.0
"""Seconds for which a worker may use what it was given; what it did not use goes back."""

AHEAD = 60
"""How many calls a worker asks for at once."""

T = TypeVar("T")


class MemoryLimits:
    """An account of this process: right where it is the only one."""

    name = ""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()
        self._clock = clock

    def change(self, key: str, change: Callable[[str, float], tuple[str, T]]) -> T:
        with self._lock:
            self._texts[key], answer = change(self._texts.get(key, ""), self._clock())
        return answer


class Limiter(ABC):
    """One tenant's allowance as this process uses it; safe to use from many threads.

    :param store: where all workers keep the account; memory if there is nobody else.
    :param key: the tenant, in the store.
    :param clock: seconds since 1970.
    :ivar reserve: calls of the day that this process leaves to others.
    """

    system: ClassVar[str]
    rules: Rules
    long_limit: ClassVar[str]
    """The limit that a long wait means, in the system's own word."""

    def __init__(
        self,
        *,
        store: LimitStore | None = None,
        key: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.reserve = 0
        self._store: LimitStore = MemoryLimits(clock) if store is None else store
        self._key = key
        self._clock, self._sleep = clock, sleep
        self._me = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._turned = threading.Condition()
        self._here = threading.local()
        self._held = self._calls = self._asked = self._flying = self._in_air = self._queue = 0
        self._good_until = 0.0
        self._done: list[float] = []
        self._heard: tuple[float, Heard] | None = None
        self._keeper: threading.Thread | None = None

    # A call's way

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Hold one of the places in flight, and the first call that leaves from it.

        :raises RateLimited: when it would take longer than :data:`LONGEST_WAIT` to get them.
        """
        self._take(place=True)
        self._here.turns, self._here.ready = 1, True
        try:
            yield
        finally:
            turns, self._here.turns, self._here.ready = self._here.turns, 0, False
            with self._turned:
                self._flying -= 1
                self._in_air -= turns
                self._done += [self._clock()] * turns
                self._turned.notify()

    def turn(self) -> None:
        """Return when the next call may leave: at once for the first one of a flight.

        :raises RateLimited: when that would take longer than :data:`LONGEST_WAIT`.
        """
        if getattr(self._here, "ready", False):
            self._here.ready = False
            return
        self._take(place=False)
        if getattr(self._here, "turns", 0):
            self._here.turns += 1
            return
        with self._turned:
            self._in_air -= 1
            self._done.append(self._clock())

    def _take(self, *, place: bool) -> None:
        with self._turned:
            self._queue += place
        try:
            while (wait := self._taken(place)) > 0:
                self._sleep(max(wait, 0.01))
        finally:
            with self._turned:
                self._queue -= place

    def _taken(self, place: bool) -> float:
        """Take what a call needs and return 0, or return the seconds after which to try again."""
        with self._turned:
            while True:
                good = self._clock() < self._good_until
                if good and self._calls > 0 and (not place or self._flying < self._held):
                    self._calls -= 1
                    self._flying += place
                    self._in_air += 1
                    return 0.0
                wanted = min(self._flying + self._queue, IN_FLIGHT)
                if good and self._calls > 0 and wanted <= self._asked:
                    self._turned.wait(0.05)  # until a flight of this process is over
                elif wait := self._ask(max(wanted, 1)):
                    return wait

    def _ask(self, places: int) -> float:
        """Ask for the next while, and return the seconds to wait if nothing was given."""
        granted = self._exchange(places)
        self._asked = places
        if granted.wait > LONGEST_WAIT or granted.limit:
            raise self._limited(granted.wait, granted.limit or self.long_limit)
        self._keep()
        return granted.wait

    def _exchange(self, places: int) -> Granted:
        """Tell the store what was done and heard, and take what it gives."""
        now = self._clock()
        ask = Ask(
            worker=self._me,
            flying=self._flying,
            in_air=self._in_air,
            done=[now - at for at in self._done],
            heard=self._last_heard(),
            places=places,
            calls=AHEAD if places else 0,
            reserve=self.reserve,
        )
        granted = self._change(lambda state, at: decide(state, self.rules, ask, at))
        self._done, self._heard = [], None
        self._held, self._calls = max(granted.places, self._flying), granted.calls
        self._good_until = self._clock() + A_WHILE if granted.calls else 0.0
        return granted

    def _last_heard(self) -> Heard | None:
        if self._heard is None:
            return None
        at, heard = self._heard
        return msgspec.structs.replace(heard, age=self._clock() - at)

    def _change(self, change: Callable[[State, float], T]) -> T:
        def changed(text: str, now: float) -> tuple[str, T]:
            state = State.read(text)
            answer = change(state, now)
            return state.text(), answer

        return self._store.change(self._key, changed)

    # What is held by nobody's call

    def rest(self) -> None:
        """Give back what is not in use: this process will not call for a while."""
        with self._turned:
            self._give_back()

    def _give_back(self) -> None:
        if not (self._held or self._calls or self._done):
            return
        try:
            self._exchange(0)
        except Exception as error:  # noqa: BLE001 - what is not given back expires by itself
            log.warning("%s: its account can't be kept: %s", self.system, error)
        self._good_until, self._asked = 0.0, 0

    def _keep(self) -> None:
        """Have somebody tell the others that this process lives, as long as it holds anything."""
        if self._store.name and self._keeper is None:
            self._keeper = threading.Thread(target=self._report, name="allowance", daemon=True)
            self._keeper.start()

    def _report(self) -> None:
        while True:
            time.sleep(A_WHILE)
            with self._turned:
                if self._clock() < self._good_until:
                    continue
                self._give_back()
                if not self._flying:
                    self._keeper = None
                    return

    # What answers say

    def heard(self, response: httpx.Response) -> None:
        """Learn from the headers of *response*."""
        heard = self.said(response)
        if heard is None:
            return
        with self._turned:
            self._heard = (self._clock(), heard)
            if heard.counted and heard.cap:
                self._calls = min(self._calls, heard.left)
            if heard.day is not None and heard.day <= self.reserve:
                self._calls = 0

    def refused(self, response: httpx.Response) -> None:
        """Take note of a 429; the next call waits as long as it asks for.

        :raises RateLimited: when it asks for longer than :data:`LONGEST_WAIT`.
        """
        wait, limit = self.verdict(response)
        # A little apart, so that all who wait don't come back in the same instant.
        apart = random.uniform(0.05, 0.5)
        with self._turned:
            heard = self._last_heard()
            self._heard, self._good_until = None, 0.0
            if wait > LONGEST_WAIT:
                self._change(lambda state, now: close(state, wait, limit, now))
                raise self._limited(wait, limit)
            self._change(lambda state, now: pause(state, wait + apart, heard, now))

    def _limited(self, wait: float, limit: str) -> RateLimited:
        if limit == "reserve":
            sentence = (
                f"{self.system.capitalize()} has {self.reserve} calls or fewer left today, which "
                "scheduled runs leave to people (settings: safety.day_reserve). What is left stays "
                "planned for the next run; trigger the DAG yourself to use the reserve."
            )
        else:
            sentence = (
                f"{self.system.capitalize()} answers nothing more until its {limit} limit resets "
                f"in {_in_words(wait)}. What is left stays planned; run again after that."
            )
        return RateLimited(sentence, system=self.system, retry_after=wait, limit=limit)

    @abstractmethod
    def said(self, response: httpx.Response) -> Heard | None:
        """Return what the headers of *response* say, None if that is nothing."""

    @abstractmethod
    def verdict(self, response: httpx.Response) -> tuple[float, str]:
        """Return how many seconds a 429 asks for, and for which limit."""


class XeroLimiter(Limiter):
    """Xero: 60 calls in a fixed minute that starts we don't know when, and a day's allowance.

    The headers say how many calls are left, not when the minute ends. It ends at the latest
    one *window* after the first answer heard in it.
    Source: developer.xero.com, OAuth 2.0 API limits.

    :param window: seconds in the minute; shorter in a test.
    """

    system = "xero"
    long_limit = "day"

    def __init__(self, *, window: float = 60.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rules = Rules(window=window, most=60, places=IN_FLIGHT)

    def said(self, response: httpx.Response) -> Heard | None:
        day = _integer(response, "X-DayLimit-Remaining")
        left = _integer(response, "X-MinLimit-Remaining")
        if left is None:
            return Heard(counted=False) if response.is_success else None
        counted = left < self.rules.most
        return Heard(cap="minute", left=left, ends_in=self.rules.window, counted=counted, day=day)

    def verdict(self, response: httpx.Response) -> tuple[float, str]:
        problem = response.headers.get("X-Rate-Limit-Problem", "").lower()
        wait = retry_after(response)
        if "day" in problem:
            return (3600.0 if wait is None else max(wait, LONGEST_WAIT + 1)), "day"
        if "concurrent" in problem:
            return (1.0 if wait is None else wait), "concurrent"
        wait = self.rules.window if wait is None else wait
        return wait, "day" if wait > LONGEST_WAIT else "minute"


class ProcoreLimiter(Limiter):
    """Procore: an hourly window and one of ten seconds; the headers speak of the nearer one.

    Source: developers.procore.com, Rate Limiting.

    :param window: seconds in the shorter one; shorter still in a test.
    """

    system = "procore"
    long_limit = "hour"

    def __init__(self, *, window: float = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rules = Rules(window=window, most=25, places=None)

    def said(self, response: httpx.Response) -> Heard | None:
        left = _integer(response, "X-Rate-Limit-Remaining")
        most = _integer(response, "X-Rate-Limit-Limit")
        ends_in = self._reset_in(response)
        if left is None:
            return Heard(counted=False) if response.is_success else None
        if most is not None and left >= most:
            return Heard(counted=False)
        if ends_in is None:
            return None
        spike = ends_in <= self.rules.window + 1
        return Heard(
            cap="spike" if spike else "hour",
            left=left,
            ends_in=ends_in,
            most=most if spike else None,
            hour=None if spike else most,
        )

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
_shared: dict[tuple[type[Limiter], str, tuple[str, ...]], Limiter] = {}
_shared_lock = threading.Lock()
os.register_at_fork(after_in_child=_shared.clear)


def shared(kind: type[_T], *tenant: str, store: LimitStore | None = None) -> _T:
    """Return the process's one limiter of this *kind*, *tenant* and *store*."""
    place = (kind, store.name if store else "", tenant)
    with _shared_lock:
        if place not in _shared:
            _shared[place] = kind(store=store, key=key_of(kind, *tenant))
        return cast(_T, _shared[place])


def key_of(kind: type[Limiter], *tenant: str) -> str:
    """Return what the account of *tenant* is called in the store."""
    digest = hashlib.sha256("\0".join(tenant).encode()).hexdigest()[:32]
    return f"{kind.system}:{digest}"


def day_of(text: str) -> tuple[int, float] | None:
    """Return the calls left of the day in an account's *text*, and when the system said so.

    None where it has not said; the moment is in seconds since 1970.
    """
    state = State.read(text)
    return None if state.day is None else (state.day, state.day_at)


def hour_of(text: str) -> Hour | None:
    """Return what an account's *text* has of the hour; None where the system never spoke of it."""
    return State.read(text).hour


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
