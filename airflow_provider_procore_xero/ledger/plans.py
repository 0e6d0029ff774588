"""Questions to and facts about ``plans`` and ``changes``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select, update

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.ledger.bulk import execute_all
from airflow_provider_procore_xero.ledger.codec import change_of, dumps, loads, names_of, row_of
from airflow_provider_procore_xero.ledger.engine import CHUNK, now, reading
from airflow_provider_procore_xero.ledger.facts import Plan
from airflow_provider_procore_xero.ledger.runs import new_id
from airflow_provider_procore_xero.ledger.tables import changes, plans, runs
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Change, Keep, Stored, counted_as

_ADD = changes.insert()
_HASHED = (
    changes.c.what,
    changes.c.source_id,
    changes.c.target_id,
    changes.c.read,
    changes.c.name,
    changes.c.payload,
    changes.c.data,
    changes.c.reasons,
)
_STREAMED = {"yield_per": CHUNK}


def begin(connection: Connection, pair: str, **facts: Any) -> str:
    """Remember that a plan is being made; return its id."""
    plan = new_id()
    settings = facts.pop("settings")
    connection.execute(
        plans.insert(),
        {
            **facts,
            "id": plan,
            "pair": pair,
            "settings": dumps(settings) if settings else None,
            "created_at": now(),
        },
    )
    return plan


def add(engine: Engine, pair: str, plan: str, found: Iterable[Change]) -> dict[str, int]:
    """Store *found* at the end of *plan*, a chunk a transaction; return the counts.

    *found* may read from an API while it is asked, so no transaction is open meanwhile.
    """
    counts = dict.fromkeys(("created", "updated", "linked", "unchanged", "held"), 0)
    with reading(engine) as connection:
        if connection.scalar(select(plans.c.sealed_at).where(plans.c.id == plan)):
            raise ValueError(f"Plan {plan} is sealed; nothing can be added.")
        seq = connection.scalar(select(func.max(changes.c.seq)).where(changes.c.plan == plan)) or 0
    found = iter(found)
    while part := list(islice(found, CHUNK)):
        rows = []
        for change in part:
            counts[counted_as(change)] += 1
            if not isinstance(change, Keep):
                seq += 1
                rows.append({**row_of(change), "plan": plan, "pair": pair, "seq": seq})
        if rows:
            with engine.begin() as connection:
                execute_all(connection, _ADD, rows)
    return counts


def seal(connection: Connection, plan: str, counts: Mapping[str, int]) -> str:
    """Close *plan*; return the hash of what it would write and of what it holds."""
    digest = blake2b(digest_size=16)
    query = select(*_HASHED).where(changes.c.plan == plan).order_by(changes.c.seq)
    for row in connection.execute(query, execution_options=_STREAMED):
        digest.update(repr(tuple(row)).encode())
    content = digest.hexdigest()
    connection.execute(
        update(plans)
        .where(plans.c.id == plan)
        .values(content_hash=content, counts=dumps(counts), sealed_at=now())
    )
    return content


def page(
    connection: Connection, plan: str, kinds: Sequence[type], after: int, limit: int
) -> list[Stored]:
    """Return the next changes of *plan* in its order."""
    query = select(changes).where(changes.c.plan == plan, changes.c.seq > after)
    if kinds:
        query = query.where(changes.c.what.in_(names_of(kinds)))
    rows = connection.execute(query.order_by(changes.c.seq).limit(limit)).all()
    return [Stored(seq=row.seq, change=change_of(row)) for row in rows]


def find(connection: Connection, pair: str, called: str, entity: str) -> Plan:
    """Return the sealed plan whose id is *called*, or the newest of that DAG run.

    :raises UnknownRecord: if there is none.
    """
    query = (
        select(plans)
        .join(runs, runs.c.id == plans.c.run)
        .where(plans.c.pair == pair, plans.c.sealed_at.is_not(None))
        .where(or_(plans.c.id == called, plans.c.scope == called, runs.c.dag_run == called))
        .order_by(plans.c.id.desc())
    )
    if entity:
        query = query.where(plans.c.entity == entity)
    row = connection.execute(query.limit(1)).first()
    if row is None:
        raise UnknownRecord(
            f"The ledger has no finished plan {called}" + (f" of {entity}." if entity else ".")
        )
    return _plan(row)


def _plan(row: Any) -> Plan:
    return Plan(
        id=row.id,
        run=row.run,
        entity=row.entity,
        kind=row.kind,
        source_system=row.source_system,
        scope=row.scope,
        settings_hash=row.settings_hash,
        settings=loads(row.settings),
        counts=loads(row.counts),
        content_hash=row.content_hash,
        created_at=row.created_at,
        sealed_at=row.sealed_at,
    )


def planned_links(connection: Connection, pair: str, scope: str) -> Iterator[Link]:
    """Yield the links that the plans of *scope* would make; what is new has a placeholder id."""
    query = (
        select(
            plans.c.kind,
            plans.c.source_system,
            changes.c.source_id,
            changes.c.target_id,
            changes.c.title,
            changes.c.name,
            changes.c.data,
        )
        .join(changes, changes.c.plan == plans.c.id)
        .join(runs, runs.c.id == plans.c.run)
        .where(plans.c.pair == pair, plans.c.scope == scope, plans.c.sealed_at.is_not(None))
        .where(runs.c.mode == "plan", plans.c.kind != "")
        .where(or_(changes.c.what.in_(("create", "adopt")), changes.c.adopts))
        .order_by(plans.c.id, changes.c.seq)
    )
    for row in connection.execute(query):
        yield _planned(row)


def _planned(row: Any) -> Link:
    target_id = row.target_id or f"planned:{row.source_id}"
    from_procore = row.source_system == "procore"
    return Link(
        kind=row.kind,
        procore_id=row.source_id if from_procore else target_id,
        xero_id=target_id if from_procore else row.source_id,
        procore_name=row.title if from_procore else row.name,
        xero_name=row.name if from_procore else row.title,
        data=loads(row.data),
        planned=True,
    )
