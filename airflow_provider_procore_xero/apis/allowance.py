"""What one tenant still allows, as all workers know it: bookkeeping, without clock or I/O.

A worker asks for *places* in flight and for *calls* that it may make within the next second, says
which calls have come back since it asked last, and what their headers said. So one change of the
shared state pays for many calls.

At most ``most`` calls are made in any ``window`` seconds, wherever the system's own window begins:
a call counts from its answer on, which is never before it arrived. What the headers say can only
make that less, except that an allowance which never shrinks is not counted at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

WORKER_LASTS = 15.0
"""Seconds after which a worker that says nothing more is gone, and its places are free."""

WAITER_LASTS = 3.0
A_TURN = 0.1
"""Seconds after which somebody who waits for a place asks again."""

VERDICT_LASTS = 1800.0
"""Seconds for which a day or hour limit is believed without asking again."""

T = TypeVar("T")


class LimitStore(Protocol):
    """Where workers share the state of an allowance."""

    @property
    def name(self) -> str:
        """Tells stores apart; empty where only this process looks."""
        ...

    def change(self, key: str, change: Callable[[str, float], tuple[str, T]]) -> T:
        """Replace the text under *key*, one worker at a time.

        :param change: takes the text (empty at first) and the seconds since 1970, which are the
            same for all workers; returns the new text and what to answer.
        """
        ...


class Heard(msgspec.Struct, kw_only=True, frozen=True):
    """What an answer's headers said.

    :param age: seconds since then.
    :param cap: the window that they speak of; empty where they say nothing of calls left.
    :param ends_in: seconds from the answer to the end of that window.
    :param counted: False where the window is as full as it can be: nobody counts.
    :param most: how many calls a window takes, if that was said.
    :param hour: how many calls the hour takes, where they speak of it.
    :param day: calls left of the day.
    """

    age: float = 0.0
    cap: str = ""
    left: int = 0
    ends_in: float = 0.0
    counted: bool = True
    most: int | None = None
    hour: int | None = None
    day: int | None = None


class Ask(msgspec.Struct, kw_only=True, frozen=True):
    """What a worker has done since it asked last, and what it would like.

    :param flying: places in use, which it keeps in any case; *in_air* are their calls.
    :param done: ages in seconds of the calls that have come back.
    :param places: places that it would like, those in use included; 0 wants nothing at all.
    :param reserve: calls of the day that it leaves to others.
    """

    worker: str
    flying: int = 0
    in_air: int = 0
    done: list[float] = []
    heard: Heard | None = None
    places: int = 0
    calls: int = 0
    reserve: int = 0


class Granted(msgspec.Struct, kw_only=True, frozen=True):
    """What it gets.

    :param wait: seconds after which to ask again, if that is nothing.
    :param limit: the limit that is waited for, where that is a long one.
    """

    places: int = 0
    calls: int = 0
    wait: float = 0.0
    limit: str = ""


class Worker(msgspec.Struct, kw_only=True):
    places: int
    calls: int
    until: float


class Cap(msgspec.Struct, kw_only=True):
    left: int
    ends: float


class Hour(msgspec.Struct, kw_only=True):
    """What was last said of an hour: of *most* calls, *left* at the moment *at*, till *ends*."""

    left: int
    most: int
    ends: float
    at: float


class Closed(msgspec.Struct, kw_only=True):
    opens: float
    believed_until: float
    limit: str


class Rules(msgspec.Struct, kw_only=True, frozen=True):
    """What is so for a system before it has said anything.

    :param places: calls in flight over all workers; None where the system names no number.
    """

    window: float
    most: int
    places: int | None


class State(msgspec.Struct, kw_only=True):
    """What all workers know of one tenant. Moments are seconds since 1970."""

    most: int | None = None
    counted: bool = True
    done: list[float] = []
    caps: dict[str, Cap] = {}
    day: int | None = None
    day_at: float = 0.0
    hour: Hour | None = None
    not_before: float = 0.0
    closed: Closed | None = None
    workers: dict[str, Worker] = {}
    waiting: dict[str, tuple[float, float]] = {}

    @classmethod
    def read(cls, text: str) -> State:
        """Return the state; one that another version wrote is begun anew."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except msgspec.DecodeError:
            return cls()

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


def decide(state: State, rules: Rules, ask: Ask, now: float) -> Granted:
    """Take note of what *ask* reports, and give what there is; *state* is changed."""
    _forget_the_dead(state, now)
    _settle(state, rules, ask, now)
    granted = _limited(state, ask, now) or _given(state, rules, ask, now)
    places, calls = max(granted.places, ask.flying), granted.calls
    if granted.places:
        state.waiting.pop(ask.worker, None)
    if places or calls:
        state.workers[ask.worker] = Worker(
            places=places, calls=ask.in_air + calls, until=now + WORKER_LASTS
        )
    for cap in state.caps.values():
        cap.left -= calls
    return granted


def close(state: State, wait: float, limit: str, now: float) -> None:
    """Take note that nothing more is answered for *wait* seconds."""
    state.closed = Closed(opens=now + wait, believed_until=now + VERDICT_LASTS, limit=limit)


def pause(state: State, wait: float, heard: Heard | None, now: float) -> None:
    """Take note that a call was refused for now; what was known of the window was wrong.

    :param heard: what the worker's last answer said: the sizes that it names stay right.
    """
    if heard is not None:
        _note(state, heard, now)
    state.not_before = max(state.not_before, now + wait)
    state.caps.clear()


