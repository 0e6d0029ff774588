"""Where the ledger is: from a URL to an engine, and the few statements that both databases share.

Tasks are forked, and a connection must not cross a fork, so an engine belongs to one process.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

CHUNK = 500
"""How many ids or rows go into one statement: SQLite once took at most 999 variables."""


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def moment(connection: Connection) -> datetime:
    """Return this moment by the clock that all workers share: SQLite's is this machine's."""
    if connection.dialect.name == "sqlite":
        return now()
    found = connection.execute(select(func.clock_timestamp())).scalar_one()
    return cast("datetime", found).astimezone(UTC)


def url_of(address: str | URL) -> URL:
    """Return *address* with its driver named: ``postgres://`` and the like mean psycopg2."""
    url = (
        make_url(address.replace("postgres://", "postgresql://", 1))
        if isinstance(address, str)
        else address
    )
    return url.set(drivername="postgresql+psycopg2") if url.drivername == "postgresql" else url


def engine_for(address: str | URL) -> Engine:
    """Return this process's engine for *address*; it connects when it is first used."""
    return _engine(url_of(address))


def hasty_engine_for(address: str | URL) -> Engine:
    """Return one whose last transactions may be lost if the machine fails: for what expires."""
    return _engine(url_of(address), hasty=True)


@lru_cache(maxsize=16)
def _engine(url: URL, *, hasty: bool = False) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _open_sqlite)
        if hasty:
            event.listen(engine, "connect", _hurry_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_size=1, max_overflow=9, pool_pre_ping=True)
    if hasty:
        event.listen(engine, "connect", _hurry_postgres)
    return engine


# The parent's connections stay the parent's: the child forgets them without closing them.
_inherited: list[Any] = []


def _after_fork() -> None:
    _inherited.append(_engine)
    globals()["_engine"] = lru_cache(maxsize=16)(_engine.__wrapped__)


os.register_at_fork(after_in_child=_after_fork)


def _open_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver's own BEGIN comes too late to wait for other writers; ours is below.
    connection.isolation_level = None
    # FULL: an intent is on the disk before its request leaves, whatever happens to the machine.
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
        "synchronous=FULL",
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _hurry_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL").close()


def _hurry_postgres(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer is refused at once if somebody wrote meanwhile; one that says so
    # from the start waits for its turn.
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection for one consistent look."""
    with engine.connect().execution_options(reads=True) as connection, connection.begin():
        yield connection


def insert(dialect: str, table: Table) -> Any:
    """Return an INSERT for *table* that knows ON CONFLICT, which either dialect has for itself."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """Yield *values* in parts of at most *size*."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
