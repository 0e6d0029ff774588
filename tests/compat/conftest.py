"""What a deployment has: both systems on a port, a mail server, connections, a database, the DAGs.

Nothing here may need more than Airflow 3.1 has: ``make matrix`` runs this folder under each version
of Airflow that the package supports.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from airflow_provider_procore_xero.simulator.server import Simulator
from dev.mailbox import Mailbox
from dev.ports import free_ports

DAGS = Path(__file__).parents[2] / "dags"
SETTINGS: dict[str, Any] = {
    "profile": "dimension_classic",
    "accounts": {"expense": "310"},
    "bills": {"retainage_account": "850"},
    "notifications": {"to": ["accounts@example.com"]},
}
UNHURRIED: dict[str, Any] = {
    "minute_limit": 10**6,
    "day_limit": 10**6,
    "rate_limits": False,
    "spike_limit": 10**6,
    "hourly_limit": 10**6,
}
"""Calls that come too fast are refused, and then slept for; that is tested elsewhere."""


class Systems:
    """A simulator that answers on a port of this machine."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self._server = uvicorn.Server(
            uvicorn.Config(self.simulator.app, port=port, log_level="warning", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        end = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the simulator ended while starting"
            assert time.monotonic() < end, "the simulator did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def connections(self) -> dict[str, str]:
        """Return both systems as Airflow finds connections in its environment."""
        procore = {"company_id": 4281379, "login_host": self.url, "web_host": self.url}
        tenant = "c3d50000-0000-4000-8000-00000000cafe"
        xero = {"tenant_id": tenant, "identity_host": self.url, "web_host": self.url}
        return {
            "AIRFLOW_CONN_PROCORE_DEFAULT": self._connection("procore", procore),
            "AIRFLOW_CONN_XERO_DEFAULT": self._connection("xero", xero),
        }

    def _connection(self, kind: str, extra: dict[str, Any]) -> str:
        return json.dumps(
            {
                "conn_type": kind,
                "host": self.url,
                "login": f"{kind}-client",
                "password": f"{kind}-secret",
                "extra": extra,
            }
        )


@pytest.fixture(scope="session")
def systems() -> Iterator[Systems]:
    running = Systems()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def deployment(
    systems: Systems, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Systems]:
    """Return both systems as they are seeded, with Airflow's environment set for a deployment."""
    systems.simulator.reset(**UNHURRIED)
    home = tmp_path_factory.mktemp("deployment")
    settings = home / "procore_xero.yaml"
    settings.write_text(json.dumps(SETTINGS))  # JSON is YAML
    ledger = {"conn_type": "sqlite", "host": str(home / "ledger.db")}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            **systems.connections(),
            "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection(),
            "AIRFLOW_CONN_PROCORE_XERO_LEDGER": json.dumps(ledger),
            "AIRFLOW__PROCORE_XERO__SETTINGS": str(settings),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__API_AUTH__JWT_SECRET": "for tests only, " * 8,
        }.items():
            environment.setenv(name, value)
        yield systems


@pytest.fixture(scope="session")
def database() -> None:
    """Create Airflow's own tables in the database that the tests' configuration names."""
    from airflow.utils.db import initdb

    initdb()