def _forget_the_dead(state: State, now: float) -> None:
    """What a worker was given counts as used, at the last moment at which it may have been."""
    for name, worker in list(state.workers.items()):
        if worker.until < now:
            state.done += [worker.until] * worker.calls
            del state.workers[name]
    for name, (_, seen) in list(state.waiting.items()):
        if seen + WAITER_LASTS < now:
            del state.waiting[name]
    for name, cap in list(state.caps.items()):
        if cap.ends <= now:
            del state.caps[name]


def _settle(state: State, rules: Rules, ask: Ask, now: float) -> None:
    had = state.workers.pop(ask.worker, None)
    unused = max(had.calls - len(ask.done) - ask.in_air, 0) if had else 0
    for cap in state.caps.values():
        cap.left += unused
    if ask.heard is not None:
        _hear(state, ask, ask.heard, now)
    most = state.most or rules.most
    recent = [now - age for age in ask.done] if state.counted else []
    state.done = sorted(t for t in (*state.done, *recent) if t > now - rules.window)[-most:]


def _note(state: State, heard: Heard, now: float) -> None:
    """Remember what holds whoever has called meanwhile."""
    if heard.day is not None:
        state.day, state.day_at = heard.day, now
    if heard.hour is not None:
        at = now - heard.age
        state.hour = Hour(left=heard.left, most=heard.hour, ends=at + heard.ends_in, at=at)
    state.most = heard.most or state.most


def _hear(state: State, ask: Ask, heard: Heard, now: float) -> None:
    _note(state, heard, now)
    state.counted = heard.counted
    if not heard.counted:
        state.caps.clear()
    elif heard.cap:
        _lower(state, ask, heard, now)


def _lower(state: State, ask: Ask, heard: Heard, now: float) -> None:
    """Keep to the number of calls left, less those that are on their way."""
    ends = now - heard.age + heard.ends_in
    known = state.caps.get(heard.cap)
    out = _handed_out(state) + ask.in_air
    if known is None or heard.left > known.left + out:  # a new window
        state.caps[heard.cap] = Cap(left=max(heard.left - out, 0), ends=ends)
    else:
        known.left = min(known.left, heard.left)


def _limited(state: State, ask: Ask, now: float) -> Granted | None:
    """Return the answer for somebody who must wait, whatever is free; None for all others."""
    if not ask.places:
        return Granted()
    closed = state.closed
    if closed is not None:
        if now < min(closed.opens, closed.believed_until):
            return Granted(wait=closed.opens - now, limit=closed.limit)
        state.closed = None
    known = state.day is not None and now < state.day_at + VERDICT_LASTS
    if known and state.day is not None and state.day <= ask.reserve and ask.reserve:
        return Granted(wait=state.day_at + VERDICT_LASTS - now, limit="reserve")
    if now < state.not_before:
        return Granted(wait=state.not_before - now)
    return None


def _given(state: State, rules: Rules, ask: Ask, now: float) -> Granted:
    calls, wait = _calls(state, rules, ask, now)
    if not calls:
        return Granted(places=ask.flying, wait=wait)
    places = _places(state, rules, ask, now)
    if not places:
        return Granted(wait=A_TURN)
    return Granted(places=places, calls=calls)


def _calls(state: State, rules: Rules, ask: Ask, now: float) -> tuple[int, float]:
    """Return how many calls may be made, or 0 and the seconds until there is one."""
    if not state.counted:
        return ask.calls, 0.0
    most = state.most or rules.most
    out = _handed_out(state) + ask.in_air
    left = most - len(state.done) - out
    lowest = min(state.caps.values(), key=lambda cap: cap.left, default=None)
    if lowest is not None and lowest.left < left and lowest.left <= 0:
        return 0, lowest.ends - now + 0.05
    if left <= 0:
        return 0, _until_one_is_forgotten(state, rules, most - out, now)
    left = left if lowest is None else min(left, lowest.left)
    others = len(state.workers)
    return min(ask.calls, max(left // (1 + others), 1)), 0.0


def _until_one_is_forgotten(state: State, rules: Rules, room: int, now: float) -> float:
    """Others may give back what they don't use, so nobody waits long where there are some."""
    soon = A_TURN * 3 if state.workers else rules.window
    if room <= 0 or room > len(state.done):
        return soon
    return min(state.done[-room] + rules.window - now + 0.01, soon)


def _places(state: State, rules: Rules, ask: Ask, now: float) -> int:
    """Return how many places it may hold: who waits longest comes first, none has them all."""
    if rules.places is None:
        return ask.places
    since, _ = state.waiting.get(ask.worker, (now, now))
    rivals = {name for name, worker in state.workers.items() if worker.places}
    rivals |= state.waiting.keys() - {ask.worker}
    ahead = sum(1 for name, (theirs, _) in state.waiting.items() if theirs < since)
    free = rules.places - sum(worker.places for worker in state.workers.values()) - ahead
    share = -(-rules.places // (1 + len(rivals)))
    places = max(min(ask.places, free, share), min(ask.flying, rules.places))
    if places <= 0:
        state.waiting[ask.worker] = (since, now)
        return 0
    return places


def _handed_out(state: State) -> int:
    """Return how many calls the other workers may still make, or have on their way."""
    return sum(worker.calls for worker in state.workers.values())
