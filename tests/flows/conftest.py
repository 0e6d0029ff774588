"""The operators as a worker runs them, against both systems on a real port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_procore_xero.apis import transport
from tests.flows.contractor import Contractor
from tests.flows.office import Office, Server, empty_ledger


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty ledger; to copy it is faster than to make one."""
    return empty_ledger(tmp_path_factory.mktemp("ledger") / "empty.db")


@pytest.fixture
def office(
    server: Server, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """Return an office whose two systems hold nothing but their set-up."""
    # A resent call waits seconds, so as not to press a system that is ill; the simulator is not.
    monkeypatch.setattr(transport, "_back_off", lambda state: 0.0)
    made = Office(server, tmp_path, template, monkeypatch)
    made.reset()
    return made


@pytest.fixture
def people(office: Office) -> Contractor:
    """Return the people of the office's two systems."""
    return Contractor(office.simulator)
