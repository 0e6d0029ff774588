"""Which hosts credentials may travel to."""

from __future__ import annotations

from ipaddress import ip_address

import httpx

from ..errors import ConnectionIncomplete


def secure_url(url: str, field: str) -> str:
    """Return *url* without a trailing slash, if credentials may travel to it.

    :param field: what the url is called, for the sentence.
    :raises ConnectionIncomplete: if it is no url, or plain http beyond this machine.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme == "https" and parsed.host:
        return url.rstrip("/")
    if parsed.scheme == "http" and is_loopback(parsed.host):
        return url.rstrip("/")
    raise ConnectionIncomplete(
        f"{field} is {url!r}; it must begin with https:// (http:// is for this machine only)."
    )


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
