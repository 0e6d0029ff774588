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
from time import monotonic
from typing import Any, cast

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    Integer,
    Select,
    Table,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, InvalidatePoolError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

IDLE_SECONDS = 1
"""How long a connection may lie idle until it is asked whether it still stands."""

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


# What a statement carries is hidden in errors: it has names and amounts, and errors are logged.
@lru_cache(maxsize=16)
def _engine(url: URL, *, hasty: bool = False) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _open_sqlite)
        if hasty:
            event.listen(engine, "connect", _hurry_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A screen asks several things at once; a task, one after another, opens no more than one.
    engine = create_engine(url, pool_size=3, max_overflow=7, hide_parameters=True)
    event.listen(engine, "connect", _open_postgres)
    event.listen(engine, "handle_error", _without_the_row)
    event.listen(engine, "checkin", _note_when)
    event.listen(engine, "checkout", _see_if_it_stands)
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


def _open_postgres(connection: Any, _: Any) -> None:
    # Else a search reads the whole table rather than the index that it has: PostgreSQL takes a
    # page out of order for four in order, as disks with heads had it.
    with connection.cursor() as cursor:
        cursor.execute("SET random_page_cost TO 1.1")
    connection.commit()


def _without_the_row(context: ExceptionContext) -> None:
    """Keep of a refusal what it is about: PostgreSQL adds the row, or quotes the value."""
    error, told = context.original_exception, context.sqlalchemy_exception
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    if said and told is not None:
        error.args = (str(said).partition(":")[0],)
        told.args = (f"({type(error).__module__}.{type(error).__name__}) {error.args[0]}",)


def is_taken(error: IntegrityError) -> bool:
    """Whether a statement was refused since another row has what must be one row's alone."""
    code = getattr(error.orig, "pgcode", None) or getattr(error.orig, "sqlite_errorname", None)
    return code in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


def _note_when(_: Any, record: Any) -> None:
    record.info["idle_since"] = monotonic()


def _see_if_it_stands(connection: Any, record: Any, _: Any) -> None:
    """Ask a connection that lay idle whether the server still knows it; else it is made anew."""
    if monotonic() - record.info.get("idle_since", monotonic()) < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except connection.Error as error:
        raise InvalidatePoolError from error


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
    """Give a connection to look with.

    On SQLite all statements see the ledger at one moment. On PostgreSQL each sees what is committed
    when it begins, transaction or not, so there is none: beginning and ending it are two more ways
    there and back.
    """
    options: dict[str, Any] = {"reads": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "AUTOCOMMIT"
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


class _Place(FunctionElement[int]):
    """Where in a text another one begins, counted from 1; 0 where it is not in it."""

    name = "place"
    type = Integer()
    inherit_cache = True


@compiles(_Place, "sqlite")
def _place_on_sqlite(place: _Place, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(place.clauses, **options)})"


@compiles(_Place, "postgresql")
def _place_on_postgres(place: _Place, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(place.clauses, **options)})"


def holding(query: Select[Any], column: ColumnElement[str], words: str) -> Select[Any]:
    """Return *query* for the rows whose *column* holds each of *words*, wherever in it.

    That takes a fifth of the time of ``LIKE '%word%'``, and no character means another.
    """
    for word in words.split():
        query = query.where(_Place(column, literal(word)) > 0)
    return query


def insert(dialect: str, table: Table) -> Any:
    """Return an INSERT for *table* that knows ON CONFLICT, which either dialect has for itself."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """Yield *values* in parts of at most *size*."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
