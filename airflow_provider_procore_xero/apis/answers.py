"""What an answer that is no record says, whatever shape it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from .wire import Unreadable, decode


def messages_in(response: httpx.Response) -> tuple[str, ...]:
    """Return what the system says went wrong, in its words, whatever shape it chose.

    Known shapes: Procore's ``errors`` (a text, or texts by field), ``error`` (a text, or an object
    with ``message`` and ``details``), ``message``; Xero's ``Message`` with ``Elements`` and their
    ``ValidationErrors``, and problem documents with ``Title`` and ``Detail`` in either case.
    """
    try:
        document = decode(response.content)
    except Unreadable:
        text = response.text.strip()
        plain = response.headers.get("Content-Type", "").startswith("text/plain")
        return (text[:300],) if text and plain else ()
    return tuple(dict.fromkeys(_texts(document)))


def _texts(node: Any, field: str = "") -> Iterable[str]:
    if isinstance(node, str):
        yield f"{field} {node}" if field and field != "base" else node
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item, field)
    elif isinstance(node, dict):
        low = {str(key).lower(): value for key, value in node.items()}
        yield from _known_texts(low)
        if isinstance(low.get("errors"), dict):
            for name, texts in low["errors"].items():
                yield from _texts(texts, str(name))


def _known_texts(low: Mapping[str, Any]) -> Iterable[str]:
    """Elements first: "A validation exception occurred" helps nobody."""
    for key in ("elements", "validationerrors", "details", "error"):
        if isinstance(low.get(key), dict | list):
            yield from _texts(low[key])
    if isinstance(low.get("errors"), str | list):
        yield from _texts(low["errors"])
    for key in ("message", "description", "error_description", "detail", "title", "error"):
        if isinstance(low.get(key), str) and low[key]:
            yield low[key]


A_BEARER = 16
"""Characters of a bearer at least; what is shorter could stand in a record by chance."""


def without_echo(response: httpx.Response) -> httpx.Response:
    """Return *response* without the bearer that its request carried.

    Gateways show a request's headers on their error pages, and what an answer says is told to
    people, logged and kept.
    """
    bearer = response.request.headers.get("Authorization", "").rpartition(" ")[2].encode()
    if len(bearer) < A_BEARER or bearer not in response.content:
        return response
    as_sent = ("content-encoding", "content-length", "transfer-encoding")
    return httpx.Response(
        response.status_code,
        headers=[(k, v) for k, v in response.headers.multi_items() if k.lower() not in as_sent],
        content=response.content.replace(bearer, b"***"),
        request=response.request,
    )


def appearance(response: httpx.Response) -> str:
    """What came, as a person would call it."""
    start = response.content[:200].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith((b"<!doctype html", b"<html")) or "html" in response.headers.get(
        "Content-Type", ""
    ):
        return "an HTML page"
    if start.startswith((b"{", b"[")):
        return "a JSON document" if _is_json(response) else "half a JSON document"
    return "a text"


def _is_json(response: httpx.Response) -> bool:
    try:
        decode(response.content)
    except Unreadable:
        return False
    return True
