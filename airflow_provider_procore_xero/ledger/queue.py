"""Questions to and facts about ``queue`` and ``decisions``.

A row says where a record stands; decisions are only ever added. Every change of a row names the
version that it was made from, so the first of two who decide at once wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, or_, select, update

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.ledger.codec import dumps, loads, words
from airflow_provider_procore_xero.ledger.decisions import add, decision_of
from airflow_provider_procore_xero.ledger.engine import chunks, holding, insert, now, reading
from airflow_provider_procore_xero.ledger.facts import Decision, Queued
from airflow_provider_procore_xero.ledger.tables import decisions, queue
from airflow_provider_procore_xero.sync.approval import AGREED, OPEN, RULE, State, What
from airflow_provider_procore_xero.sync.plan import FieldChange

_BECOMES: Mapping[What, State] = {"accept": "accepted", "reject": "rejected"}
SEARCHED = 400
"""Characters of a record that a search looks at; an index must hold them."""
_NOT_STORED = ("id", "version")


def find(
    connection: Connection, pair: str, entity: str, source_ids: Iterable[str]
) -> dict[str, Queued]:
    """Return the rows of these records, by source id."""
    found: dict[str, Queued] = {}
    for part in chunks(list(source_ids)):
        query = _of(pair, entity).where(queue.c.source_id.in_(part))
        found |= {row.source_id: _queued(row) for row in connection.execute(query)}
    return found


def ids_in(connection: Connection, pair: str, entity: str, states: Sequence[str]) -> set[str]:
    """Return the source ids of the records of *entity* that are in *states*."""
    query = select(queue.c.source_id).where(
        queue.c.pair == pair, queue.c.entity == entity, queue.c.state.in_(states)
    )
    return set(connection.scalars(query))


def not_agreed(
    connection: Connection, pair: str, entity: str, needed: Mapping[str, str]
) -> dict[str, str]:
    """Return those of *needed* to which nobody agrees, with their state; nowhere is an empty one.

    Until the transaction ends nobody can decide otherwise on what is agreed to.

    :param needed: the hash that a decision must be bound to, by source id.
    """
    stands: dict[str, str] = {}
    agreed: set[str] = set()
    columns = (queue.c.source_id, queue.c.state, queue.c.hash)
    for part in chunks(list(needed)):
        query = select(*columns).where(queue.c.pair == pair, queue.c.entity == entity)
        query = query.where(queue.c.source_id.in_(part)).order_by(queue.c.id)
        for row in connection.execute(query.with_for_update(read=True)):
            stands[row.source_id] = row.state
            if row.state in AGREED and row.hash == needed[row.source_id]:
                agreed.add(row.source_id)
    return {each: stands.get(each, "") for each in needed if each not in agreed}


def save(connection: Connection, pair: str, found: Iterable[Queued]) -> None:
    """Remember *found*: new rows, and rows that are still at the version they were read at."""
    moment = now()
    for one in found:
        row = _row(one) | {"pair": pair, "changed_at": moment}
        if one.id:
            connection.execute(
                update(queue)
                .where(queue.c.id == one.id, queue.c.version == one.version)
                .values(**row, version=one.version + 1)
            )
        else:
            new = insert(connection.dialect.name, queue).values(**row)
            connection.execute(new.on_conflict_do_nothing())


def accept_by_rule(connection: Connection, pair: str, one: Queued, who: str, rule: str) -> None:
    """Remember that *rule* accepted *one*, a row that was saved in this transaction."""
    row = find(connection, pair, one.entity, (one.source_id,))[one.source_id]
    if row.state == "accepted" and row.hash == one.hash and row.decided_by == who:
        _add(connection, pair, row, "accept", who, rule, "")


def withdraw(connection: Connection, pair: str, entity: str, source_ids: Iterable[str]) -> None:
    """Take records out of every list that are no longer due."""
    for part in chunks(list(source_ids)):
        connection.execute(
            update(queue)
            .where(queue.c.pair == pair, queue.c.entity == entity)
            .where(queue.c.source_id.in_(part), queue.c.state.in_(OPEN))
            .values(state="withdrawn", version=queue.c.version + 1, changed_at=now())
        )


def decide(
    connection: Connection,
    pair: str,
    row: int,
    what: What,
    who: str,
    *,
    comment: str,
    seen: str,
    who_id: str,
) -> Queued | None:
    """Remember a decision and return the row as it is then; None where it came too late.

    :param seen: the hash of what was shown.
    """
    moment = now()
    change: dict[str, Any] = {"version": queue.c.version + 1, "changed_at": moment}
    if what != "retry":
        change |= {"state": _BECOMES[what], "decided_by": who, "decided_at": moment}
    came_in_time = connection.execute(
        update(queue)
        .where(queue.c.id == row, queue.c.pair == pair, queue.c.hash == seen)
        .where(queue.c.state.in_(_FROM[what]))
        .values(**change)
    ).rowcount
    if not came_in_time:
        return None
    decided = one(connection, pair, row)
    _add(connection, pair, decided, what, who, comment, who_id)
    return decided


_FROM: Mapping[What, tuple[State, ...]] = {
    "accept": ("ready_to_export",),
    "reject": ("ready_to_export", "failed_to_export"),
    "retry": ("failed_to_export",),
}
"""Where a record must stand for each decision."""


def _add(
    connection: Connection, pair: str, row: Queued, what: What, who: str, comment: str, who_id: str
) -> None:
    add(
        connection,
        pair=pair,
        queue=row.id,
        entity=row.entity,
        source_id=row.source_id,
        title=row.title,
        what=what,
        who=who,
        who_id=who_id,
        comment=comment,
        hash=row.hash,
    )


def one(connection: Connection, pair: str, row: int) -> Queued:
    """Return one row.

    :raises UnknownRecord: if the queue has none such.
    """
    query = select(queue).where(queue.c.pair == pair, queue.c.id == row)
    found = connection.execute(query).first()
    if found is None:
        raise UnknownRecord(f"The queue has no record {row}. Reload the page.")
    return _queued(found)


def page(
    connection: Connection,
    pair: str,
    state: str,
    entity: str,
    q: str,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[Queued]:
    """Return rows in *state* that hold every word of *q*: what waits oldest first, else newest."""
    query = select(queue).where(queue.c.pair == pair, queue.c.state == state)
    if entity:
        query = query.where(queue.c.entity == entity)
    query = holding(query, queue.c.words, words(q))
    moment, number = queue.c.changed_at, queue.c.id
    waits = state == "ready_to_export"
    if after is not None:
        beyond = moment > after[0] if waits else moment < after[0]
        further = number > after[1] if waits else number < after[1]
        query = query.where(or_(beyond, (moment == after[0]) & further))
    order = (moment, number) if waits else (moment.desc(), number.desc())
    return [_queued(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def counts(connection: Connection, pair: str) -> dict[str, int]:
    """Return how many records are in each state."""
    query = select(queue.c.state, func.count()).where(queue.c.pair == pair).group_by(queue.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def decisions_on(connection: Connection, pair: str, entity: str, source_id: str) -> list[Decision]:
    """Return every decision on a record, oldest first."""
    query = (
        select(decisions)
        .where(decisions.c.pair == pair, decisions.c.entity == entity)
        .where(decisions.c.source_id == source_id)
        .order_by(decisions.c.id)
    )
    return [decision_of(row) for row in connection.execute(query)]


def last_decisions(connection: Connection, pair: str, rows: Sequence[int]) -> dict[int, Decision]:
    """Return the newest decision on each of these rows, by the row's id."""
    found: dict[int, Decision] = {}
    for part in chunks(rows):
        query = (
            select(decisions)
            .where(decisions.c.pair == pair, decisions.c.queue.in_(part))
            .order_by(decisions.c.id)
        )
        found |= {row.queue: decision_of(row) for row in connection.execute(query)}
    return found


