"""What people do while a run is at work: nothing of theirs is overwritten, and no line is lost.

Between the moment that a run reads a document and the moment that it writes it, it may read
thousands of others. ``meanwhile`` has somebody act in between.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.flows.contractor import Contractor
from tests.flows.office import Office

Record = dict[str, Any]
LIST_OF_BILLS = {"side": "xero", "method": "GET", "path": "*/Invoices"}
"""Bills are listed for what has changed, read again for the plan, and again before they go."""
AN_ORDER = {"side": "xero", "method": "GET", "path": "*/PurchaseOrders/*"}
"""Orders are listed for what has changed too; one by its id is read before it is written."""


@pytest.fixture
def corrected(office: Office, people: Contractor) -> Record:
    """Return the bill of a claim that was corrected since, and is due to be written again."""
    claim = people.one_claim()
    office.night()
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "2000.00"}])
    office.forget_calls()
    return people.bill_of(claim)


def edit(people: Contractor, bill: Record) -> None:
    kept = {k: bill["LineItems"][0][k] for k in ("Description", "AccountCode", "Tracking")}
    people.xero.edit_bill(bill["InvoiceID"], [{**kept, "Quantity": "1", "UnitAmount": "7.00"}])


def pay(people: Contractor, bill: Record) -> None:
    people.pay(bill, "10.00")


def void(people: Contractor, bill: Record) -> None:
    people.xero.delete_bill(bill["InvoiceID"])


Act = Callable[[Contractor, Record], None]


@pytest.mark.parametrize(
    ("act", "code"), [(edit, "BILL_EDITED"), (pay, "BILL_PAID"), (void, "BILL_CLOSED")]
)
def test_E34_E35_what_happens_to_a_bill_after_it_was_listed_holds_its_claim(
    office: Office, people: Contractor, corrected: Record, act: Act, code: str
) -> None:
    office.simulator.faults.arm(
        "meanwhile", **LIST_OF_BILLS, after=1, act=lambda: act(people, corrected)
    )

    result = office.run("subcontractor_invoices")

    assert office.reasons(result) == {code: 1}
    assert not office.writes("xero")


@pytest.mark.parametrize("act", [edit, pay, void])
def test_E34_E35_what_happens_to_a_bill_after_it_was_planned_is_not_overwritten(
    office: Office, people: Contractor, corrected: Record, act: Act
) -> None:
    office.simulator.faults.arm(
        "meanwhile", **LIST_OF_BILLS, after=2, act=lambda: act(people, corrected)
    )

    first = office.run("subcontractor_invoices")
    office.run("subcontractor_invoices")

    assert first["refused"] == 1
    assert not office.writes("xero")
    assert len(office.issue_codes("subcontractor_invoices")) == 1


def test_a_bill_that_xero_does_not_know_any_more_holds_its_claim(
    office: Office, people: Contractor, corrected: Record
) -> None:
    del people.xero.invoices[corrected["InvoiceID"]]

    result = office.run("subcontractor_invoices")

    assert office.reasons(result) == {"BILL_GONE": 1}
    assert not office.writes("xero")


@pytest.fixture
def grown(office: Office, people: Contractor) -> Record:
    """Return the order of a commitment that got a line since, and is due to be written again."""
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    office.night(flows=("projects", "contacts", "cost_codes", "commitments"))
    code = people.budget_code(people.procore.projects[contract["project_id"]])["id"]
    people.procore.add_commitment_line(
        contract["id"], wbs_code_id=code, amount="900.00", description="Kerbs"
    )
    office.forget_calls()
    (order,) = people.xero.purchase_orders.values()
    return order


def reprice(people: Contractor, order: Record) -> None:
    order["LineItems"][0] |= {"UnitAmount": Decimal(7), "LineAmount": Decimal(7)}
    people.xero.stamp(order)


def bill(people: Contractor, order: Record) -> None:
    people.xero.stamp(order)["Status"] = "BILLED"


def delete(people: Contractor, order: Record) -> None:
    people.xero.stamp(order)["Status"] = "DELETED"


def add_a_line(people: Contractor, order: Record) -> None:
    theirs = {
        "LineItemID": "0d0a7f5c-0000-4000-8000-000000000000",
        "Description": "By the bookkeeper",
        "Quantity": Decimal(1),
        "UnitAmount": Decimal(3),
        "LineAmount": Decimal(3),
        "TaxAmount": Decimal("0.45"),
    }
    order["LineItems"].append({**order["LineItems"][0], **theirs})
    people.xero.stamp(order)


@pytest.mark.parametrize("act", [reprice, bill, delete])
def test_what_happens_to_an_order_after_it_was_listed_is_not_overwritten(
    office: Office, people: Contractor, grown: Record, act: Act
) -> None:
    office.simulator.faults.arm("meanwhile", **AN_ORDER, act=lambda: act(people, grown))

    first = office.run("commitments")
    office.run("commitments")

    assert first["held"] + first["refused"] == 1
    assert not office.writes("xero")
    assert len(office.issue_codes("commitments")) == 1


def test_a_line_that_the_bookkeeper_adds_to_an_order_after_it_was_listed_stays(
    office: Office, people: Contractor, grown: Record
) -> None:
    office.simulator.faults.arm("meanwhile", **AN_ORDER, act=lambda: add_a_line(people, grown))

    result = office.run("commitments")

    (order,) = people.xero.purchase_orders.values()
    said = [line["Description"] for line in order["LineItems"]]
    assert result["updated"] == 1
    assert said[-2:] == ["By the bookkeeper", "Kerbs"]


def test_E36_an_order_that_is_marked_as_billed_after_it_was_listed_is_not_deleted(
    office: Office, people: Contractor, grown: Record
) -> None:
    (contract,) = people.procore.commitments.values()
    people.procore.change_commitment(contract["id"], status="Terminated")
    office.simulator.faults.arm("meanwhile", **AN_ORDER, act=lambda: bill(people, grown))

    result = office.run("commitments")

    assert result["held"] + result["refused"] == 1
    assert grown["Status"] == "BILLED"


@pytest.fixture
def changed(office: Office, people: Contractor, grown: Record) -> Record:
    """Return a change order whose line stands on the order."""
    (contract,) = people.procore.commitments.values()
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    package = people.procore.add_change_order(
        contract_id=contract["id"],
        status="approved",
        title="Rock",
        lines=[{"wbs_code_id": code, "amount": "700.00", "description": "Rock"}],
    )
    office.run("commitment_change_orders")
    office.forget_calls()
    return package


def test_E37_the_lines_of_a_cancelled_change_order_stay_on_an_order_that_is_billed(
    office: Office, people: Contractor, grown: Record, changed: Record
) -> None:
    people.procore.change_change_order(changed["id"], status="void")
    bill(people, grown)

    result = office.run("commitment_change_orders")

    assert office.reasons(result) == {"ORDER_BILLED": 1}
    assert not office.writes("xero")


def test_E37_they_stay_too_where_it_is_billed_after_the_plan_was_made(
    office: Office, people: Contractor, grown: Record, changed: Record
) -> None:
    people.procore.change_change_order(changed["id"], status="void")
    office.simulator.faults.arm("meanwhile", **AN_ORDER, after=1, act=lambda: bill(people, grown))

    result = office.run("commitment_change_orders")

    assert result["refused"] == 1
    assert not office.writes("xero")


@pytest.fixture
def more(people: Contractor, changed: Record) -> Record:
    """Return a second change order, whose line is due to be added."""
    (contract,) = people.procore.commitments.values()
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    return people.procore.add_change_order(
        contract_id=contract["id"],
        status="approved",
        title="More rock",
        lines=[{"wbs_code_id": code, "amount": "70.00", "description": "More rock"}],
    )


def test_nothing_is_added_to_an_order_that_is_deleted_after_the_plan_was_made(
    office: Office, people: Contractor, grown: Record, more: Record
) -> None:
    office.simulator.faults.arm("meanwhile", **AN_ORDER, after=1, act=lambda: delete(people, grown))

    result = office.run("commitment_change_orders")

    assert result["refused"] == 1
    assert not office.writes("xero")


def test_a_line_that_the_bookkeeper_adds_after_a_change_order_was_planned_stays(
    office: Office, people: Contractor, grown: Record, more: Record
) -> None:
    office.simulator.faults.arm(
        "meanwhile", **AN_ORDER, after=1, act=lambda: add_a_line(people, grown)
    )

    office.run("commitment_change_orders")

    (order,) = people.xero.purchase_orders.values()
    said = [line["Description"] for line in order["LineItems"]]
    assert said[-3:] == ["Rock", "By the bookkeeper", "More rock"]


def test_a_line_that_is_added_to_a_commitment_after_it_was_listed_goes_too(
    office: Office, people: Contractor
) -> None:
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    office.night(flows=("projects", "contacts", "cost_codes"))
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    office.simulator.faults.arm(
        "meanwhile", side="procore", method="GET", path="*/line_items",
        act=lambda: people.procore.add_commitment_line(
            contract["id"], wbs_code_id=code, amount="900.00", description="Kerbs"
        ),
    )  # fmt: skip

    office.run("commitments")

    (order,) = people.xero.purchase_orders.values()
    assert sum(line["LineAmount"] for line in order["LineItems"]) == 150900
