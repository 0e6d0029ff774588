"""A PostgreSQL for tests: where one is, and a database of one's own in it.

``python -m dev.postgres`` prints the URL of a server that tests may use, or nothing. Only a server
on this machine that lets user *postgres* into database *test* without a password counts: nobody
keeps anything there. ``make test`` hands the answer on as ``PROCORE_XERO_TEST_POSTGRES``; set that
yourself to use another one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

DRIVER = "postgresql+psycopg2://"
LOCAL = f"{DRIVER}postgres@127.0.0.1:5432/test"


def test_database() -> str:
    """Return the URL, driver named, or an empty string."""
    try:
        psycopg2.connect(_dsn(LOCAL), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return ""
    return LOCAL


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Return the URL of a new, empty database on the server of *url*; drop it afterwards."""
    name = f"procore_xero_{uuid.uuid4().hex[:12]}"
    _execute(url, f"CREATE DATABASE {name}")
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        _execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(_dsn(url))) as connection:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        connection.cursor().execute(statement)


def _dsn(url: str) -> str:
    return url.replace(DRIVER, "postgresql://")


if __name__ == "__main__":
    print(test_database())
