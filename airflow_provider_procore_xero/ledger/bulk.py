"""Many rows at once. This is where the time of a large run goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect

from airflow_provider_procore_xero.ledger.tables import Moment

Spelled = tuple[str, Callable[[dict[str, Any]], tuple[Any, ...]], list[str]]


def execute_all(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Execute *statement*, an INSERT that is the same object each time, for *rows* of equal keys.

    On PostgreSQL SQLAlchemy makes few round trips of many rows. On SQLite there are none to save,
    and what it does for each parameter costs as much as the insert, so the driver gets the rows.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, rows)
        return
    sql, values, moments = _spelled(statement, tuple(rows[0]), connection.dialect)
    written: dict[datetime, str] = {}
    for row in rows:
        for name in moments:
            moment = row[name]
            if moment not in written:
                written[moment] = Moment().process_bind_param(moment, connection.dialect)
            row[name] = written[moment]
    connection.exec_driver_sql(sql, [values(row) for row in rows])


@lru_cache(maxsize=32)
def _spelled(statement: Any, keys: tuple[str, ...], dialect: Dialect) -> Spelled:
    compiled = statement.compile(dialect=dialect, column_keys=list(keys))
    moments = [key for key in keys if isinstance(statement.table.c[key].type, Moment)]
    return str(compiled), itemgetter(*compiled.positiontup), moments
