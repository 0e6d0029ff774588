"""Idempotency keys: six minutes, for the whole app, errors included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .refusals import BadRequest, validation

if TYPE_CHECKING:
    from .state import Books

LIVES = timedelta(minutes=6)
LONGEST_KEY = 128


@dataclass
class Stored:
    """The first answer under a key, and the request it belongs to."""

    request: tuple[str, str, bytes]
    answer: Answer
    at: datetime


def key_of(call: ApiCall) -> str | None:
    """The key, on methods that honour one.

    :raises BadRequest: if it is longer than 128 characters.
    """
    key = call.headers.get("idempotency-key")
    if not key or call.method not in ("PUT", "POST", "PATCH"):
        return None
    if len(key) > LONGEST_KEY:
        raise BadRequest(
            10,
            "ValidationException",
            f"The Idempotency Key must not be longer than {LONGEST_KEY} characters.",
        )
    return key


def replay(books: Books, key: str, call: ApiCall) -> Answer | None:
    """The stored answer of the same request under *key*, if it is still remembered.

    :raises BadRequest: if the key was used with another URL, method or body.
    """
    stored: Stored | None = books.replays.get(key)
    if stored is None or books.clock.now() - stored.at >= LIVES:
        books.replays.pop(key, None)
        return None
    if stored.request == _request(call):
        return stored.answer
    message = f"Idempotency Key {key} is used with a different request."
    if books.switches["idempotency_mismatch_in"] == "elements":
        raise validation([{"ValidationErrors": [{"Message": message}]}])
    raise BadRequest(10, "ValidationException", message, [])


def remember(books: Books, key: str, call: ApiCall, answer: Answer) -> None:
    if answer.status == 400 and not books.switches["store_validation_errors"]:
        return
    books.replays[key] = Stored(_request(call), answer, books.clock.now())


def _request(call: ApiCall) -> tuple[str, str, bytes]:
    query = "&".join(f"{name}={value}" for name, value in sorted(call.query.items()))
    return call.method, f"{call.path}?{query}", call.raw
