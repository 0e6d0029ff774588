"""Pulling the plug: a worker that is killed at a chosen write or commit, and does nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal

import httpx
import pytest

from airflow_provider_procore_xero.ledger.ledger import Ledger

WRITING = ("POST", "PUT", "PATCH", "DELETE")
Moment = Literal["before", "after"]


class PowerCut(BaseException):
    """The worker is gone. Nothing that catches errors may catch this one and go on."""


class Mains:
    """Counts what leaves the worker for good, and cuts the power at one of these moments.

    :ivar requests: writes sent to either system, tokens aside.
    :ivar commits: transactions of the ledger.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.restore()
        send, write = httpx.HTTPTransport.handle_request, Ledger._write
        mains = self

        def handle_request(transport: Any, request: httpx.Request) -> httpx.Response:
            if request.method not in WRITING or request.url.path.endswith("/token"):
                mains.check()
                return send(transport, request)
            mains.requests += 1
            mains.strike("request", mains.requests, "before")
            response = send(transport, request)
            response.read()
            mains.strike("request", mains.requests, "after")
            return response

        @contextmanager
        def transaction(ledger: Ledger) -> Iterator[Any]:
            mains.commits += 1
            mains.strike("commit", mains.commits, "before")
            whole: AbstractContextManager[Any] = write(ledger)
            with whole as connection:
                yield connection

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle_request)
        monkeypatch.setattr(Ledger, "_write", transaction)

    def restore(self) -> None:
        """Switch the power on, and count from nothing."""
        self.on = True
        self.requests = self.commits = 0
        self._plan: tuple[str, int, Moment] | None = None

    def cut(self, what: Literal["request", "commit"], number: int, moment: Moment) -> None:
        """Switch the power off right before or after the so-manieth request or commit."""
        self.restore()
        self._plan = (what, number, moment)

    def strike(self, what: str, number: int, moment: Moment) -> None:
        """Cut the power if this is the moment."""
        self.check()
        if self._plan == (what, number, moment):
            self.on = False
        self.check()

    def check(self) -> None:
        """Stop whatever still tries to do something."""
        if not self.on:
            raise PowerCut
