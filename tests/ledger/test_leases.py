"""Leases: who gets one, and what becomes of whoever was overtaken."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from airflow_provider_procore_xero.errors import LeaseLost
from airflow_provider_procore_xero.ledger.leases import Lease
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import leases
from tests.ledger.builders import a_create, a_plan, a_run

PATIENCE = 10.0


class Shaky:
    """An engine whose database can't be reached the first time."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.asked = engine, 0

    def begin(self) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise OperationalError("UPDATE leases", {}, Exception("the server is gone"))
        return self.engine.begin()


def a_lease(
    ledger: Ledger, task: str = "dag/one", *, seconds: float = 60.0, flow: str = "bills"
) -> Lease:
    return ledger.lease(flow, task=task, who=f"Task {task}", seconds=seconds)


def taken(ledger: Ledger, *given: Any, **more: Any) -> Lease:
    lease = a_lease(ledger, *given, **more)
    assert lease.take() is None
    return lease


def end_of(ledger: Ledger) -> datetime:
    query = select(leases.c.until).where(leases.c.name == f"{ledger.pair}/bills")
    with ledger._read() as connection:
        until: datetime = connection.execute(query).scalar_one()
    return until


def eventually(so: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + PATIENCE
    while not so() and time.monotonic() < give_up:
        time.sleep(0.05)
    return so()


def test_a_lease_that_lives_is_taken_by_nobody_else(ledger: Ledger, engine: Engine) -> None:
    taken(ledger)

    holder = a_lease(ledger, "dag/two").take()

    assert holder is not None
    assert holder.who == "Task dag/one"
    assert 50 < holder.left <= 60
    assert not ledger.is_free("bills")
    taken(ledger, "dag/two", flow="payments")
    taken(Ledger(engine, f"{ledger.pair}0"), "dag/two")


def test_a_lease_that_has_ended_is_anybodys(ledger: Ledger) -> None:
    taken(ledger, seconds=0)
    assert ledger.is_free("bills")

    taken(ledger, "dag/two")


def test_a_later_try_of_the_same_task_takes_it_over_at_once(ledger: Ledger) -> None:
    taken(ledger)

    taken(ledger)


@pytest.mark.parametrize("holder", ["dag/task_10", "dag/task-1"])
def test_a_task_is_not_taken_for_another_of_a_similar_name(ledger: Ledger, holder: str) -> None:
    taken(ledger, holder)

    assert a_lease(ledger, "dag/task_1").take() is not None


def test_all_workers_go_by_the_databases_clock(ledger: Ledger) -> None:
    if ledger._engine.dialect.name == "sqlite":
        pytest.skip("SQLite's clock is that of the machine, and so is every worker's")
    taken(ledger)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        assert a_lease(ledger, "dag/two").take() is not None


def test_who_was_overtaken_sends_nothing_more(ledger: Ledger) -> None:
    run = a_run(ledger)
    plan = a_plan(ledger, a_create("1"), run=run)
    stored = list(ledger.changes(plan))

    def intend() -> object:
        return ledger.save_intents(run, plan, stored, entity="vendors", key="k")

    ledger.held = taken(ledger, seconds=0)
    for write in (intend, lambda: ledger.leaving(run), ledger.still_mine):
        write()
    taken(ledger, "dag/two")

    for write in (intend, lambda: ledger.leaving(run), ledger.still_mine):
        with pytest.raises(LeaseLost, match="stood still"):
            write()
    assert len(ledger.doubts("vendors")) == 1


def test_who_was_overtaken_lets_go_of_nothing(ledger: Ledger) -> None:
    slow = taken(ledger, seconds=0)
    taken(ledger, "dag/two")

    slow.release()

    assert not ledger.is_free("bills")


def test_a_run_that_lives_keeps_its_lease_though_the_ledger_was_away_for_once(
    ledger: Ledger,
) -> None:
    lease = taken(ledger, seconds=1)
    first = end_of(ledger)
    lease._engine = Shaky(lease._engine)

    lease.keep()

    assert eventually(lambda: end_of(ledger) > first + timedelta(seconds=1))
    lease.release()
    assert ledger.is_free("bills")
