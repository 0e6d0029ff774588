"""What the clients of both systems have in common: how they sign in, and what they count."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Self, TypedDict, Unpack

import httpx

from .limits import Limiter
from .oauth import Bearer, Credentials, Tokens
from .tokens import TokenStore
from .transport import Explain, Http


class Client:
    """A client of one tenant; what it holds open is closed at the end of its ``with``."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def intended(self, age: float = 0.0) -> AbstractContextManager[None]:
        """Have what is written within count as intended *age* seconds ago: it must leave soon."""
        return self._http.intended(age)

    @property
    def calls(self) -> int:
        """How many requests were sent, refused and repeated ones included."""
        return self._http.calls

    @property
    def calls_by_verb(self) -> dict[str, int]:
        return dict(self._http.calls_by_verb)

    @property
    def limiter(self) -> Limiter:
        return self._http.limiter


class Surroundings(TypedDict, total=False):
    """What a client finds around it.

    :param tokens: where tokens live between runs; needed with the refresh grant.
    :param hear_secret: is told each token as it arrives, to mask it in logs.
    :param transport: stands in for the network in a test, as *now* and *sleep* do for time.
    """

    tokens: TokenStore | None
    hear_secret: Callable[[str], None]
    transport: httpx.BaseTransport | None
    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def signed_in(
    credentials: Credentials,
    *,
    base_url: str,
    limiter: Limiter,
    explain: Explain,
    headers: Mapping[str, str] | None = None,
    **around: Unpack[Surroundings],
) -> Http:
    """Return the conversation that signs in with *credentials* before its first call."""
    now = around.get("now", lambda: datetime.now(UTC))
    sleep = around.get("sleep", time.sleep)
    transport = around.get("transport")
    tokens = Tokens(
        credentials,
        store=around.get("tokens"),
        hear_secret=around.get("hear_secret", lambda secret: None),
        transport=transport,
        now=now,
        sleep=sleep,
    )
    return Http(
        system=credentials.system,
        base_url=base_url,
        auth=Bearer(tokens),
        headers=headers or {},
        limiter=limiter,
        explain=explain,
        transport=transport,
        monotonic=lambda: now().timestamp(),
        sleep=sleep,
    )
