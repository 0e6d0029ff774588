"""The least that planning and remembering can cost, written by hand for one kind of record.

Line totals, a fingerprint, a look into the ledger, a row for each new pair with a commit for each
batch of fifty, the batch as JSON. No parsing, no conditions, no stored plan, no intents, no
outcomes, no issues: what remains if a program may not explain itself and may not crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

CHUNK = 500
BATCH = 50
_CENT = Decimal("0.01")
_ordered = msgspec.json.Encoder(order="deterministic", decimal_format="number").encode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def opened(folder: Path) -> sqlite3.Connection:
    """Open a ledger as careful as ours with what it has said is committed."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS links (number TEXT PRIMARY KEY, xero_id TEXT, wrote TEXT)"
    )
    return connection


def run(connection: sqlite3.Connection, bills: Sequence[dict[str, Any]]) -> int:
    """Plan and remember a chunk of *bills*; return how many had changed."""
    changed = list(_changed(connection, bills))
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        _encode([bill for bill, _ in batch])
        rows = [(b["InvoiceNumber"], f"x{b['InvoiceNumber']}", wrote) for b, wrote in batch]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")
    return len(changed)


def _changed(
    connection: sqlite3.Connection, bills: Sequence[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], str]]:
    marks = ", ".join("?" * len(bills))
    query = f"SELECT number, wrote FROM links WHERE number IN ({marks})"  # noqa: S608 - only marks
    known = dict(connection.execute(query, [bill["InvoiceNumber"] for bill in bills]))
    for bill in bills:
        for line in bill["LineItems"]:
            amount = line["Quantity"] * line["UnitAmount"]
            line["LineAmount"] = amount.quantize(_CENT, ROUND_HALF_UP)
        wrote = blake2b(_ordered(bill), digest_size=16).hexdigest()
        if known.get(bill["InvoiceNumber"]) != wrote:
            yield bill, wrote
