"""What a run leaves for the next one, and for the other tasks of its own DAG run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from airflow_provider_procore_xero.ledger.codec import dumps, loads, squeeze, unsqueeze
from airflow_provider_procore_xero.ledger.engine import chunks, insert, now
from airflow_provider_procore_xero.ledger.facts import Watermark
from airflow_provider_procore_xero.ledger.tables import lists, shelf, snapshots, watermarks


def shelve(
    connection: Connection, pair: str, entity: str, items: Iterable[tuple[str, Mapping[str, Any]]]
) -> None:
    """Keep records as they were read, to judge them again without a call."""
    moment = now()
    rows = {
        source_id: {
            "pair": pair,
            "entity": entity,
            "source_id": source_id,
            "raw": dumps(raw),
            "shelved_at": moment,
        }
        for source_id, raw in items
    }
    new = insert(connection.dialect.name, shelf)
    again = new.on_conflict_do_update(
        index_elements=("pair", "entity", "source_id"),
        set_={"raw": new.excluded.raw, "shelved_at": new.excluded.shelved_at},
    )
    for part in chunks(list(rows.values())):
        connection.execute(again, part)


def unshelve(connection: Connection, pair: str, entity: str, source_ids: Iterable[str]) -> None:
    """Take records off the shelf."""
    for part in chunks(list(source_ids)):
        connection.execute(
            delete(shelf)
            .where(shelf.c.pair == pair, shelf.c.entity == entity)
            .where(shelf.c.source_id.in_(part))
        )


def shelf_page(
    connection: Connection, pair: str, entity: str, after: str, limit: int
) -> list[tuple[str, dict[str, Any]]]:
    """Return the next records of the shelf, by id."""
    query = (
        select(shelf.c.source_id, shelf.c.raw)
        .where(shelf.c.pair == pair, shelf.c.entity == entity, shelf.c.source_id > after)
        .order_by(shelf.c.source_id)
        .limit(limit)
    )
    return [(row.source_id, loads(row.raw)) for row in connection.execute(query)]


def watermark(connection: Connection, pair: str, stream: str) -> Watermark | None:
    """Return up to when *stream* was read, or None."""
    query = select(watermarks).where(watermarks.c.pair == pair, watermarks.c.stream == stream)
    row = connection.execute(query).first()
    if row is None:
        return None
    return Watermark(
        stream=row.stream, moment=row.moment, settings_hash=row.settings_hash, run=row.run
    )


def move_watermark(
    connection: Connection, pair: str, stream: str, moment: datetime, settings_hash: str, run: str
) -> None:
    """Remember that *stream* was read up to *moment*."""
    new = insert(connection.dialect.name, watermarks).values(
        pair=pair,
        stream=stream,
        moment=moment,
        settings_hash=settings_hash,
        run=run,
        moved_at=now(),
    )
    moved = ("moment", "settings_hash", "run", "moved_at")
    connection.execute(
        new.on_conflict_do_update(
            index_elements=("pair", "stream"), set_={name: new.excluded[name] for name in moved}
        )
    )


def list_sizes(connection: Connection, pair: str, names: Iterable[str]) -> dict[str, int]:
    """Return how long those of the lists *names* were that were read whole before."""
    found: dict[str, int] = {}
    for part in chunks(list(names)):
        query = select(lists.c.name, lists.c.rows).where(lists.c.pair == pair)
        rows = connection.execute(query.where(lists.c.name.in_(part)))
        found |= {row.name: row.rows for row in rows}
    return found


def save_list_sizes(connection: Connection, pair: str, sizes: Mapping[str, int], run: str) -> None:
    """Remember how long these lists are, read whole just now."""
    new = insert(connection.dialect.name, lists)
    again = new.on_conflict_do_update(
        index_elements=("pair", "name"),
        set_={name: new.excluded[name] for name in ("rows", "run", "read_at")},
    )
    moment = now()
    rows = [
        {"pair": pair, "name": name, "rows": size, "run": run, "read_at": moment}
        for name, size in sizes.items()
    ]
    for part in chunks(rows):
        connection.execute(again, part)


def snapshot(connection: Connection, pair: str, scope: str, name: str) -> Any | None:
    """Return what was saved, or None."""
    content = connection.scalar(
        select(snapshots.c.content).where(
            snapshots.c.pair == pair, snapshots.c.scope == scope, snapshots.c.name == name
        )
    )
    return None if content is None else unsqueeze(content)


def save_snapshot(connection: Connection, pair: str, scope: str, name: str, value: Any) -> Any:
    """Save *value* unless another task was first; return what is saved."""
    connection.execute(
        insert(connection.dialect.name, snapshots)
        .values(pair=pair, scope=scope, name=name, content=squeeze(value), taken_at=now())
        .on_conflict_do_nothing()
    )
    return snapshot(connection, pair, scope, name)


def prune_snapshots(connection: Connection, days: int) -> int:
    """Forget snapshots older than *days*; return how many."""
    old = delete(snapshots).where(snapshots.c.taken_at < now() - timedelta(days=days))
    return connection.execute(old).rowcount
