"""Ledgers that can be put back to what they were: a file of SQLite, or a database of PostgreSQL."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import psycopg2
from psycopg2.extensions import cursor
from sqlalchemy import URL, Connection, create_engine, delete, make_url, select, text, update

from airflow_provider_procore_xero.ledger.migrate import upgrade
from airflow_provider_procore_xero.ledger.tables import allowances, intents, leases, metadata
from tests.flows.office import copied


class Store(Protocol):
    """Where the ledger lies."""

    name: str

    def keep(self) -> str:
        """Return the name of a copy of the ledger as it is now."""

    def back_to(self, kept: str) -> None:
        """Have a ledger that is as *kept* was, whatever became of the last one."""

    def connection(self) -> str:
        """Return the ledger's Airflow connection."""

    def url(self) -> URL: ...


class Sqlite:
    """A ledger in a file; a copy of the file is a copy of the ledger."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        self.path = self._next()
        _made(self.url())

    def _next(self) -> Path:
        self._count += 1
        return self._folder / f"ledger-{self._count}.db"

    def keep(self) -> str:
        return str(copied(self.path, self._next()))

    def back_to(self, kept: str) -> None:
        for left in ("", "-wal", "-shm"):
            Path(f"{self.path}{left}").unlink(missing_ok=True)
        self.path = self._next()
        shutil.copy(kept, self.path)

    def connection(self) -> str:
        return json.dumps({"conn_type": "sqlite", "host": str(self.path)})

    def url(self) -> URL:
        return URL.create("sqlite", database=str(self.path))


class Postgres:
    """A ledger in a database; copies of it are kept as text, table by table.

    :param empty: the URL of a database with nothing in it.
    """

    name = "PostgreSQL"

    def __init__(self, empty: str) -> None:
        self._url = make_url(empty)
        _made(self.url())
        self._sql = psycopg2.connect(
            host=self._url.host, port=self._url.port, user=self._url.username,
            password=self._url.password, dbname=self._url.database,
        )  # fmt: skip
        self._kept: dict[str, dict[str, str]] = {}

    def keep(self) -> str:
        kept = {}
        with self._alone() as cursor:
            for table in metadata.sorted_tables:
                into = io.StringIO()
                cursor.copy_expert(f"COPY {table.name} TO STDOUT", into)
                kept[table.name] = into.getvalue()
        name = str(len(self._kept))
        self._kept[name] = kept
        return name

    def back_to(self, kept: str) -> None:
        names = [table.name for table in metadata.sorted_tables]
        with self._alone() as cursor:
            for name in reversed(names):
                # Some tables refuse to forget.
                cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER; DELETE FROM {name}")  # noqa: S608
            for name in names:
                cursor.copy_expert(f"COPY {name} FROM STDIN", io.StringIO(self._kept[kept][name]))
                cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")

    @contextmanager
    def _alone(self) -> Iterator[cursor]:
        """Give a transaction in which nobody else is: a killed worker's session may be dying."""
        with self._sql, self._sql.cursor() as alone:
            alone.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield alone

    def connection(self) -> str:
        return json.dumps(
            {"conn_type": "postgres", "host": self.url().render_as_string(hide_password=False)}
        )

    def url(self) -> URL:
        return self._url

    def stop(self) -> None:
        self._sql.close()


def let_pass(store: Store, seconds: float) -> None:
    """Let leases and intents be that much older: a database's own clock can't be moved."""
    with _begun(store) as connection:
        for row in connection.execute(select(leases)).all():
            mine = update(leases).where(leases.c.name == row.name)
            connection.execute(mine.values(until=row.until - timedelta(seconds=seconds)))
        for row in connection.execute(select(intents).where(intents.c.closed_at.is_(None))).all():
            one = update(intents).where(intents.c.id == row.id)
            connection.execute(one.values(sent_at=row.sent_at - timedelta(seconds=seconds)))


def forget_calls(store: Store) -> None:
    """Let everybody call again: a night of a second would be stopped after 60 calls a minute."""
    with _begun(store) as connection:
        connection.execute(delete(allowances))


@contextmanager
def _begun(store: Store) -> Iterator[Connection]:
    """Give a connection and a transaction, and leave nothing open."""
    engine = create_engine(store.url())
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _made(url: URL) -> None:
    """Make the tables; no connection stays open, so that the ledger can be copied."""
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()


LOOKED_AT = {
    "links": "kind, procore_id, xero_id, procore_name, xero_name, wrote, held, state, data",
    "intents": "entity, source_id",
    "issues": "entity, source_id, code, what, title",
    "shelf": "entity, source_id",
    "watermarks": "stream",
}
OPEN = {"intents": "closed_at IS NULL", "issues": "closed_at IS NULL", "links": "1 = 1"}


def rows_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return what the ledger has to say in the end: its links, and all that is still open."""
    found = {}
    with _begun(store) as connection:
        for table, columns in LOOKED_AT.items():
            query = f"SELECT {columns} FROM {table} WHERE {OPEN.get(table, '1 = 1')}"  # noqa: S608
            rows = [dict(row) for row in connection.execute(text(query)).mappings()]
            for row in rows:
                if isinstance(row.get("data"), str):
                    row["data"] = json.loads(row["data"] or "{}")
            found[table] = rows
    return found
