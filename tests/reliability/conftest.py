"""Real processes against both systems on a real port, with a ledger that they share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_procore_xero.ledger.migrate import upgrade
from dev.postgres import scratch_database
from tests.flows.conftest import office, people, server, template
from tests.flows.office import Office
from tests.reliability.processes import Workers

__all__ = ["office", "people", "server", "template"]

POSTGRES = os.environ.get("PROCORE_XERO_TEST_POSTGRES", "")
DATABASES = ["sqlite", "postgres"] if POSTGRES else ["sqlite"]


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest, office: Office, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty ledger, which the office and its workers use from now on."""
    if request.param == "sqlite":
        yield f"sqlite:///{office.new_ledger()}"
        return
    with scratch_database(POSTGRES) as url:
        upgrade(url)
        office.use_postgres(url)
        yield url


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return a place for processes; none outlives its test."""
    made = Workers()
    yield made
    made.stop()
