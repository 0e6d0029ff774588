"""The fixture ``office``: a pretend Xero in this process, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from airflow_provider_procore_xero.simulator.calls import Calls
from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.faults import Faults
from airflow_provider_procore_xero.simulator.traffic import Traffic
from airflow_provider_procore_xero.simulator.xero import Xero, routes
from tests.in_process import in_process_client
from tests.simulator.xero_world import NOW, Office, furnish, token


@pytest.fixture
def office() -> Iterator[Office]:
    """An organisation with a chart, tax rates, two tracking categories and a supplier."""
    clock, faults, calls = Clock(NOW), Faults(), Calls()
    xero = Xero(clock=clock, faults=faults, calls=calls)
    furnish(xero)
    app = Traffic(Starlette(routes=routes(xero)), clock=clock, faults=faults, calls=calls)
    with in_process_client(app, "http://xero.example") as http:
        http.headers["Authorization"] = f"Bearer {token(http)}"
        http.headers["Accept"] = "application/json"
        yield Office(xero, clock, faults, http)
