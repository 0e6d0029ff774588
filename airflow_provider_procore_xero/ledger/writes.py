"""Intents before a request leaves, outcomes after its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from airflow_provider_procore_xero.ledger.bulk import execute_all
from airflow_provider_procore_xero.ledger.codec import change_of, outcome_of, outcome_row, words
from airflow_provider_procore_xero.ledger.engine import CHUNK, chunks, holding, moment, now
from airflow_provider_procore_xero.ledger.facts import Found
from airflow_provider_procore_xero.ledger.tables import changes, intents, outcomes
from airflow_provider_procore_xero.sync.plan import Hold, Keep, Remove, Stored
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.sync.results import Doubt

_INTEND = intents.insert()
_APPEND = outcomes.insert()


def intend(connection: Connection, pair: str, stored: Sequence[Stored], **facts: Any) -> list[int]:
    """Remember what is about to be sent; return the ids, in the order of *stored*."""
    sent_at = moment(connection)
    rows = [
        {
            **facts,
            "pair": pair,
            "seq": one.seq,
            "source_id": change.about.source_id,
            "fingerprint": "" if isinstance(change, Remove) else change.wrote,
            "sent_at": sent_at,
        }
        for one in stored
        if not isinstance(change := one.change, Keep | Hold)
    ]
    if not rows:
        return []
    if connection.dialect.name == "sqlite":
        return _intend_alone(connection, rows)
    new = intents.insert().returning(intents.c.id, sort_by_parameter_order=True)
    return list(connection.scalars(new, rows))


def _intend_alone(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Number the intents ourselves: SQLite has one writer, and asking for numbers is slow."""
    first = (connection.scalar(select(func.max(intents.c.id))) or 0) + 1
    ids = range(first, first + len(rows))
    execute_all(connection, _INTEND, [{"id": i, **row} for i, row in zip(ids, rows, strict=True)])
    return list(ids)


def leaving(connection: Connection, pair: str, run: str) -> None:
    """Remember that what *run* has no answer to is sent only now."""
    mine = (intents.c.pair == pair) & (intents.c.run == run) & intents.c.closed_at.is_(None)
    connection.execute(update(intents).where(mine).values(sent_at=moment(connection)))


def close(connection: Connection, ids: Sequence[int]) -> None:
    """Remember that the answer to these intents is known."""
    for part in chunks(ids):
        connection.execute(update(intents).where(intents.c.id.in_(part)).values(closed_at=now()))


def doubts(connection: Connection, pair: str, entity: str) -> list[Doubt]:
    """Return the open intents of *entity*, of whatever run, oldest first.

    They were put down by the database's clock; told is when that was by this worker's own.
    """
    ahead = now() - moment(connection)
    query = (
        select(
            intents.c.id,
            intents.c.run,
            intents.c.sent_at,
            intents.c.key,
            *changes.c,
        )
        .join(changes, and_(changes.c.plan == intents.c.plan, changes.c.seq == intents.c.seq))
        .where(intents.c.pair == pair, intents.c.entity == entity)
        .where(intents.c.closed_at.is_(None))
        .order_by(intents.c.id)
    )
    return [
        Doubt(
            intent=row.id,
            run=row.run,
            plan=row.plan,
            stored=Stored(seq=row.seq, change=change_of(row)),
            sent_at=row.sent_at + ahead,
            key=row.key,
        )
        for row in connection.execute(query)
    ]


def append(connection: Connection, pair: str, run: str, found: Iterable[Outcome]) -> None:
    """Append *found* to the outcomes of *run*."""
    at = now()
    rows = [{**outcome_row(one), "pair": pair, "run": run, "at": at} for one in found]
    for part in chunks(rows, CHUNK):
        execute_all(connection, _APPEND, part)


def outcomes_of(connection: Connection, pair: str, run: str, what: str | None) -> list[Outcome]:
    """Return the outcomes of *run* in the order they came."""
    query = select(outcomes).where(outcomes.c.pair == pair, outcomes.c.run == run)
    if what is not None:
        query = query.where(outcomes.c.what == what)
    return [outcome_of(row) for row in connection.execute(query.order_by(outcomes.c.id))]


def page_of(
    connection: Connection, pair: str, run: str, after: int, limit: int
) -> list[tuple[int, Outcome]]:
    """Return the next outcomes of *run* after the one numbered *after*, each with its number."""
    query = (
        select(outcomes)
        .where(outcomes.c.pair == pair, outcomes.c.run == run, outcomes.c.id > after)
        .order_by(outcomes.c.id)
        .limit(limit)
    )
    return [(row.id, outcome_of(row)) for row in connection.execute(query)]


def search(
    connection: Connection,
    pair: str,
    q: str,
    asked: Mapping[str, str | None],
    limit: int,
    after: int | None,
) -> list[Found]:
    """Return outcomes that hold every word of *q*, newest first."""
    query = select(outcomes).where(outcomes.c.pair == pair)
    for name, value in asked.items():
        if value is not None:
            query = query.where(outcomes.c[name] == value)
    query = holding(query, outcomes.c.words, words(q))
    if after is not None:
        query = query.where(outcomes.c.id < after)
    rows = connection.execute(query.order_by(outcomes.c.id.desc()).limit(limit))
    return [
        Found(id=r.id, run=r.run, at=r.at, severity=r.severity, outcome=outcome_of(r)) for r in rows
    ]
