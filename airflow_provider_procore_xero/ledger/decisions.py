"""What people, and rules, decided: only ever added to, and listed newest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select

from airflow_provider_procore_xero.ledger.codec import words
from airflow_provider_procore_xero.ledger.engine import holding, now
from airflow_provider_procore_xero.ledger.facts import Decision
from airflow_provider_procore_xero.ledger.tables import decisions

SEARCHED = 400
"""Characters of a decision that a search looks at; an index must hold them."""


def add(connection: Connection, **facts: Any) -> None:
    """Remember one decision, by its columns."""
    row = {"queue": None, "hash": "", "who_id": "", **facts, "at": now()}
    said = (row["who"], row["who_id"], row["source_id"], row["title"], row["comment"])
    connection.execute(decisions.insert(), {**row, "words": words(*said)[:SEARCHED]})


def page(
    connection: Connection,
    pair: str,
    q: str,
    *,
    who: str,
    what: str,
    entity: str,
    before: int | None,
    limit: int,
) -> list[Decision]:
    """Return decisions that hold every word of *q*, newest first.

    :param who: the id or the name of whoever decided.
    """
    query = select(decisions).where(decisions.c.pair == pair)
    if who:
        query = query.where(or_(decisions.c.who_id == who, decisions.c.who == who))
    if what:
        query = query.where(decisions.c.what == what)
    if entity:
        query = query.where(decisions.c.entity == entity)
    if before is not None:
        query = query.where(decisions.c.id < before)
    query = holding(query, decisions.c.words, words(q)).order_by(decisions.c.id.desc())
    return [decision_of(row) for row in connection.execute(query.limit(limit))]


def decision_of(row: Any) -> Decision:
    """Return a row as what it says."""
    return Decision(
        id=row.id,
        queue=row.queue,
        entity=row.entity,
        source_id=row.source_id,
        title=row.title,
        what=row.what,
        who=row.who,
        who_id=row.who_id,
        comment=row.comment,
        hash=row.hash,
        at=row.at,
    )
