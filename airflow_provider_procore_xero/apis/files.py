"""Files that a record only has the address of; the sign-in goes no further than the API's host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from ..errors import ApiError, ConnectionIncomplete, Unreachable
from .urls import secure_url

HOPS = 3


def fetch(
    inside: httpx.Client,
    outside: Callable[[], httpx.Client],
    url: str,
    *,
    most: int,
    extensions: dict[str, Any],
) -> bytes:
    """Return the file at *url*, following at most three redirects.

    :param inside: speaks to the API's host, and to no other.
    :param outside: makes what speaks to any other, and knows no sign-in.
    :param most: the largest size in bytes.
    :raises ApiError: where there is no such file, or it is larger.
    """
    for _ in range(HOPS + 1):
        place = _checked(url)
        if _same_host(place, inside.base_url):
            answer = _read(inside, place, most, extensions)
        else:
            with outside() as client:
                answer = _read(client, place, most, {})
        if isinstance(answer, bytes):
            return answer
        url = answer
    raise Unreachable("The file's address leads in circles.", system="procore")


def _checked(url: str) -> httpx.URL:
    try:
        return httpx.URL(secure_url(url, "the file's address"))
    except ConnectionIncomplete as error:
        raise Unreachable(str(error), system="procore") from error


def _same_host(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _read(
    client: httpx.Client, url: httpx.URL, most: int, extensions: dict[str, Any]
) -> str | bytes:
    """Return the file, or the address that its place sends us on to."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        with client.stream("GET", url, headers=headers, extensions=extensions) as response:
            if response.next_request is not None:
                return str(response.next_request.url)
            if response.status_code != 200:
                raise ApiError(
                    f"{url.host} answers {response.status_code} where the file should be.",
                    system="procore",
                    status=response.status_code,
                )
            return _body(response, most)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url.host} gives no file: {error}.", system="procore") from error


def _body(response: httpx.Response, most: int) -> bytes:
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if len(read) > most:
            raise ApiError(
                f"The file is larger than {most // 1024 // 1024} MB.", system="procore", status=413
            )
    return bytes(read)
