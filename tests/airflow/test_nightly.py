"""The nightly DAG in a real Airflow, over real HTTP, with a real SMTP server and PostgreSQL.

Scheduler, api-server and dag-processor run, and each task is a process of its own. The metadata
and the ledger lie in PostgreSQL where there is one; the demo does the same on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from dev.demo import APPLY, DAG_ID, PAID, PAID_OF_THEM, PLAN, Demo, world
from dev.postgres import scratch_database


@pytest.fixture
def demo(tmp_path: Path, postgres: str) -> Iterator[Demo]:
    with (
        scratch_database(postgres) as metadata,
        world(tmp_path, ledger=postgres, metadata=metadata) as demo,
    ):
        # What Xero's minute limit does is another test's matter; here it would only cost a minute.
        demo.simulator("POST", "switches", {"minute_limit": 1000})
        yield demo


def rows(url: str, query: str) -> list[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))
    finally:
        engine.dispose()


def counted(demo: Demo, what: str) -> dict[str, int]:
    return {each["task"]: each[what] for each in demo.results}


def our_bills(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: bill for key, bill in state["xero"]["invoices"].items() if bill.get("Url")}


def test_two_nights_move_what_they_planned_and_nothing_twice(demo: Demo, postgres: str) -> None:
    assert demo.play(PLAN) == []
    planned = counted(demo, "created")
    assert our_bills(demo.state()) == {}

    assert demo.play(APPLY) == []
    written = counted(demo, "created")
    assert written == planned

    demo.pay_bills()
    assert demo.play(PAID) == []
    paid = counted(demo, "created")
    assert paid == {**dict.fromkeys(planned, 0), "payments": PAID_OF_THEM}

    state = demo.state()
    bills = our_bills(state)
    linked = rows(
        postgres, "SELECT procore_id, xero_id FROM links WHERE kind = 'subcontractor_invoice'"
    )
    assert len(bills) == written["subcontractor_invoices"]
    assert {xero_id for _, xero_id in linked} == set(bills)
    for procore_id, xero_id in linked:
        claim = state["procore"]["requisitions"][procore_id]
        due = Decimal(claim["summary"]["current_payment_due"])
        assert Decimal(bills[xero_id]["SubTotal"]) == due

    paid_in_xero = sum(Decimal(bill["AmountPaid"]) for bill in bills.values())
    assert paid_in_xero > 0
    assert len(state["procore"]["contract_payments"]) == PAID_OF_THEM

    assert [mail.recipients for mail in demo.mailbox.mails] == [("accounts@example.com",)] * 3
    kept = rows(postgres, "SELECT dag_id, subject, error FROM mails ORDER BY id")
    assert kept == [(DAG_ID, mail.subject, "") for mail in demo.mailbox.mails]