def rejections(connection: Connection, pair: str, since: datetime) -> list[Decision]:
    """Return what was rejected from *since* on, oldest first."""
    query = (
        select(decisions)
        .where(decisions.c.pair == pair, decisions.c.what == "reject", decisions.c.at >= since)
        .order_by(decisions.c.id)
    )
    return [decision_of(row) for row in connection.execute(query)]


def _of(pair: str, entity: str) -> Select[Any]:
    return select(queue).where(queue.c.pair == pair, queue.c.entity == entity)


def _row(one: Queued) -> dict[str, Any]:
    row = {name: value for name, value in asdict(one).items() if name not in _NOT_STORED}
    said = (one.source_id, one.title, one.name, one.amount, one.vendor, one.project)
    return row | {
        "payload": dumps(one.payload) if one.payload else None,
        "fields": dumps([asdict(each) for each in one.fields]) if one.fields else None,
        "errors": dumps(list(one.errors)) if one.errors else None,
        "words": words(*said)[:SEARCHED],
        "waiting_since": one.waiting_since or now(),
    }


def _queued(row: Any) -> Queued:
    return Queued(
        id=row.id,
        entity=row.entity,
        source_id=row.source_id,
        state=row.state,
        what=row.what,
        title=row.title,
        name=row.name,
        hash=row.hash,
        read=row.read,
        payload=loads(row.payload),
        fields=tuple(FieldChange(**each) for each in loads(row.fields)),
        amount=row.amount,
        vendor=row.vendor,
        project=row.project,
        creator=row.creator,
        submitter=row.submitter,
        procore_url=row.procore_url,
        xero_url=row.xero_url,
        target_id=row.target_id,
        errors=tuple(loads(row.errors)),
        run=row.run,
        version=row.version,
        waiting_since=row.waiting_since,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        exported_at=row.exported_at,
        changed_at=row.changed_at,
    )


