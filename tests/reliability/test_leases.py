"""Two at once: one run works on a flow, the other waits and says for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowRescheduleException
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import select, update

from airflow_provider_procore_xero.errors import LeaseLost
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import intents, leases
from airflow_provider_procore_xero.operators.lease import LOOKS
from tests.flows.contractor import Contractor, recently
from tests.flows.office import FLOWS, Office, Task
from tests.ledger.builders import a_create, a_plan, a_run, an_update, intents_of
from tests.reliability.processes import Workers, until
from tests.reliability.work import run

BILLS = "subcontractor_invoices"
BEFORE = ("projects", "contacts", "cost_codes")


@pytest.fixture
def claims(office: Office, address: str, people: Contractor) -> Contractor:
    """Return a contractor with three claims that are ready to become bills."""
    people.claim(people.contract(people.project("A-1"), people.pair("Terra Works Ltd")), "100.00")
    people.claim(people.contract(people.project("B-2"), people.pair("Cook Piling Ltd")), "200.00")
    people.claim(people.contract(people.project("C-3"), people.pair("Haul It Ltd")), "300.00")
    office.night(flows=BEFORE)
    return people


def context(run_id: str = "manual", **more: Any) -> Any:
    return {"run_id": run_id, "ti": Task(BILLS, 1), "params": {"mode": "apply"}, **more}


def an_operator(office: Office) -> Any:
    return FLOWS[BILLS](task_id=BILLS, settings=office.settings)


def somebody_elses(
    ledger: Ledger, kind: str = "subcontractor_invoice", seconds: float = 120
) -> Any:
    """Return the lease of the nightly run, taken."""
    who = "Task subcontractor_invoices of procore_xero_nightly, run scheduled__1,"
    lease = ledger.lease(kind, task="procore_xero_nightly/scheduled__1", who=who, seconds=seconds)
    assert lease.take() is None
    return lease


def work_on_bills(office: Office, workers: Workers, run_id: str) -> Any:
    return workers.start(run, BILLS, office.settings, run_id)


def test_E58_of_the_same_flow_twice_at_once_one_runs_and_the_other_waits(
    office: Office, claims: Contractor, workers: Workers
) -> None:
    office.simulator.faults.arm("slow", side="xero", method="PUT", path="*/Invoices", seconds=1)

    answers = workers.together(run, *[(BILLS, office.settings, f"manual-{n}") for n in (1, 2)])

    (waits,) = [answer for answer in answers if isinstance(answer, str)]
    (done,) = [answer for answer in answers if isinstance(answer, Mapping)]
    assert waits.startswith("AirflowRescheduleException: Task subcontractor_invoices of nightly")
    assert done["created"] == len(claims.bills) == 3
    assert office.run(BILLS)["created"] == 0


def test_the_one_that_waits_says_who_works_since_when_and_until_when(
    office: Office, claims: Contractor, caplog: pytest.LogCaptureFixture
) -> None:
    somebody_elses(office.ledger)
    now = datetime.now(UTC)

    with pytest.raises(AirflowRescheduleException) as raised:
        an_operator(office).execute(context())

    said = str(raised.value.__cause__)
    assert re.fullmatch(
        r"Task subcontractor_invoices of procore_xero_nightly, run scheduled__1, has been at work"
        r" on subcontractor invoices since 2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. This run waits;"
        r" the other one's lease ends at \d\d:\d\d:\d\d UTC, unless it lives and renews it\.",
        said,
    )
    # The task looks again in a minute at the latest: most runs are over long before their lease.
    assert now < raised.value.reschedule_date < now + timedelta(seconds=90)
    assert claims.bills == []


def test_who_has_waited_for_an_hour_fails_with_that_sentence(
    office: Office, claims: Contractor
) -> None:
    somebody_elses(office.ledger)

    with pytest.raises(AirflowFailException, match="has been at work on subcontractor invoices"):
        an_operator(office).execute(context(task_reschedule_count=LOOKS))


def test_a_plan_needs_no_lease(office: Office, claims: Contractor) -> None:
    somebody_elses(office.ledger)

    assert office.run(BILLS, "plan")["created"] == 3


def test_a_plan_leaves_what_is_on_its_way_to_the_run_that_sent_it(
    office: Office, address: str
) -> None:
    ledger = office.ledger
    lease = somebody_elses(ledger, kind="vendor")
    run_id = a_run(ledger)
    plan = a_plan(ledger, an_update("1", "2"), run=run_id)
    ledger.save_intents(run_id, plan, list(ledger.changes(plan)), entity="contacts", key="k")

    office.run("contacts", "plan")
    assert len(open_intents(office)) == 1
    lease.release()
    office.run("contacts", "plan")

    assert open_intents(office) == []  # whoever sent it is gone


def test_other_flows_and_other_companies_go_on(office: Office, claims: Contractor) -> None:
    somebody_elses(office.ledger)
    elsewhere = Ledger(office.ledger._engine, "2:other")
    somebody_elses(elsewhere, kind="payment")

    assert office.run("payments")["mode"] == "apply"


def test_contacts_and_vendors_are_never_made_from_both_sides_at_once(office: Office) -> None:
    from airflow_provider_procore_xero.operators.commitment_change_orders import (
        CommitmentChangeOrdersToPurchaseOrdersOperator,
    )
    from airflow_provider_procore_xero.operators.commitments import (
        CommitmentsToPurchaseOrdersOperator,
    )
    from airflow_provider_procore_xero.operators.contacts import ContactsToVendorsOperator
    from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator

    def lease(kind: Any) -> str:
        return str(kind(task_id="one").lease)

    assert lease(ContactsToVendorsOperator) == lease(VendorsToContactsOperator)
    assert lease(CommitmentChangeOrdersToPurchaseOrdersOperator) == lease(
        CommitmentsToPurchaseOrdersOperator
    )


def test_a_killed_worker_keeps_others_out_until_its_lease_ends_then_its_doubts_are_resolved(
    office: Office, claims: Contractor, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__LEASE_SECONDS", "4")
    office.forget_calls()
    office.simulator.faults.arm("slow", side="xero", method="PUT", path="*/Invoices", seconds=2)
    doomed = work_on_bills(office, workers, "scheduled")
    until(lambda: open_intents(office) and office.simulator.calls.in_flight["xero"])

    doomed.kill()  # SIGKILL, while Xero is at work on its bills
    doomed.join()
    ended = lease_of(office).until
    result = office.run(BILLS)

    assert datetime.now(UTC) > ended
    assert open_intents(office) == []
    assert len(claims.bills) == 3  # those that Xero made after the worker was dead
    assert (result["created"], result["in_doubt"]) == (3, 0)  # found, and so counted as made
    assert len([c for c in office.writes("xero") if c.path.endswith("/Invoices")]) == 1


def test_a_later_try_of_the_same_task_takes_its_lease_over_at_once(
    office: Office, claims: Contractor
) -> None:
    place = {"dag_id": Task.dag_id, "dag_run": "manual", "task_id": BILLS, "map_index": -1}
    task = "/".join(map(str, place.values()))
    office.ledger.lease("subcontractor_invoice", task=task, who="Try 1", seconds=120).take()

    assert an_operator(office).execute(context())["created"] == 3


def test_a_living_run_renews_its_lease(office: Office, address: str) -> None:
    lease = somebody_elses(office.ledger, seconds=1)
    lease.keep()
    first = lease_of(office).until

    until(lambda: lease_of(office).until > first + timedelta(seconds=1))
    lease.release()

    assert lease_of(office) is None


def test_a_run_that_takes_longer_than_its_lease_keeps_it(
    office: Office, claims: Contractor, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__LEASE_SECONDS", "2")
    office.simulator.faults.arm("slow", side="xero", method="PUT", path="*/Invoices", seconds=6)
    work_on_bills(office, workers, "scheduled")
    until(lambda: open_intents(office) and office.simulator.calls.in_flight["xero"])
    taken = lease_of(office).since

    until(lambda: datetime.now(UTC) > taken + timedelta(seconds=4))

    assert lease_of(office).until > datetime.now(UTC)
    (done,) = workers.answers(1)
    assert done["created"] == 3


def test_a_run_that_stood_still_for_too_long_sends_nothing_more(
    office: Office, address: str
) -> None:
    ledger = office.ledger
    ledger.held = somebody_elses(ledger, seconds=0)
    other = ledger.lease("subcontractor_invoice", task="other", who="Another run", seconds=60)
    assert other.take() is None

    with pytest.raises(LeaseLost, match="stood still"):
        intents_of(ledger, a_create("1"))

    assert open_intents(office) == []


def overtaken(office: Office) -> None:
    """Have another run take over each lease that is held, as where its holder stood still."""
    with office.ledger._write() as connection:
        connection.execute(update(leases).values(holder="another run"))


OVERTAKEN = [
    (BILLS, {"side": "xero", "method": "GET", "path": "*/Contacts"}),
    ("vendors", {"side": "xero", "method": "PUT", "path": "*/Contacts"}),
    ("pdfs", {"side": "procore", "method": "GET", "path": "/files/*"}),
    ("direct_costs", {"side": "procore", "method": "GET", "path": "*/direct_costs"}),
]
"""What is due, and the call during which another run takes over."""


@pytest.mark.parametrize(("due", "during"), OVERTAKEN)
def test_a_run_that_is_overtaken_mid_way_writes_nothing_after_that(
    office: Office, people: Contractor, due: str, during: dict[str, str]
) -> None:
    flow = ready_to_be_overtaken(office, people, due)
    office.forget_calls()
    office.simulator.faults.arm("meanwhile", **during, act=lambda: overtaken(office))

    with pytest.raises(LeaseLost, match="stood still"):
        office.run(flow)

    calls = list(office.simulator.calls)
    (at, *_) = [n for n, call in enumerate(calls) if met(call, during)]
    assert [call.path for call in calls[at + 1 :] if call.is_write] == []


def met(call: Any, during: Mapping[str, str]) -> bool:
    return call.method == during["method"] and fnmatchcase(call.path, during["path"])


def ready_to_be_overtaken(office: Office, people: Contractor, what: str) -> str:
    """Have both systems be as they are when the last write of a flow is due; return the flow."""
    if what == "vendors":
        office.settings = {**office.settings, "vendors": {"direction": "procore_to_xero"}}
        people.vendor("Own Scaffolds Ltd")
        return "vendors"
    claim = people.one_claim()
    if what == "direct_costs":
        return one_begun(office, people)
    if what == "pdfs":
        bills = {**office.settings["bills"], "attach_pdf": True}
        office.settings = {**office.settings, "bills": bills}
        people.procore.attach_file(claim["id"], "INV 001.pdf")
    office.night(flows=BEFORE)
    return BILLS


def one_begun(office: Office, people: Contractor) -> str:
    """Have a direct cost that was begun and never locked, since the answer was lost."""
    office.night(flows=BEFORE)
    line = {
        "Description": "Skip hire", "Quantity": "1", "UnitAmount": "480.00", "AccountCode": "310",
        "Tracking": [
            {"Name": "Project", "Option": "A-1"}, {"Name": "Cost Codes", "Option": "02-300"},
        ],
    }  # fmt: skip
    contact = next(iter(people.xero.contacts.values()))
    people.xero.add_bill(
        contact["ContactID"], [line], number="HP-77", status="AUTHORISED", on=recently(5)
    )
    office.settings = {**office.settings, "direct_costs": {"include": "all"}}
    fault = {"side": "procore", "method": "POST", "path": "*/direct_costs"}
    office.simulator.faults.arm("drop_after", **fault)
    assert office.run("direct_costs")["in_doubt"] == 1
    return "direct_costs"


def test_nor_does_it_write_what_needs_no_intent(office: Office, address: str) -> None:
    ledger = office.ledger
    ledger.held = somebody_elses(ledger, seconds=0)
    other = ledger.lease("subcontractor_invoice", task="other", who="Another run", seconds=60)
    ledger.still_mine()
    assert other.take() is None

    for check in (ledger.still_mine, lambda: ledger.leaving("run")):
        with pytest.raises(LeaseLost, match="stood still"):
            check()


def test_nobody_takes_a_lease_between_the_check_and_the_commit_of_an_intent(
    office: Office, address: str
) -> None:
    if address.startswith("sqlite"):
        pytest.skip("SQLite lets one transaction write at a time")
    ledger = office.ledger
    mine = somebody_elses(ledger, seconds=0)
    other = ledger.lease("subcontractor_invoice", task="other", who="Another run", seconds=60)

    with ThreadPoolExecutor(1) as pool:
        with ledger._write() as connection:
            mine.check(connection)
            taking = pool.submit(other.take)
            with pytest.raises(TimeoutError):
                taking.result(timeout=1)
        assert taking.result(timeout=10) is None

    with ledger._write() as connection, pytest.raises(LeaseLost):
        mine.check(connection)


def test_a_run_that_is_over_leaves_no_lease_whatever_came_of_it(
    office: Office, claims: Contractor
) -> None:
    office.run(BILLS)
    office.simulator.faults.arm("rate_limit", side="procore", kind="hour", retry_after=600)
    with pytest.raises(AirflowRescheduleException):
        office.run(BILLS)

    assert lease_of(office) is None


def test_a_person_who_starts_a_run_while_the_nightly_works_has_both_done(
    office: Office, claims: Contractor, workers: Workers
) -> None:
    office.simulator.faults.arm("slow", side="xero", method="PUT", path="*/Invoices", seconds=1)
    work_on_bills(office, workers, "scheduled__1")
    until(lambda: office.simulator.calls.in_flight["xero"])
    with pytest.raises(AirflowRescheduleException):
        an_operator(office).execute(context(dag_run=SimpleNamespace(run_type="manual", conf={})))
    (nightly,) = workers.answers(1)

    again = an_operator(office).execute(
        context(dag_run=SimpleNamespace(run_type="manual", conf={}))
    )

    assert (nightly["created"], again["created"]) == (3, 0)


def open_intents(office: Office) -> list[Any]:
    query = select(intents).where(intents.c.closed_at.is_(None))
    with office.ledger._read() as connection:
        return list(connection.execute(query))


def lease_of(office: Office) -> Any:
    """Return the row of the lease on bills, or None."""
    with office.ledger._read() as connection:
        return connection.execute(
            select(leases).where(leases.c.name.endswith("/subcontractor_invoice"))
        ).first()
