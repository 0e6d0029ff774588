"""Every request that either side received, and what it answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import overload

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TOKEN_PATHS = frozenset({"/oauth/token", "/oauth/revoke", "/connect/token", "/connect/revocation"})
_SECRET_HEADERS = frozenset({"authorization", "cookie"})


@dataclass(frozen=True)
class Call:
    """A request and its answer; *status* 0 means that the connection died."""

    side: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    status: int
    response: bytes
    at: datetime

    @property
    def is_write(self) -> bool:
        """Asking for a token is not a write: no record changes."""
        return self.method in WRITING and self.path not in TOKEN_PATHS


class Calls(Sequence[Call]):
    """The calls in the order in which they were answered."""

    def __init__(self) -> None:
        self.all: list[Call] = []
        self.in_flight: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self.all[index]

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.all)

    def of(self, side: str, method: str | None = None, path: str | None = None) -> list[Call]:
        """The calls of one side; *path* may be a pattern such as ``*/Invoices*``."""
        return [
            call
            for call in self.all
            if call.side == side
            and (method is None or call.method == method.upper())
            and (path is None or fnmatchcase(call.path, path))
        ]

    def writes(self, side: str | None = None) -> list[Call]:
        return [call for call in self.all if call.is_write and side in (None, call.side)]

    @property
    def in_flight_max(self) -> int:
        """The most calls that one side had in progress at a time."""
        return max(self._peaks.values(), default=0)

    def in_flight_max_of(self, side: str) -> int:
        return self._peaks[side]

    def begin(self, side: str) -> None:
        self.in_flight[side] += 1
        self._peaks[side] = max(self._peaks[side], self.in_flight[side])

    def end(self, side: str) -> None:
        self.in_flight[side] -= 1

    @contextmanager
    def under(self, key: str) -> Iterator[bool]:
        """Keep in mind that a request under an idempotency key is on its way; give whether
        another one is already."""
        self._keys[key] += bool(key)
        try:
            yield self._keys[key] > 1
        finally:
            self._keys[key] -= bool(key)

    def append(self, call: Call) -> None:
        self.all.append(call)

    def clear(self) -> None:
        """Forget the calls; those in progress still count as in flight."""
        self.all.clear()
        self._peaks.clear()


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without what would let a reader act as the caller."""
    return {
        name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()
    }
