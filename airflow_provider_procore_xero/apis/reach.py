"""Finding out whether a host is there, without signing in to it."""

from __future__ import annotations

import httpx

from ..errors import Unreachable
from .borrowed import borrowed


def reach(url: str, *, system: str, transport: httpx.BaseTransport | None = None) -> None:
    """Return if something answers at *url*, whatever it says.

    :raises Unreachable: with a sentence that names the host.
    """
    try:
        with httpx.Client(transport=borrowed(transport), timeout=10.0) as client:
            client.get(url)
    except httpx.RequestError as error:
        raise Unreachable(
            f"{httpx.URL(url).host} can't be reached ({error}). Check the host in the connection.",
            system=system,
        ) from error