class Queue:
    """The queue of one pair; one method is one question or one fact, in one transaction."""

    def __init__(self, engine: Engine, pair: str) -> None:
        self._engine, self._pair = engine, pair

    def find(self, entity: str, source_ids: Iterable[str]) -> dict[str, Queued]:
        """Return what is known of these records, by source id."""
        with reading(self._engine) as connection:
            return find(connection, self._pair, entity, source_ids)

    def ids_in(self, entity: str, states: Sequence[str]) -> set[str]:
        """Return the source ids of the records of *entity* that are in *states*."""
        with reading(self._engine) as connection:
            return ids_in(connection, self._pair, entity, states)

    def save(self, found: Sequence[Queued], rules: Mapping[str, str] | None = None) -> None:
        """Remember *found*, all or nothing; a row that somebody has changed since is left alone.

        :param rules: the rule that accepted a record, by source id.
        """
        if not found:
            return
        with self._engine.begin() as connection:
            save(connection, self._pair, found)
            for each in found:
                if rules and each.source_id in rules:
                    accept_by_rule(connection, self._pair, each, RULE, rules[each.source_id])

    def withdraw(self, entity: str, source_ids: Iterable[str]) -> None:
        """Take records out of every list that are no longer due."""
        source_ids = list(source_ids)
        if source_ids:
            with self._engine.begin() as connection:
                withdraw(connection, self._pair, entity, source_ids)

    def decide(
        self, row: int, what: What, who: str, *, seen: str, comment: str = "", who_id: str = ""
    ) -> Queued | None:
        """Remember a decision and return the row as it is then; None where it came too late.

        :param seen: the hash of what was shown.
        :param who_id: the id in Airflow of the person whose name *who* is.
        """
        with self._engine.begin() as connection:
            return decide(
                connection, self._pair, row, what, who, comment=comment, seen=seen, who_id=who_id
            )

    def decide_all(
        self, seen: Mapping[int, str], what: What, who: str, who_id: str = ""
    ) -> list[int]:
        """Remember a decision on each of these rows at once; return those where it came in time.

        :param seen: the hash of what was shown, by row.
        """
        with self._engine.begin() as connection:
            return [
                row
                for row in sorted(seen)  # in one order, so that no two wait for each other
                if decide(
                    connection,
                    self._pair,
                    row,
                    what,
                    who,
                    comment="",
                    seen=seen[row],
                    who_id=who_id,
                )
            ]

    def several(self, rows: Sequence[int]) -> dict[int, Queued]:
        """Return those of *rows* that the queue has, by their ids."""
        found: dict[int, Queued] = {}
        with reading(self._engine) as connection:
            for part in chunks(rows):
                query = select(queue).where(queue.c.pair == self._pair, queue.c.id.in_(part))
                found |= {row.id: _queued(row) for row in connection.execute(query)}
        return found

    def one(self, row: int) -> Queued:
        """Return one row.

        :raises UnknownRecord: if the queue has none such.
        """
        with reading(self._engine) as connection:
            return one(connection, self._pair, row)

    def page(
        self,
        state: str,
        *,
        entity: str = "",
        q: str = "",
        after: tuple[datetime, int] | None = None,
        limit: int = 100,
    ) -> list[Queued]:
        """Return rows in *state*: what waits oldest first, else newest first.

        :param after: when the last row of the page before was changed, and its id.
        """
        with reading(self._engine) as connection:
            return page(connection, self._pair, state, entity, q, after, limit)

    def holding(
        self,
        q: str,
        states: Sequence[str],
        *,
        entity: str = "",
        of: Sequence[str] | None = None,
        before: int | None = None,
        limit: int = 1000,
    ) -> list[Queued]:
        """Return rows in *states* that hold every word of *q*, newest first.

        :param of: source ids, where only these are asked for.
        """
        query = select(queue).where(queue.c.pair == self._pair, queue.c.state.in_(states))
        if entity:
            query = query.where(queue.c.entity == entity)
        if of is not None:
            query = query.where(queue.c.source_id.in_(of))
        if before is not None:
            query = query.where(queue.c.id < before)
        query = holding(query, queue.c.words, words(q))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(queue.c.id.desc()).limit(limit))
            return [_queued(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many records are in each state."""
        with reading(self._engine) as connection:
            return counts(connection, self._pair)

    def decisions_on(self, entity: str, source_id: str) -> list[Decision]:
        """Return every decision on a record, oldest first."""
        with reading(self._engine) as connection:
            return decisions_on(connection, self._pair, entity, source_id)

    def last_decisions(self, rows: Sequence[int]) -> dict[int, Decision]:
        """Return the newest decision on each of these rows, by the row's id."""
        with reading(self._engine) as connection:
            return last_decisions(connection, self._pair, rows)

    def rejections(self, since: datetime) -> list[Decision]:
        """Return what was rejected from *since* on, oldest first."""
        with reading(self._engine) as connection:
            return rejections(connection, self._pair, since)
