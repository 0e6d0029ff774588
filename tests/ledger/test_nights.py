"""What the last nights made and kept back, by day of whoever reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import Engine

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.nights import NIGHTS, kept_back, nights
from tests.ledger.builders import a_link

LAST = date(2026, 11, 22)
TWO = datetime(2026, 11, 22, 2, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")


def made(ledger: Ledger, at: datetime, *ids: str, kind: str = "subcontractor_invoice") -> None:
    """Link documents of a hundred each at that moment."""
    with time_machine.travel(at, tick=False):
        ledger.save_links(
            [a_link(each, f"x{each}", kind=kind, data={"net": "100.00"}) for each in ids]
        )


def ran(ledger: Ledger, at: datetime, held: int, refused: int = 0, **given: Any) -> None:
    """Let a flow run at that moment that keeps records back."""
    told = {"entity": "vendors", "mode": "apply", "dag_id": "nightly", "task_id": "t", **given}
    with time_machine.travel(at, tick=False):
        run = ledger.begin_run(told.pop("entity"), told.pop("mode"), **told)
        ledger.end_run(run, "success", {"read": 9, "held": held, "refused": refused}, {})


def test_a_night_counts_its_documents_by_kind_with_their_money(ledger: Ledger) -> None:
    made(ledger, TWO, "1", "2")
    made(ledger, TWO, "3", kind="payment")
    made(ledger, TWO, "4", kind="vendor")
    made(ledger, TWO - timedelta(days=NIGHTS - 1), "5")
    made(ledger, TWO - timedelta(days=NIGHTS), "6")
    made(ledger, TWO + timedelta(days=1), "7")

    found = nights(ledger.questions, LAST, UTC)

    assert [night.total for night in found] == [1] + [0] * 12 + [3]
    assert found[0].day == LAST - timedelta(days=13)
    assert found[-1].documents == {
        "purchase orders": 0, "bills": 2, "payments": 1, "direct costs": 0,
    }  # fmt: skip
    assert found[-1].cents == {
        "purchase orders": 0, "bills": 20_000, "payments": 10_000, "direct costs": 0,
    }  # fmt: skip


def test_a_night_is_a_day_of_the_readers_time_zone(ledger: Ledger) -> None:
    made(ledger, datetime(2026, 11, 21, 13, 30, tzinfo=UTC), "1")  # half past two on the 22nd
    ran(ledger, datetime(2026, 11, 21, 13, 30, tzinfo=UTC), 4)

    assert nights(ledger.questions, LAST, AUCKLAND)[-1].total == 1
    assert nights(ledger.questions, LAST, UTC)[-1].total == 0
    assert kept_back(ledger.questions, LAST, AUCKLAND) == {LAST: 4}


def test_nothing_of_another_pair_is_counted(ledger: Ledger, engine: Engine) -> None:
    other = Ledger(engine, f"{ledger.pair}-other")
    made(other, TWO, "1")
    ran(other, TWO, 4)

    assert sum(night.total for night in nights(ledger.questions, LAST, UTC)) == 0
    assert kept_back(ledger.questions, LAST, UTC) == {}


def test_what_flows_and_their_mapped_tasks_kept_back_adds_up(ledger: Ledger) -> None:
    ran(ledger, TWO, 1, 2, dag_run="n1", map_index=0)
    ran(ledger, TWO, 4, dag_run="n1", map_index=1)
    ran(ledger, TWO, 10, dag_run="n1", entity="projects")

    assert kept_back(ledger.questions, LAST, UTC) == {LAST: 17}


def test_a_night_on_which_nothing_was_kept_back_is_one_all_the_same(ledger: Ledger) -> None:
    ran(ledger, TWO, 0, dag_run="n1")

    assert kept_back(ledger.questions, LAST, UTC) == {LAST: 0}


def test_of_a_tasks_tries_the_last_counts_and_of_several_dag_runs_the_one_with_most(
    ledger: Ledger,
) -> None:
    ran(ledger, TWO, 90, dag_run="n1")
    ran(ledger, TWO + timedelta(minutes=5), 5, dag_run="n1")
    ran(ledger, TWO + timedelta(hours=8), 1, dag_run="by hand")
    ran(ledger, TWO + timedelta(hours=9), 2)

    assert kept_back(ledger.questions, LAST, UTC) == {LAST: 5}


def test_a_plan_keeps_nothing_back(ledger: Ledger) -> None:
    ran(ledger, TWO, 5, mode="plan")

    assert kept_back(ledger.questions, LAST, UTC) == {}
