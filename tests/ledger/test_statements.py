"""How often the ledger goes to its database, and what it does where that went away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError

from airflow_provider_procore_xero.ledger import engine as engines
from airflow_provider_procore_xero.ledger.explained import explained
from airflow_provider_procore_xero.ledger.ledger import Ledger
from tests.ledger.builders import a_link, a_run, held
from tests.ledger.conftest import DATABASES


def test_ten_records_are_explained_in_as_many_statements_as_one(
    ledger: Ledger, engine: Engine
) -> None:
    ids = [str(n) for n in range(100, 110)]
    ledger.save_links([a_link(each, f"x{each}", procore_name="Harbour") for each in ids])
    ledger.save_links([a_link("8", "x8", procore_name="Foundry")])
    ledger.add_outcomes(a_run(ledger), [held(each) for each in (*ids, "8")])

    one = _statements(engine, lambda: explained(ledger, "vendors", "foundry"))
    ten = _statements(engine, lambda: explained(ledger, "vendors", "harbour"))

    assert len(explained(ledger, "vendors", "harbour")) == 10
    assert len(ten) == len(one)


def test_a_search_takes_every_character_for_itself(ledger: Ledger) -> None:
    ledger.save_links([a_link("1", "x1", procore_name="5% Ānd_Co"), a_link("2", "x2")])

    found = {q: ledger.questions.pairings(q) for q in ("5%", "ānd_", "_", "%", "/", "''")}

    assert {q: len(each) for q, each in found.items()} == {
        "5%": 1, "ānd_": 1, "_": 1, "%": 1, "/": 0, "''": 0,
    }  # fmt: skip


@pytest.mark.parametrize("engine", [d for d in DATABASES if d == "postgres"], indirect=True)
def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0)
    ledger.save_links([a_link()])
    _close_all_connections_of(engine)

    assert len(ledger.questions.pairings()) == 1


def _close_all_connections_of(engine: Engine) -> None:
    other = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database()"
        ending = f"SELECT pg_terminate_backend(pid, 5000) {others} AND pid <> pg_backend_pid()"
        assert connection.execute(text(ending)).scalars().all()
    other.dispose()


def _statements(engine: Engine, ask: Callable[[], Any]) -> list[str]:
    with _heard(engine) as heard:
        ask()
    return heard


@contextmanager
def _heard(engine: Engine) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_an_error_does_not_tell_what_was_to_be_written(ledger: Ledger) -> None:
    private = "Very Private Person"
    ledger.save_links([a_link("1", "x1")])
    statement = text("UPDATE links SET state = :said WHERE pair = :pair")

    with pytest.raises(IntegrityError) as raised, ledger._write() as connection:
        connection.execute(statement, {"said": private, "pair": ledger.pair})

    assert "UPDATE links" in str(raised.value)
    if ledger._engine.dialect.name == "sqlite":  # PostgreSQL shows the row that it refuses
        assert private not in str(raised.value)


@pytest.mark.parametrize("address", ["sqlite://", "postgresql://db/books"])
def test_an_error_hides_parameters_in_either_database(address: str) -> None:
    assert engines.engine_for(address).hide_parameters
