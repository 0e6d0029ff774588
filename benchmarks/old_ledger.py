"""A ledger after years of nights, written as fast as the database takes it.

Record *n* of an entity follows from *n*: what a measurement asks for, it can compute. A run's first
night imports half of all records; each later night links some, and finds the same ones held back.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Table, text

from airflow_provider_procore_xero.ledger.runs import id_at
from airflow_provider_procore_xero.ledger.tables import (
    changes,
    decisions,
    issues,
    links,
    outcomes,
    plans,
    queue,
    reconciled,
    reconciliations,
    runs,
)

SHARES = {
    "subcontractor_invoices": 50,
    "payments": 25,
    "commitments": 10,
    "commitment_change_orders": 5,
    "direct_costs": 5,
    "vendors": 3,
    "cost_codes": 1,
    "projects": 1,
}
"""Entities in hundredths of all links."""
FIRST_ID = {entity: 10_000_000 * (at + 1) for at, entity in enumerate(SHARES)}
NEVER_LINKED = 5_000_000
NAMES = ("Riverside", "Harbour", "Kauri", "Stadium", "Foundry", "Terrace", "Meadow", "Quarry")
QUEUE: tuple[str, ...] = (
    *("synced",) * 12,
    *("ready_to_export",) * 4,
    *("rejected",) * 2,
    "accepted",
    "failed_to_export",
)
"""The states of the queue's rows, over and over."""
NIGHTS_RECONCILED = 31
_PART = 20_000
_REASONS = (
    '[{"code":"NOT_APPROVED","sentence":"Its status is Under Review.","fix":"Approve it.",'
    '"waits":false}]'
)
_FIELDS = '[{"name":"due","before":"2026-01-31","after":"2026-02-28"}]'
_PAYLOAD = '{"number":"SC-7","date":"2026-02-01","lines":[{"code":"01-100.L","amount":1250.50}]}'


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is.

    :param nights: each has a run of every entity.
    :param rows: of each kept reconciliation.
    """

    links: int
    outcomes: int
    nights: int
    changes: int
    issues: int
    queue: int
    rows: int

    @property
    def runs(self) -> int:
        return self.nights * len(SHARES)

    def links_of(self, entity: str) -> int:
        return max(2, self.links * SHARES[entity] // 100)


LARGE = Size(100_000, 1_000_000, 625, 200_000, 20_000, 20_000, 4_000)
SMALL = Size(400, 2_000, 6, 600, 200, 200, 100)


def source_id(entity: str, n: int) -> str:
    return str(FIRST_ID[entity] + n)


def xero_id(entity: str, n: int) -> str:
    return f"{FIRST_ID[entity] + n:08x}-0000-4000-8000-{n:012x}"


def title(entity: str, n: int) -> str:
    return f"{entity[:3].upper()}-{n:05d} {NAMES[n % len(NAMES)]} {n // 7}"


def cents(n: int) -> int:
    return 100_000 + n * 37


def amount(n: int) -> str:
    return f"{cents(n) // 100}.{cents(n) % 100:02d}"


class Nights:
    """The nights of a ledger of *size*, the last one today."""

    def __init__(self, size: Size) -> None:
        self.size = size
        today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._first = today - timedelta(days=size.nights - 1, hours=1)
        self._entities = list(SHARES)

    def began(self, night: int, entity: str) -> datetime:
        minute = self._entities.index(entity)
        return self._first + timedelta(days=night, minutes=minute)

    def run(self, night: int, entity: str) -> str:
        return id_at(self.began(night, entity))

    def all(self) -> Iterator[tuple[int, str]]:
        return ((night, each) for night in range(self.size.nights) for each in SHARES)

    def linked(self, night: int, entity: str) -> range:
        """Return the numbers of the records that were linked in a night."""
        count, nights = self.size.links_of(entity), self.size.nights
        half = count // 2
        if night == 0:
            return range(half)
        rest, later = count - half, nights - 1
        return range(half + rest * (night - 1) // later, half + rest * night // later)


def fill(engine: Engine, pair: str, size: Size) -> Nights:
    """Write a ledger of *size* into empty tables; the planner learns of it as it does at night."""
    nights = Nights(size)
    _write(engine, runs, _runs(nights, pair))
    _write(engine, plans, _plans(nights, pair))
    _write(engine, changes, _changes(nights, pair))
    _write(engine, links, _links(nights, pair))
    _write(engine, outcomes, _outcomes(nights, pair))
    _write(engine, issues, _issues(nights, pair))
    _write(engine, queue, _queue(nights, pair))
    _write(engine, decisions, _decisions(nights, pair))
    _write(engine, reconciliations, _reconciliations(nights, pair))
    _write(engine, reconciled, _reconciled(nights))
    if engine.dialect.name == "postgresql":  # what its autovacuum does within minutes
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return nights


def _write(engine: Engine, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = list(first)
    values: Iterator[tuple[Any, ...]] = (tuple(row.values()) for row in rows)
    with engine.begin() as connection:
        driver: Any = connection.connection.cursor()
        part: Iterable[tuple[Any, ...]] = [tuple(first.values())]
        while part:
            if engine.dialect.name == "sqlite":
                marks = ", ".join("?" * len(names))
                into = f"INSERT INTO {table.name} ({', '.join(map(_quoted, names))})"
                driver.executemany(f"{into} VALUES ({marks})", part)
            else:
                into = f"COPY {table.name} ({', '.join(map(_quoted, names))}) FROM STDIN"
                driver.copy_expert(into, io.StringIO("".join(map(_line, part))))
            part = list(islice(values, _PART))


def _quoted(name: str) -> str:
    return f'"{name}"'


def _line(row: tuple[Any, ...]) -> str:
    return "\t".join("\\N" if cell is None else str(cell) for cell in row) + "\n"


def _at(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _runs(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    for night, entity in nights.all():
        began = nights.began(night, entity)
        yield {
            "id": nights.run(night, entity),
            "pair": pair,
            "entity": entity,
            "mode": "apply",
            "state": "success",
            "dag_id": "procore_xero_nightly",
            "dag_run": f"scheduled__{nights.began(night, 'projects').date()}",
            "task_id": entity,
            "company": "Kauri Construction",
            "organisation": "Kauri Construction Ltd",
            "plan": nights.run(night, entity),
            "counts": f'{{"created":{len(nights.linked(night, entity))},"held":100}}',
            "calls": '{"procore":40,"xero":12}',
            "started_at": _at(began),
            "ended_at": _at(began + timedelta(seconds=40)),
        }


def _plans(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    for night, entity in nights.all():
        began = _at(nights.began(night, entity))
        yield {
            "id": nights.run(night, entity),
            "pair": pair,
            "run": nights.run(night, entity),
            "entity": entity,
            "scope": f"{entity}/{began}",
            "counts": "{}",
            "content_hash": "c",
            "created_at": began,
            "sealed_at": began,
        }


def _changes(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    size = nights.size
    others = max(1, (size.changes - size.links) // size.runs)
    for night, entity in nights.all():
        made = nights.linked(night, entity)
        held = range(NEVER_LINKED, NEVER_LINKED + others)
        for seq, n in enumerate((*made, *held), 1):
            new = n < NEVER_LINKED
            yield {
                "plan": nights.run(night, entity),
                "seq": seq,
                "pair": pair,
                "what": "create" if new else "hold",
                "source_id": source_id(entity, n),
                "title": title(entity, n),
                "target_id": "",
                "name": title(entity, n) if new else "",
                "wrote": "w",
                "read": "r",
                "adopts": 0,
                "source_url": "",
                "target_url": "",
                "payload": _PAYLOAD if new else None,
                "reasons": None if new else _REASONS,
            }


def _links(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    for night, entity in nights.all():
        moment, run = _at(nights.began(night, entity)), nights.run(night, entity)
        kind = entity.removesuffix("s")
        from_xero = entity in ("payments", "direct_costs")
        for n in nights.linked(night, entity):
            ids = (source_id(entity, n), xero_id(entity, n))
            procore, xero = reversed(ids) if from_xero else ids
            name = title(entity, n)
            yield {
                "pair": pair,
                "kind": kind,
                "procore_id": procore,
                "xero_id": xero,
                "procore_name": name,
                "xero_name": name,
                "wrote": "w",
                "held": "h",
                "read": "r",
                "state": "orphaned" if n % 400 == 399 else "active",
                "data": f'{{"number":"{entity[:3].upper()}-{n:05d}","total":{amount(n)}}}',
                "run": run,
                "created_at": moment,
                "updated_at": moment,
                "words": f"{procore} {xero} {name} {name} {amount(n)}".casefold()[:400],
                "cents": cents(n),
            }


def _outcomes(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    size = nights.size
    again = max(1, (size.outcomes - size.links) // size.runs)
    for night, entity in nights.all():
        at, run = _at(nights.began(night, entity)), nights.run(night, entity)
        linked = nights.linked(night, entity)
        known = linked.stop or 1
        for n in linked:
            yield _outcome(pair, run, at, entity, n, "created")
        for k in range(again):  # two in three are held back, night after night
            held = k % 3
            n = NEVER_LINKED + k if held else (night * again + k) % known
            yield _outcome(pair, run, at, entity, n, "held" if held else "updated")


def _outcome(pair: str, run: str, at: str, entity: str, n: int, what: str) -> dict[str, Any]:
    record, called, held = source_id(entity, n), title(entity, n), what == "held"
    target = "" if held else xero_id(entity, n)
    said = " not_approved its status is under review." if held else ""
    return {
        "pair": pair,
        "run": run,
        "entity": entity,
        "what": what,
        "severity": "warning" if held else "info",
        "source_id": record,
        "title": called,
        "target_id": target,
        "procore_url": f"https://us02.procore.com/{record}",
        "xero_url": "",
        "reasons": _REASONS if held else None,
        "fields": _FIELDS if what == "updated" else None,
        "words": f"{record} {called.casefold()} {target}{said}",
        "at": at,
    }


def _issues(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    entities, count = list(SHARES), nights.size.issues
    for i in range(count):
        entity, n = entities[i % len(entities)], NEVER_LINKED + i // len(entities)
        night = i * nights.size.nights // count
        seen = nights.began(night, entity)
        gone = i % 5 < 3
        yield {
            "pair": pair,
            "entity": entity,
            "source_id": source_id(entity, n),
            "code": "NOT_APPROVED",
            "what": "held",
            "sentence": "Its status is Under Review.",
            "fix": "Approve it.",
            "title": title(entity, n),
            "waits": int(i % 7 == 0),
            "procore_url": f"https://us02.procore.com/{n}",
            "xero_url": "",
            "words": f"{source_id(entity, n)} {title(entity, n).casefold()} not_approved",
            "run": nights.run(night, entity),
            "first_seen": _at(seen + timedelta(microseconds=i)),
            "last_seen": _at(nights.began(nights.size.nights - 1, entity)),
            "closed_at": _at(seen + timedelta(days=1)) if gone else None,
            "ignored_by": "ana" if not gone and i % 50 == 4 else "",
        }


def _queue(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    entity, count = "subcontractor_invoices", nights.size.queue
    for i in range(count):
        night = i * nights.size.nights // count
        since = nights.began(night, entity) + timedelta(milliseconds=i)
        state = QUEUE[i % len(QUEUE)]
        waits = state == "ready_to_export"
        yield {
            "pair": pair,
            "entity": entity,
            "source_id": source_id(entity, i),
            "state": state,
            "what": "created",
            "title": title(entity, i),
            "name": f"SC-{i}",
            "hash": f"h{i}",
            "read": "r",
            "payload": _PAYLOAD,
            "amount": amount(i),
            "vendor": f"{NAMES[i % 8]} Civil",
            "project": f"{NAMES[i % 5]} Tower",
            "creator": "",
            "submitter": "",
            "procore_url": "",
            "xero_url": "",
            "target_id": "",
            "words": f"{source_id(entity, i)} {title(entity, i).casefold()} {amount(i)}",
            "run": nights.run(night, entity),
            "waiting_since": _at(since),
            "decided_by": "" if waits else "ana",
            "decided_at": None if waits else _at(since),
            "changed_at": _at(since),
        }


def _decisions(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    entity = "subcontractor_invoices"
    for i in range(nights.size.queue):
        state = QUEUE[i % len(QUEUE)]
        if state != "ready_to_export":
            yield {
                "pair": pair,
                "queue": i + 1,
                "entity": entity,
                "source_id": source_id(entity, i),
                "title": title(entity, i),
                "what": "reject" if state == "rejected" else "accept",
                "who": "ana",
                "who_id": "ana",
                "comment": "",
                "words": f"ana {source_id(entity, i)} {title(entity, i).casefold()}",
                "hash": f"h{i}",
                "at": _at(nights.began(0, entity) + timedelta(seconds=i)),
            }


def _reconciled_nights(nights: Nights) -> range:
    return range(max(0, nights.size.nights - NIGHTS_RECONCILED), nights.size.nights)


def _reconciliations(nights: Nights, pair: str) -> Iterator[dict[str, Any]]:
    for night in _reconciled_nights(nights):
        yield {
            "run": nights.run(night, "projects"),
            "pair": pair,
            "scope": f"night {night}",
            "rows": nights.size.rows,
            "differing": nights.size.rows // 50,
            "unexplained": nights.size.rows // 500,
            "totals": "{}",
            "made_at": _at(nights.began(night, "projects")),
        }


def _reconciled(nights: Nights) -> Iterator[dict[str, Any]]:
    money = ("claimed", "billed", "paid_xero", "paid_procore", "direct_cost", "job_cost")
    for night in _reconciled_nights(nights):
        run, rows = nights.run(night, "projects"), nights.size.rows
        for seq in range(1, rows + 1):
            yield {
                "run": run,
                "seq": seq,
                "project_id": str(seq % 200),
                "commitment_id": str(seq),
                "vendor_id": str(seq % 3000),
                "code": "01-100",
                "currency": "NZD",
                "project": f"{NAMES[seq % 8]} Tower",
                "commitment": f"SC-{seq:05d}",
                "vendor": f"{NAMES[seq % 7]} Civil",
                **dict.fromkeys(money, cents(seq)),
                "difference": max(0, rows // 50 - seq),
                "unexplained": max(0, rows // 500 - seq),
                "explanations": "[]",
                "procore_url": "",
                "xero_url": "",
                "words": f"{NAMES[seq % 8].lower()} tower sc-{seq:05d} {seq}",
            }
