"""Tokens and where they are kept between runs."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What is kept of one sign-in.

    :param refresh: None for client credentials.
    :param expires_at: when *access* expires, UTC.
    :param version: grows by one with each renewal, from 1.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime
    version: int


class Token(Protocol):
    """A :class:`StoredToken`, or what a store has for one."""

    @property
    def access(self) -> str: ...

    @property
    def refresh(self) -> str | None: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def version(self) -> int: ...


class TokenStore(Protocol):
    """Where tokens live between runs, shared by every worker."""

    def load(self, key: str) -> Token | None:
        """Return what is stored under *key*."""
        ...

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        """Store *new* and return True, unless something else than *old* is there by now.

        May refuse by an error, which then comes before any token is spent.
        """
        ...

    def lock(self, key: str) -> AbstractContextManager[Any]:
        """Let one worker at a time renew the tokens of *key*."""
        ...


class MemoryTokens:
    """Tokens of this process: enough for client credentials, too little for refresh tokens."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.RLock()

    def load(self, key: str) -> Token | None:
        return self._tokens.get(key)

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        with self._lock:
            if self._tokens.get(key) != old:
                return False
            self._tokens[key] = new
            return True

    def lock(self, key: str) -> AbstractContextManager[Any]:
        return self._lock
