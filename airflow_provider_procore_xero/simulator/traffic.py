"""What happens to a request before and after a side sees it: recording and faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from .calls import Call, Calls, masked
from .clock import Clock
from .faults import Fault, Faults
from .unseen import without_the_new

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BEFORE = ("status", "html", "drop_before", "rate_limit")
AFTER = ("half_json", "drop_after", "status_after", "unseen")
_SIDE_OF = {
    "rest": "procore",
    "oauth": "procore",
    "files": "procore",
    "api.xro": "xero",
    "connect": "xero",
    "connections": "xero",
}
_PAGE = "<!DOCTYPE html><html><body><h1>We'll be back soon</h1></body></html>"


@dataclass
class Answer:
    """A whole response, held back until it is known whether it may leave."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def leave(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class Traffic:
    """The outermost layer: records the call, strikes with faults, hands over.

    Pages for people and the control API pass untouched.
    """

    def __init__(self, app: App, *, clock: Clock, faults: Faults, calls: Calls) -> None:
        self.app = app
        self.clock = clock
        self.faults = faults
        self.calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        side = side_of(scope["path"]) if scope["type"] == "http" else None
        if side is None:
            await self.app(scope, receive, send)
            return
        self.calls.begin(side)
        try:
            await self._exchange(side, scope, receive, send)
        finally:
            self.calls.end(side)

    async def _exchange(self, side: str, scope: Scope, receive: Receive, send: Send) -> None:
        at = self.clock.now()
        body = await _whole_body(receive)
        with self.calls.under(_key(scope)) as another:
            scope["key_in_use"] = another
            late = self.faults.take("late", side, scope["method"], scope["path"])
            if late:
                await _die(send)
                await asyncio.sleep(float(late.args.get("seconds", 1)))
            answer = await self._answer(side, scope, body)
        self._record(side, scope, body, None if late else answer, at)
        if late:
            return
        if answer is None:
            await _die(send)
        else:
            await answer.leave(send)

    async def _answer(self, side: str, scope: Scope, body: bytes) -> Answer | None:
        """The answer that leaves, or None where the connection dies."""
        call = (side, scope["method"], scope["path"])
        if slow := self.faults.take("slow", *call):
            await asyncio.sleep(float(slow.args.get("seconds", 1)))
        if meanwhile := self.faults.take("meanwhile", *call):
            meanwhile.args["act"]()
        if before := self.faults.take(BEFORE, *call):
            return self._instead(side, before)
        after = self.faults.take(AFTER, *call)
        answer = Answer()
        await self.app(scope, _replay(body), answer.keep)
        if after is not None and after.name == "unseen":
            return _seen(answer, without_the_new(answer.body, side, scope["path"], self.calls))
        return _spoiled(answer, after) if after else answer

    def _instead(self, side: str, fault: Fault) -> Answer | None:
        if fault.name == "drop_before":
            return None
        if fault.name == "html":
            return answered(fault.args.get("status", 200), _PAGE, "text/html; charset=utf-8")
        if fault.name == "rate_limit":
            return _too_many(side, fault, self.clock.now())
        return answered(
            fault.args.get("status", 500),
            fault.args.get("body", ""),
            fault.args.get("content_type", "application/json"),
            fault.args.get("headers"),
        )

    def _record(
        self, side: str, scope: Scope, body: bytes, answer: Answer | None, at: datetime
    ) -> None:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        self.calls.append(
            Call(
                side=side,
                method=scope["method"],
                path=scope["path"],
                query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
                headers=masked(headers),
                body=body,
                status=answer.status if answer else 0,
                response=answer.body if answer else b"",
                at=at,
            )
        )


def _key(scope: Scope) -> str:
    headers = {name.lower(): value for name, value in scope["headers"]}
    return str(headers.get(b"idempotency-key", b"").decode("latin-1"))


def side_of(path: str) -> str | None:
    """Which API a path belongs to; None for pages and the control API."""
    return _SIDE_OF.get(path.lstrip("/").split("/", 1)[0])


def answered(
    status: int,
    body: str | bytes | dict[str, Any] | list[Any],
    content_type: str,
    headers: dict[str, str] | None = None,
) -> Answer:
    if isinstance(body, dict | list):
        body = json.dumps(body)
    raw = body.encode() if isinstance(body, str) else body
    given = {"content-length": str(len(raw)), **(headers or {})}
    if raw:
        given.setdefault("content-type", content_type)
    pairs = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in given.items()]
    return Answer(status, pairs, raw)


def _seen(answer: Answer, body: bytes | None) -> Answer:
    """The answer with another body, and a length that fits it; without one there is nothing."""
    if body is None:
        return answered(404, "The resource you're looking for cannot be found", "text/html")
    headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
    length = (b"content-length", str(len(body)).encode())
    return Answer(answer.status, [*headers, length], body)


def _spoiled(answer: Answer, fault: Fault) -> Answer | None:
    if fault.name == "drop_after":
        return None
    if fault.name == "half_json":
        return answered(200, answer.body[: len(answer.body) // 2], "application/json")
    return answered(fault.args.get("status", 500), fault.args.get("body", ""), "application/json")


def _too_many(side: str, fault: Fault, now: datetime) -> Answer:
    """429 the way each API says it: Xero without a body, Procore with a reset moment."""
    wait = fault.args.get("retry_after", 26)
    if side == "procore":
        headers = {
            "X-Rate-Limit-Limit": "600" if fault.args.get("kind") == "hour" else "25",
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": str(int(now.timestamp()) + int(wait or 0)),
        }
        if wait is not None:
            headers["Retry-After"] = str(wait)
        return answered(429, {"errors": "Rate limit exceeded"}, "application/json", headers)
    kind = fault.args.get("kind", "minute")
    headers = {
        "X-Rate-Limit-Problem": kind,
        "X-MinLimit-Remaining": "0" if kind == "minute" else "60",
        "X-DayLimit-Remaining": "0" if kind == "day" else "344",
        "X-AppMinLimit-Remaining": "0" if kind == "app_minute" else "9999",
    }
    if kind != "concurrent" and wait is not None:
        headers["Retry-After"] = str(wait)
    return answered(429, b"", "", headers)


async def _whole_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _die(send: Send) -> None:
    """Close the socket under uvicorn; in process, raise what a dead socket raises."""
    # uvicorn's `send` is a method of the object that owns the connection.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("The simulator let the connection die, as it was told to.")
    transport.abort()
    # Let uvicorn notice before we return, or it would complain of a missing answer.
    while not send.__self__.disconnected:  # type: ignore[attr-defined]
        await asyncio.sleep(0)
