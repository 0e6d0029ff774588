"""The account of a tenant's calls, as all workers keep it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from airflow_provider_procore_xero.ledger.allowances import LedgerLimits
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger

WORKERS = 4
CHANGES = 25


def test_no_change_of_an_account_is_lost(new_ledger: Callable[[], Ledger]) -> None:
    key = f"xero:{uuid.uuid4()}"

    def work(_: int) -> None:
        limits = new_ledger().limits
        for _ in range(CHANGES):
            limits.change(key, lambda text, now: (f"{text}x", None))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))

    assert new_ledger().limits.text(key) == "x" * WORKERS * CHANGES


def test_the_name_of_a_store_has_no_password() -> None:
    name = LedgerLimits(engine_for("postgresql://me:secret@db/books")).name

    assert "db/books" in name
    assert "secret" not in name
