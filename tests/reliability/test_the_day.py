"""A day's allowance that is used up ends a run cleanly, and the next day goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.ledger import allowances
from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, TOKENS, Office, Task, forget_limits

BILLS = "subcontractor_invoices"
SCHEDULED = SimpleNamespace(run_type="scheduled", conf={})
MANUAL = SimpleNamespace(run_type="manual", conf={})


def a_night(office: Office, run_id: str, kind: Any = SCHEDULED) -> dict[str, Any]:
    """Run all flows as the DAG does; the first error ends it."""
    done = {}
    for flow, operator in FLOWS.items():
        context: Any = {
            "run_id": run_id, "ti": Task(flow, 1), "params": {"mode": "apply"}, "dag_run": kind,
        }  # fmt: skip
        done[flow] = operator(task_id=flow, settings=office.settings).execute(context)
    return done


def claims(people: Contractor) -> None:
    for number in ("A-1", "B-2", "C-3"):
        vendor = people.pair(f"{number} Ltd")
        people.claim(people.contract(people.project(number), vendor), "100.00")


def xero_calls(office: Office) -> int:
    return len([c for c in office.simulator.calls.of("xero") if c.path not in TOKENS])


def a_day_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let everybody's clock be tomorrow's, the database's too."""
    monkeypatch.setattr(allowances, "moment", lambda connection: datetime.now(UTC))
    office.simulator.clock.advance(86_400)
    return time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let it be noon: Xero's day ends hours later, whenever the tests run."""
    monkeypatch.setattr(allowances, "moment", lambda connection: datetime.now(UTC))
    with time_machine.travel(datetime.now(UTC).replace(hour=12), tick=True):
        yield


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("allowed", [1, 3, 5, 7, 9, 11])
def test_E54_a_day_limit_in_the_middle_of_a_night_is_made_up_for_by_the_next(
    office: Office, address: str, people: Contractor, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    claims(people)
    office.settings = {**office.settings, "safety": {"day_reserve": 0}}
    office.simulator.set_switches(day_limit=allowed)

    with pytest.raises(AirflowFailException, match=r"day limit .* is done by the next run"):
        a_night(office, "night-1")
    asked = xero_calls(office)
    forget_limits()  # another worker's process
    with pytest.raises(AirflowFailException, match="day limit"):
        a_night(office, "night-2")
    assert xero_calls(office) == asked  # nobody asks again while the limit is known
    office.simulator.set_switches(day_limit=10**6)
    with a_day_later(office, monkeypatch):
        night = a_night(office, "night-3")

    assert [c.status for c in office.simulator.calls.of("xero")].count(429) == 1
    assert len(people.bills) == 3
    assert night[BILLS]["in_doubt"] == 0
    assert [run.state for run in office.ledger.runs(limit=99) if run.state == "running"] == []


def test_a_scheduled_run_stops_before_the_reserve_and_a_person_may_use_it(
    office: Office, address: str, people: Contractor
) -> None:
    claims(people)
    office.settings = {**office.settings, "safety": {"day_reserve": 1000}}
    office.simulator.set_switches(day_limit=1005)

    with pytest.raises(AirflowFailException, match=r"safety\.day_reserve") as raised:
        a_night(office, "night-1")

    assert "trigger the DAG yourself" in str(raised.value)
    assert xero_calls(office) == 5
    assert people.bills == []
    forget_limits()  # another worker's process
    assert a_night(office, "by-hand", MANUAL)[BILLS]["created"] == 3


def test_a_run_by_hand_while_the_day_is_young_leaves_nothing(
    office: Office, people: Contractor
) -> None:
    claims(people)

    assert a_night(office, "night-1")[BILLS]["created"] == 3
