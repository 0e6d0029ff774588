"""A pretend network, a clock that only sleeping moves, and clients that use both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from airflow_provider_procore_xero.apis.limits import Limiter, XeroLimiter
from airflow_provider_procore_xero.apis.transport import Http
from airflow_provider_procore_xero.apis.xero_errors import explain

Say = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Time:
    """Stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Network(httpx.BaseTransport):
    """Answers what it was told to, in that order, the last one for ever."""

    def __init__(self, *says: Say) -> None:
        self.says = list(says)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        say = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(say, Exception):
            raise say
        if isinstance(say, httpx.Response):
            return httpx.Response(say.status_code, headers=say.headers, content=say.content)
        return say(request)


def json(status: int = 200, body: Any = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={} if body is None else body, headers=named)


def html(status: int = 200) -> httpx.Response:
    return httpx.Response(status, html="<!DOCTYPE html><h1>We'll be back soon</h1>")


def half() -> httpx.Response:
    return httpx.Response(200, content=b'{"Invoices": [{"Total": 1')


def an_http(
    network: httpx.BaseTransport, time: Time, limiter: Limiter | None = None, **changes: Any
) -> Http:
    given: dict[str, Any] = {
        "system": "xero",
        "base_url": "https://api.example",
        "auth": httpx.Auth(),
        "headers": {},
        "limiter": limiter or XeroLimiter(clock=time.seconds, sleep=time.sleep),
        "explain": explain,
        "transport": network,
        "monotonic": time.seconds,
        "sleep": time.sleep,
    }
    return Http(**{**given, **changes})


def bodies(requests: Iterable[httpx.Request]) -> list[bytes]:
    return [request.content for request in requests]
