"""R19: nothing is sent for an inactive project, also not what was held before it was that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import (
    CommitmentsToPurchaseOrdersOperator,
)
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, Office
from tests.flows.test_commitments import change, orders

ORDERS = ("commitments", "commitment_change_orders")
EACH = ("commitments", "subcontractor_invoices")


@pytest.fixture(autouse=True)
def flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "commitments", CommitmentsToPurchaseOrdersOperator)
    monkeypatch.setitem(
        FLOWS, "commitment_change_orders", CommitmentChangeOrdersToPurchaseOrdersOperator
    )


@pytest.fixture
def project(people: Contractor) -> Record:
    """Return a project with an approved claim on an approved commitment; no vendor is linked."""
    project = people.project("A-1")
    people.claim(people.contract(project, people.vendor("Terra Works Ltd")))
    return project


def night(office: Office, **f: Any) -> dict[str, dict[str, Any]]:
    """Run the flows as the nightly run has them, orders before claims."""
    flows = ("projects", "contacts", "cost_codes", *ORDERS, "subcontractor_invoices")
    return office.night(flows=flows, **f)


def switch(people: Contractor, project: Record, *, on: bool) -> None:
    project["active"] = on
    people.procore.touch(project)


def sent(people: Contractor) -> int:
    return len(people.xero.purchase_orders) + len(people.xero.invoices)


@pytest.mark.parametrize("flow", EACH)
def test_R19_what_was_held_stays_held_while_its_project_is_inactive_and_goes_once_after(
    office: Office, people: Contractor, project: Record, flow: str
) -> None:
    before = night(office)[flow]
    switch(people, project, on=False)
    people.contact("Terra Works Ltd")
    planned = night(office, mode="plan")[flow]
    paused = night(office)[flow]
    left = sent(people)

    switch(people, project, on=True)
    after = night(office)[flow]

    assert office.reasons(before) == {"VENDOR_NOT_LINKED": 1}
    assert office.reasons(planned) == office.reasons(paused) == {"PROJECT_INACTIVE": 1}
    assert left == 0
    assert (after["created"], sent(people)) == (1, 2)


def test_R19_a_change_order_that_was_held_stays_held_while_its_project_is_inactive(
    office: Office, people: Contractor, project: Record
) -> None:
    people.contact("Terra Works Ltd")
    night(office)
    order = orders(people)["SC-001"]
    order["Status"] = "BILLED"
    change(people, next(iter(people.procore.commitments.values())), "500")
    held = night(office)["commitment_change_orders"]
    switch(people, project, on=False)
    order["Status"] = "AUTHORISED"

    paused = night(office)["commitment_change_orders"]
    lines = len(order["LineItems"])
    switch(people, project, on=True)
    night(office)

    assert office.reasons(held) == {"ORDER_BILLED": 1}
    assert office.reasons(paused) == {"PROJECT_INACTIVE": 1}
    assert (lines, len(orders(people)["SC-001"]["LineItems"])) == (2, 3)


@pytest.mark.parametrize("flow", EACH)
def test_R19_what_was_edited_in_xero_is_read_again_and_waits_for_its_project(
    office: Office, people: Contractor, project: Record, flow: str
) -> None:
    people.contact("Terra Works Ltd")
    night(office)
    switch(people, project, on=False)
    for record in (*people.xero.purchase_orders.values(), *people.xero.invoices.values()):
        record["LineItems"][0] |= {"UnitAmount": Decimal(1), "LineAmount": Decimal(1)}
        people.xero.stamp(record)
    office.forget_calls()

    result = night(office)[flow]

    assert office.reasons(result) == {"PROJECT_INACTIVE": 1}
    assert not office.writes("xero")
