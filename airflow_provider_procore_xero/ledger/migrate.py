"""Create and upgrade the ledger, safely where many tasks start at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, text

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.ledger.engine import BUSY_SECONDS, engine_for, now, reading
from airflow_provider_procore_xero.ledger.tables import HEAD, VERSION_TABLE, leases

MIGRATIONS = Path(__file__).with_name("migrations")

_LOCK = 0x50C0_0E20
"""Ours among PostgreSQL's advisory locks."""


def upgrade(where: Engine | URL | str) -> str:
    """Bring the ledger to the newest revision, one process at a time; return the revision.

    :raises SyncError: if a newer version of this package has upgraded it already.
    """
    engine = where if isinstance(where, Engine) else engine_for(where)
    if version(engine) == HEAD:
        return HEAD
    if engine.dialect.name == "sqlite":
        _write_ahead(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:ours)"), {"ours": _LOCK})
        if _version(connection) != HEAD:
            _migrate(connection)
    return HEAD


def version(engine: Engine) -> str | None:
    """Return the revision that the ledger is at, None where there is no ledger yet."""
    with reading(engine) as connection:
        return _version(connection)


def check(where: Engine | URL | str) -> str:
    """Return a sentence on the ledger at *where*, after a write that is taken back."""
    engine = where if isinstance(where, Engine) else engine_for(where)
    upgrade(engine)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(leases.insert(), {"name": "check", "holder": "", "until": now()})
        transaction.rollback()
    return f"The ledger in {engine.url.render_as_string()} is ready, at revision {HEAD}."


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return found


def _write_ahead(engine: Engine) -> None:
    """Let readers and a writer work at the same time. The file remembers it.

    SQLite does not wait for others when it changes this, so we do.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
        else:
            return
        finally:
            connection.close()
        time.sleep(0.05)


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SyncError(
            f"The ledger is at revision {_version(connection)}, which this version of"
            " airflow-provider-procore-xero does not know. Update the package."
        ) from error
