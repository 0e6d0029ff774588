"""A transport that belongs to somebody else."""

from __future__ import annotations

import httpx


class Borrowed(httpx.BaseTransport):
    """Passes requests on to *owner* and leaves it open: several clients may use one."""

    def __init__(self, owner: httpx.BaseTransport) -> None:
        self._owner = owner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._owner.handle_request(request)

    def close(self) -> None:
        """Its owner closes it."""


def borrowed(owner: httpx.BaseTransport | None) -> Borrowed | None:
    """Return *owner* to use but not to close; None stays httpx's own."""
    return None if owner is None else Borrowed(owner)
