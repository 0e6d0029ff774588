"""One simulator and one process to fork workers off, for all the faults of a test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.matrix import LEAST
from tests.faults.stage import Stage, Workers
from tests.faults.stores import Postgres, Sqlite, Store
from tests.flows.office import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    running = Workers()
    yield running
    running.stop()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty ledger in either database."""
    if request.param == "SQLite":
        yield Sqlite(tmp_path)
        return
    made = Postgres(request.getfixturevalue("postgres"))
    yield made
    made.stop()


@pytest.fixture
def stage(server: Server, workers: Workers, store: Store) -> Stage:
    return Stage(server, workers, store)


@pytest.fixture
def lite(server: Server, workers: Workers, tmp_path: Path) -> Stage:
    """Return a stage whose ledger is in SQLite, where the database makes no difference."""
    return Stage(server, workers, Sqlite(tmp_path))


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[[str, int, int], None]:
    """Add cases to the fault matrix: what they are, how many, and of how many there could be."""

    def count(what: str, cases: int, of: int) -> None:
        assert cases >= LEAST.get(what, 1), f"{what}: no more than {cases} cases"
        record_property("fault matrix", [what, cases, of])

    return count
