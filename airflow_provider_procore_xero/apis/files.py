"""Files that a record only has the address of; the sign-in goes no further than the API's host."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import httpx

from ..errors import ApiError, ConnectionIncomplete, Unreachable
from .urls import is_loopback, secure_url

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
            _refuse_inner(place, inside.base_url)
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


def _refuse_inner(place: httpx.URL, api: httpx.URL) -> None:
    """Read nothing within this machine's own network because a record says so.

    :raises Unreachable: if *place* is there; a simulator's own files may be.
    """
    if is_loopback(api.host):
        return
    try:
        found = socket.getaddrinfo(place.host, None)
    except (OSError, UnicodeError):
        return  # nobody reads it, whoever tries
    addresses = {ip_address(str(at[0]).partition("%")[0]) for *_, at in found}
    if not all(_is_public(address) for address in addresses):
        raise Unreachable(
            f"The file's address leads to {place.host}, in a network that is not public; from"
            " there nothing is read.",
            system="procore",
        )


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_global)


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
