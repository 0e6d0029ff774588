"""Questions to and facts about ``links``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError

from airflow_provider_procore_xero.errors import LinkTaken
from airflow_provider_procore_xero.ledger.bulk import execute_all
from airflow_provider_procore_xero.ledger.codec import dumps, loads, words
from airflow_provider_procore_xero.ledger.engine import CHUNK, chunks, insert, is_taken, now
from airflow_provider_procore_xero.ledger.tables import links, runs
from airflow_provider_procore_xero.sync.links import Link, System

_COLUMNS = (
    links.c.kind,
    links.c.procore_id,
    links.c.xero_id,
    links.c.procore_name,
    links.c.xero_name,
    links.c.wrote,
    links.c.held,
    links.c.read,
    links.c.state,
    links.c.data,
)
_IDENTITY = ("pair", "kind", "procore_id", "xero_id")
_SAID = ("procore_name", "xero_name", "state", "data")
"""What a plan may lean on: changing one of these changes the epoch, a new fingerprint does not."""
_FRESH = ("wrote", "held", "read", "run", "updated_at", "words", "cents")
_AMOUNTS = ("net", "amount")
_NUMBERS = (*_AMOUNTS, "paid", "invoice_number", "commitment_number", "number", "reference")
LONGEST = 400
"""Letters of a link that can be searched: an index entry of PostgreSQL holds 2,700 bytes."""


def find(
    connection: Connection,
    pair: str,
    kind: str,
    procore_ids: Iterable[Any] | None,
    xero_ids: Iterable[Any] | None,
) -> list[Link]:
    """Return links of *kind*, orphans before the living, so that the living win in ``Links``."""
    return [
        link_of(row)
        for query in _queries(pair, kind, procore_ids, xero_ids)
        for row in connection.execute(query).all()
    ]


def unlinked(connection: Connection, pair: str, kind: str, xero_ids: Iterable[Any]) -> set[str]:
    """Return which of these Xero records people have unlinked, and nothing has linked since."""
    found: dict[str, set[str]] = {}
    for part in chunks([str(one) for one in xero_ids]):
        query = select(links.c.xero_id, links.c.state).where(
            links.c.pair == pair, links.c.kind == kind, links.c.xero_id.in_(part)
        )
        for row in connection.execute(query):
            found.setdefault(row.xero_id, set()).add(row.state)
    return {xero_id for xero_id, states in found.items() if states == {"unlinked"}}


def former(connection: Connection, pair: str, kind: str, procore_ids: Iterable[Any]) -> list[Link]:
    """Return what people have unlinked from these Procore records, and nothing else has since."""
    found = [
        link_of(row)
        for part in chunks([str(one) for one in procore_ids])
        for row in connection.execute(
            select(*_COLUMNS)
            .where(links.c.pair == pair, links.c.kind == kind, links.c.state == "unlinked")
            .where(links.c.procore_id.in_(part))
            .order_by(links.c.id)
        )
    ]
    free = unlinked(connection, pair, kind, {link.xero_id for link in found})
    return [link for link in found if link.xero_id in free]


def _queries(
    pair: str, kind: str, procore_ids: Iterable[Any] | None, xero_ids: Iterable[Any] | None
) -> Iterator[Select[Any]]:
    known = (
        select(*_COLUMNS)
        .where(links.c.pair == pair, links.c.kind == kind, links.c.state != "unlinked")
        .order_by(links.c.state.desc(), links.c.id)
    )
    if procore_ids is None and xero_ids is None:
        yield known
    for column, given in ((links.c.procore_id, procore_ids), (links.c.xero_id, xero_ids)):
        for part in chunks([str(one) for one in given or ()]):
            yield known.where(column.in_(part))


def link_of(row: Any) -> Link:
    """Return the link that *row* of ``links`` keeps."""
    return Link(
        kind=row.kind,
        procore_id=row.procore_id,
        xero_id=row.xero_id,
        procore_name=row.procore_name,
        xero_name=row.xero_name,
        wrote=row.wrote,
        held=row.held,
        read=row.read,
        state=row.state,
        data=loads(row.data),
    )


def save(connection: Connection, pair: str, found: Iterable[Link], run: str) -> None:
    """Remember *found*; a pair of ids that is known already is brought up to date.

    :raises LinkTaken: if one of two ids is actively linked with another record.
    """
    moment = now()
    under = connection.scalar(select(runs.c.settings_hash).where(runs.c.id == run)) or ""
    known = {"pair": pair, "run": run, "created_at": moment, "updated_at": moment}
    rows = {
        (link.kind, link.procore_id, link.xero_id): _row(link)
        | known
        | {"settings_hash": under if link.wrote else ""}
        for link in found
        if not link.planned
    }
    for part in chunks(list(rows.values()), CHUNK):
        _upsert(connection, part)


def _row(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "procore_id": link.procore_id,
        "xero_id": link.xero_id,
        "procore_name": link.procore_name,
        "xero_name": link.xero_name,
        "wrote": link.wrote,
        "held": link.held,
        "read": link.read,
        "state": link.state,
        "data": dumps(link.data, ordered=True),
        "words": sought(link),
        "cents": cents(link),
    }


def sought(link: Link) -> str:
    """Return what a person may type to find *link*: ids, names, numbers and amounts."""
    said = (link.data[name] for name in _NUMBERS if name in link.data)
    names = (link.procore_id, link.xero_id, link.procore_name, link.xero_name)
    return words(*names, *map(str, said))[:LONGEST]


def cents(link: Link) -> int | None:
    """Return the money of the document that *link* pairs, or None where it is none."""
    amount = next((link.data[name] for name in _AMOUNTS if link.data.get(name)), None)
    return None if amount is None else int(Decimal(str(amount)) * 100)


def _upsert(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    try:
        execute_all(connection, _upserting(connection.dialect.name), rows)
    except IntegrityError as error:
        if not is_taken(error):
            raise
        raise LinkTaken(
            f"One of these is linked with another record already: {_called(rows)}."
            " Unlink the wrong pair first."
        ) from error


@cache
def _upserting(dialect: str) -> Any:
    new = insert(dialect, links)
    given = new.excluded
    differs = or_(*(links.c[name] != given[name] for name in _SAID))
    kept = {name: given[name] for name in (*_SAID, *_FRESH)}
    written = or_(links.c.wrote != given.wrote, links.c.settings_hash == literal_column("''"))
    kept["settings_hash"] = case((written, given.settings_hash), else_=links.c.settings_hash)
    return new.on_conflict_do_update(
        index_elements=_IDENTITY,
        set_={
            **kept,
            "changed": links.c.changed
            + case((differs, literal_column("1")), else_=literal_column("0")),
        },
    )


def _called(rows: Sequence[dict[str, Any]]) -> str:
    """Return some of *rows* by their ids: the sentence goes where no name may."""
    return ", ".join(f"{row['kind']} {row['procore_id']} with {row['xero_id']}" for row in rows[:5])


def orphan(
    connection: Connection, pair: str, kind: str, system: System, ids: Iterable[Any], run: str
) -> int:
    """Mark the active links of *ids* of *system* as orphaned; return how many."""
    return _restate(connection, pair, kind, system, ids, run, ("active",), "orphaned")


def unlink(
    connection: Connection, pair: str, kind: str, system: System, ids: Iterable[Any], run: str
) -> int:
    """Forget the links of *ids* of *system*; return how many. The rows stay as history."""
    return _restate(connection, pair, kind, system, ids, run, ("active", "orphaned"), "unlinked")


def _restate(
    connection: Connection,
    pair: str,
    kind: str,
    system: System,
    ids: Iterable[Any],
    run: str,
    before: tuple[str, ...],
    after: str,
) -> int:
    column = links.c.procore_id if system == "procore" else links.c.xero_id
    restated = 0
    for part in chunks([str(one) for one in ids]):
        restated += connection.execute(
            update(links)
            .where(links.c.pair == pair, links.c.kind == kind)
            .where(column.in_(part), links.c.state.in_(before))
            .values(state=after, changed=links.c.changed + 1, run=run, updated_at=now())
        ).rowcount
    return restated


def epoch(connection: Connection, pair: str) -> str:
    """Return how often links of *pair* were changed in what plans lean on."""
    total = select(func.coalesce(func.sum(links.c.changed), 0)).where(links.c.pair == pair)
    return str(connection.scalar(total))
