"""A ledger on SQLite, and the same on PostgreSQL where one is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from airflow_provider_procore_xero.apis.tokens import StoredToken
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.migrate import upgrade
from dev.postgres import scratch_database

POSTGRES = os.environ.get("PROCORE_XERO_TEST_POSTGRES", "")
DATABASES = ["sqlite", "postgres"] if POSTGRES else ["sqlite"]
"""Without a PostgreSQL one test in ``test_migrate.py`` says so, instead of each."""


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = engine_for(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}")
    upgrade(engine)
    return engine


@pytest.fixture(scope="session")
def postgres_engine() -> Iterator[Engine]:
    with scratch_database(POSTGRES) as scratch:
        engine = engine_for(scratch)
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The databases are shared by all tests; what a test writes stays under its own pair."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def new_ledger(engine: Engine) -> Callable[[], Ledger]:
    """Make ledgers of the same pair, as other workers would have them."""
    pair, cipher = f"1:{uuid.uuid4()}", Fernet(Fernet.generate_key())
    return lambda: Ledger(engine, pair, cipher, StoredToken)


@pytest.fixture
def ledger(new_ledger: Callable[[], Ledger]) -> Ledger:
    return new_ledger()


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres")
    return url
