"""A pretend Procore alone, with a frozen clock, and a client that is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from airflow_provider_procore_xero.simulator.calls import Calls
from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.faults import Faults
from airflow_provider_procore_xero.simulator.procore import Procore
from airflow_provider_procore_xero.simulator.procore import routes as procore_routes
from tests.in_process import in_process_client


@pytest.fixture
def procore() -> Procore:
    """An empty company; rate limits count nothing, as the clock stands still."""
    clock = Clock(datetime(2026, 6, 15, 9, 0, tzinfo=UTC))
    return Procore(clock=clock, faults=Faults(), calls=Calls(), rate_limits=False)


@pytest.fixture
def anonymous(procore: Procore) -> Iterator[httpx.Client]:
    """A client of Procore without a token and without the company header."""
    app = Starlette(routes=procore_routes(procore))
    with in_process_client(app, "http://procore.example") as client:
        yield client


@pytest.fixture
def api(anonymous: httpx.Client, procore: Procore) -> httpx.Client:
    """The service account, in its company."""
    token = procore.tokens.issue(refreshable=False)["access_token"]
    anonymous.headers["Authorization"] = f"Bearer {token}"
    anonymous.headers["Procore-Company-Id"] = str(procore.company["id"])
    return anonymous
