"""The account of a tenant's calls, which all workers keep together: a row, changed by one of them.

What stands in it is the clients' business (``apis/allowance.py``); here it is a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, bindparam, select, update

from airflow_provider_procore_xero.ledger.engine import hasty_engine_for, insert, moment, reading
from airflow_provider_procore_xero.ledger.tables import allowances

T = TypeVar("T")

_MINE = allowances.c.key == bindparam("called")
_READ = select(allowances.c.state).where(_MINE)
_LOOK = select(allowances.c.state).where(_MINE).with_for_update()
_KEEP = update(allowances).where(_MINE).values(state=bindparam("text"))


class LedgerLimits:
    """Where every worker that opens this ledger reads and writes the same account."""

    def __init__(self, engine: Engine) -> None:
        self._engine = hasty_engine_for(engine.url)
        self.name = engine.url.render_as_string()

    def text(self, key: str) -> str:
        """Return the text under *key* as it stands, empty where there is none."""
        with reading(self._engine) as connection:
            return connection.scalar(_READ, {"called": key}) or ""

    def change(self, key: str, change: Callable[[str, float], tuple[str, T]]) -> T:
        """Replace the text under *key*, and return what *change* answers.

        :param change: takes the text (empty at first) and the seconds since 1970 by the database's
            clock, and returns the new text and the answer.
        """
        with self._engine.begin() as connection:
            text = _locked(connection, key)
            text, answer = change(text, moment(connection).timestamp())
            connection.execute(_KEEP, {"called": key, "text": text})
        return answer


def _locked(connection: Connection, key: str) -> str:
    """Return the text under *key*; nobody else reads it until the transaction is over."""
    found: str | None = connection.scalar(_LOOK, {"called": key})
    if found is None:
        new = insert(connection.dialect.name, allowances).values(key=key, state="")
        connection.execute(new.on_conflict_do_nothing())
        found = connection.scalar(_LOOK, {"called": key})
    return found or ""
