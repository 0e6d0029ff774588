"""Our clients against the simulator in this process, with a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_procore_xero.apis.limits import ProcoreLimiter, XeroLimiter
from airflow_provider_procore_xero.apis.procore import Procore, procore
from airflow_provider_procore_xero.apis.xero import Xero, xero
from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.server import Simulator
from tests.in_process import InProcessTransport

COMPANY = 4281379
TENANT = "c3d50000-0000-4000-8000-00000000cafe"


@dataclass
class World:
    """The simulator, its transport, and how to make clients that reach it."""

    simulator: Simulator
    network: InProcessTransport
    slept: list[float] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.simulator.clock.advance(seconds)

    def now(self) -> datetime:
        return self.simulator.clock.now()

    def _seconds(self) -> float:
        return self.now().timestamp()

    def _common(self) -> dict[str, Any]:
        return {
            "transport": self.network,
            "now": self.now,
            "sleep": self.sleep,
            "hear_secret": self.heard.append,
        }

    def procore(self, **changes: Any) -> Procore:
        given: dict[str, Any] = {
            "base_url": "https://procore.example",
            "login_host": "https://login.procore.example",
            "client_id": "procore-client",
            "client_secret": "procore-secret",
            "company_id": COMPANY,
            "limiter": ProcoreLimiter(clock=self._seconds, sleep=self.sleep),
        }
        return procore(**{**given, **self._common(), **changes})

    def xero(self, **changes: Any) -> Xero:
        given: dict[str, Any] = {
            "base_url": "https://xero.example",
            "identity_host": "https://identity.xero.example",
            "client_id": "xero-client",
            "client_secret": "xero-secret",
            "limiter": XeroLimiter(clock=self._seconds, sleep=self.sleep),
        }
        return xero(**{**given, **self._common(), **changes})


@pytest.fixture
def build() -> Iterator[Callable[..., World]]:
    """Build a world as the simulator's arguments say."""
    networks = []

    def make(**arguments: Any) -> World:
        clock = Clock(datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC))
        simulator = Simulator(clock=clock, **arguments)
        networks.append(InProcessTransport(simulator.app))
        return World(simulator, networks[-1])

    yield make
    for network in networks:
        network.close()


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    """The contractor."""
    return build()
