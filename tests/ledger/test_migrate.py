"""The ledger creates and upgrades itself, whoever comes first and however many come at once."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.ledger import migrate
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.migrate import MIGRATIONS, check, upgrade, version
from airflow_provider_procore_xero.ledger.tables import HEAD, VERSION_TABLE, metadata
from tests.ledger.builders import a_create, a_link, an_outcome, intents_of

PROCESSES = 8
BATCHES = 5


def work(url: str, worker: int, together) -> None:
    """Upgrade with all the others at once, then write batches as a task would."""
    together.wait()
    upgrade(url)
    ledger = Ledger(engine_for(url), "1:t")
    for batch in range(BATCHES):
        ids = [f"{worker}-{batch}-{i}" for i in range(10)]
        run, _, intents = intents_of(ledger, *(a_create(one) for one in ids))
        done = [an_outcome(one) for one in ids]
        ledger.close_batch(run, done, [a_link(one, f"x{one}") for one in ids], intents)


def test_eight_processes_upgrade_and_write_at_once(empty_url):
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(PROCESSES)
    workers = [
        spawn.Process(target=work, args=(empty_url, worker, together))
        for worker in range(PROCESSES)
    ]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)

    ledger = Ledger(engine_for(empty_url), "1:t")
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert len(ledger.links("vendor")) == PROCESSES * BATCHES * 10
    assert len(ledger.runs(limit=1000)) == PROCESSES * BATCHES
    assert ledger.doubts("vendors") == []


def test_a_child_process_opens_the_ledger_for_itself(empty_url):
    upgrade(empty_url)
    ledger = Ledger(engine_for(empty_url), "1:t")
    ledger.save_links([a_link("1", "x1")])

    child = os.fork()
    if child == 0:
        Ledger(engine_for(empty_url), "1:t").save_links([a_link("2", "x2")])
        os._exit(0)
    _, status = os.waitpid(child, 0)

    ledger.save_links([a_link("3", "x3")])
    assert status == 0
    assert len(ledger.links("vendor")) == 3


def test_what_the_migrations_build_is_what_the_tables_say(empty_url):
    upgrade(empty_url)

    with engine_for(empty_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_the_tables_stand_for():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_upgraded_ledger_is_not_upgraded_again(empty_url, monkeypatch):
    upgrade(empty_url)
    monkeypatch.setattr(migrate, "_migrate", None)

    assert upgrade(empty_url) == HEAD


def test_a_ledger_of_a_newer_package_is_left_alone(empty_url):
    engine = engine_for(empty_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE procore_xero_version SET version_num = '9999'"))

    with pytest.raises(SyncError, match=r"9999.*Update the package"):
        upgrade(engine)

    assert version(engine) == "9999"


def test_R110_decisions_of_an_older_ledger_are_found_and_stay_as_they_are(empty_url):
    engine = engine_for(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            text(
                "INSERT INTO decisions (pair, entity, source_id, title, what, who, comment, hash,"
                " at) VALUES ('1:t', 'projects', '7', 'Marina', 'link', 'Ana', 'Same one', '',"
                " '2026-06-01T00:00:00+00:00')"
            )
        )

    upgrade(engine)

    (decision,) = Ledger(engine, "1:t").questions.decisions("marina SAME")
    assert (decision.who, decision.who_id, decision.comment) == ("Ana", "", "Same one")
    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
        connection.execute(text("UPDATE decisions SET who = 'eve'"))


def test_the_check_leaves_nothing_behind(empty_url):
    said = check(empty_url)

    assert HEAD in said
    assert check(empty_url) == said


def test_sqlite_reads_while_it_writes_and_forgets_nothing(tmp_path):
    engine = engine_for(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)

    with engine.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_postgres_urls_name_their_driver():
    drivers = {
        address: engine_for(address).url.drivername
        for address in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg2://u@h/d")
    }

    assert set(drivers.values()) == {"postgresql+psycopg2"}


def test_naming_the_package_loads_nothing():
    script = "import sys, airflow_provider_procore_xero.ledger; print('sqlalchemy' in sys.modules)"

    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "False"


def test_an_upgraded_ledger_opens_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    upgrade(url)
    script = (
        "import sys\n"
        "from airflow_provider_procore_xero.ledger.migrate import upgrade\n"
        f"upgrade({url!r})\n"
        "print('alembic' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "False"


def test_the_ledger_is_tested_on_postgresql_too(postgres):
    assert upgrade(postgres) == HEAD


def test_a_child_process_has_connections_of_its_own(empty_url):
    engine = engine_for(empty_url)
    ours = id(engine.pool)

    child = os.fork()
    if child == 0:
        os._exit(int(id(engine_for(empty_url).pool) == ours))
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert engine_for(empty_url) is engine
