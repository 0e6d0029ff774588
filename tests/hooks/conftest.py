"""A simulator in this process for the hooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_procore_xero.simulator.server import Simulator
from tests.in_process import InProcessTransport


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(world="empty")


@pytest.fixture
def network(simulator: Simulator) -> Iterator[InProcessTransport]:
    transport = InProcessTransport(simulator.app)
    yield transport
    transport.close()
