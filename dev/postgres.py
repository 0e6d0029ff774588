"""Print the URL of a PostgreSQL that tests may use, or nothing where there is none.

Only a server on this machine that lets user *postgres* into database *test* without a password
counts: nobody keeps anything there. ``make test`` hands the answer on as
``PROCORE_XERO_TEST_POSTGRES``; set that yourself to use another one.
"""

from __future__ import annotations

import psycopg2

DSN = "postgresql://postgres@127.0.0.1:5432/test"


def test_database() -> str:
    """Return the URL, driver named, or an empty string."""
    try:
        psycopg2.connect(DSN, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return ""
    return DSN.replace("postgresql:", "postgresql+psycopg2:")


if __name__ == "__main__":
    print(test_database())
