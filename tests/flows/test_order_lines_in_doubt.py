"""Lines of orders whose answer was lost: none is ordered twice, and none is taken for another's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.flows.contractor import Contractor
from tests.flows.office import Office

Record = dict[str, Any]
ORDERS = {"side": "xero", "method": "POST", "path": "*/PurchaseOrders"}
LOST = {"name": "drop_after", "times": 9, **ORDERS}
NEVER_DONE = {"name": "status", "status": 500, "times": 9, **ORDERS}
BOTH = ("commitments", "commitment_change_orders")


@pytest.fixture
def contract(office: Office, people: Contractor) -> Record:
    """Return a commitment whose order, of two lines, stands in Xero."""
    made = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    office.night(flows=("projects", "contacts", "cost_codes", *BOTH))
    return made


def add_a_line(people: Contractor, contract: Record, text: str, amount: str) -> None:
    code = people.budget_code(people.procore.projects[contract["project_id"]])["id"]
    people.procore.add_commitment_line(
        contract["id"], wbs_code_id=code, amount=amount, description=text
    )


def a_change(people: Contractor, contract: Record, *lines: tuple[str, str]) -> Record:
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    return people.procore.add_change_order(
        contract_id=contract["id"],
        status="approved",
        title="Rock",
        lines=[{"wbs_code_id": code, "description": t, "amount": a} for t, a in lines],
    )


def order(people: Contractor) -> Record:
    (found,) = people.xero.purchase_orders.values()
    return found


def added(people: Contractor) -> list[str]:
    """Return what the order's lines say, beyond the two that it began with."""
    return [line["Description"] for line in order(people)["LineItems"]][2:]


def run_in_doubt(office: Office, fault: Record, flow: str) -> Record:
    """Run a flow whose writes are never answered, then again without trouble."""
    office.simulator.faults.arm(**fault)
    first = office.run(flow)
    office.simulator.faults.clear()
    assert first["in_doubt"] == 1
    return office.run(flow)


def test_E52_a_line_that_a_lost_update_added_to_an_order_is_not_added_again(
    office: Office, people: Contractor, contract: Record
) -> None:
    add_a_line(people, contract, "Kerbs", "900.00")

    run_in_doubt(office, LOST, "commitments")

    assert added(people) == ["Kerbs"]
    assert office.issue_codes() == []


def test_E52_nor_is_one_that_a_lost_update_added_for_a_change_order(
    office: Office, people: Contractor, contract: Record
) -> None:
    package = a_change(people, contract, ("Rock", "700.00"))
    office.run("commitment_change_orders")
    other = a_change(people, contract, ("More rock", "70.00"))
    people.procore.delete_change_order(other["id"])
    lines = [*package["line_items"], *other["line_items"]]
    people.procore.change_change_order(
        package["id"], status="approved", line_items=lines, grand_total=Decimal("770.00")
    )

    run_in_doubt(office, LOST, "commitment_change_orders")

    assert added(people) == ["Rock", "More rock"]
    assert office.issue_codes() == []


def test_E52_a_change_order_that_was_never_written_is_not_taken_for_one_that_reads_alike(
    office: Office, people: Contractor, contract: Record
) -> None:
    a_change(people, contract, ("Rock", "700.00"))
    office.run("commitment_change_orders")
    a_change(people, contract, ("Rock", "700.00"))

    run_in_doubt(office, NEVER_DONE, "commitment_change_orders")

    assert added(people) == ["Rock", "Rock"]


def test_a_new_line_of_a_commitment_is_not_taken_for_one_of_its_change_orders(
    office: Office, people: Contractor, contract: Record
) -> None:
    a_change(people, contract, ("Rock", "700.00"))
    office.run("commitment_change_orders")
    add_a_line(people, contract, "Rock", "700.00")

    office.night(flows=BOTH)

    assert added(people) == ["Rock", "Rock"]


def test_E52_a_change_order_of_which_some_lines_are_there_is_shown_to_a_person(
    office: Office, people: Contractor, contract: Record
) -> None:
    a_change(people, contract, ("Rock", "700.00"), ("More rock", "70.00"))
    office.simulator.faults.arm(**LOST)
    office.run("commitment_change_orders")
    office.simulator.faults.clear()
    people.xero.stamp(order(people))["LineItems"].pop()
    office.forget_calls()

    result = office.run("commitment_change_orders")

    assert result["in_doubt"] == 1
    assert not office.writes("xero")
    assert office.issue_codes() == ["IN_DOUBT"]


# An update that was still at work when the next one was written


def landed_late(people: Contractor) -> None:
    """Let an update that carried the same new lines land now: Xero gives them ids anew."""
    for line in people.xero.stamp(order(people))["LineItems"][2:]:
        line["LineItemID"] = str(uuid4())


def test_E52_lines_of_an_update_that_lands_late_are_known_by_what_they_say(
    office: Office, people: Contractor, contract: Record
) -> None:
    add_a_line(people, contract, "Kerbs", "900.00")
    add_a_line(people, contract, "Drains", "450.00")
    office.night(flows=BOTH)
    landed_late(people)

    plan = office.run("commitments", "plan")
    last = office.run("commitments")
    office.forget_calls()
    office.night(flows=BOTH)

    assert (plan["held"], last["held"], last["updated"]) == (0, 0, 0)
    assert office.issue_codes() == []
    assert not office.writes("xero")


def test_E52_they_are_changed_in_place_and_not_added_again(
    office: Office, people: Contractor, contract: Record
) -> None:
    package = a_change(people, contract, ("Kerbs", "900.00"))
    add_a_line(people, contract, "Kerbs", "900.00")
    office.night(flows=BOTH)
    landed_late(people)
    kerbs = people.procore.lines_of(contract["id"])[-1]
    people.procore.edit_commitment_line(kerbs["id"], amount="950.00")

    office.night(flows=BOTH)
    amounts = sorted(line["LineAmount"] for line in order(people)["LineItems"][2:])
    people.procore.change_change_order(package["id"], status="void")
    office.night(flows=BOTH)

    assert amounts == [Decimal("900.00"), Decimal("950.00")]
    assert [line["LineAmount"] for line in order(people)["LineItems"][2:]] == [Decimal("950.00")]
    assert office.issue_codes() == []


def test_E52_a_change_order_takes_back_what_an_update_that_lands_late_has_added(
    office: Office, people: Contractor, contract: Record
) -> None:
    package = a_change(people, contract, ("Rock", "700.00"), ("More rock", "70.00"))
    office.night(flows=BOTH)
    landed_late(people)
    people.procore.change_change_order(package["id"], status="void")

    office.run("commitment_change_orders")

    assert added(people) == []


def test_E34_a_line_that_somebody_changed_is_not_taken_for_one_that_landed_late(
    office: Office, people: Contractor, contract: Record
) -> None:
    add_a_line(people, contract, "Kerbs", "900.00")
    office.night(flows=BOTH)
    landed_late(people)
    order(people)["LineItems"][2] |= {"UnitAmount": Decimal(901), "LineAmount": Decimal("901.00")}

    office.run("commitments")

    assert office.issue_codes() == ["ORDER_EDITED"]


NEW = {"side": "xero", "method": "PUT", "path": "*/PurchaseOrders"}
_LINE = ("Description", "Quantity", "UnitAmount", "AccountCode", "Tracking")


@pytest.mark.parametrize("what", ["contact", "lines", "deleted"])
def test_E52_what_somebody_entered_under_the_number_of_a_lost_order_is_not_taken_for_it(
    office: Office, people: Contractor, contract: Record, what: str
) -> None:
    project = people.procore.projects[contract["project_id"]]
    people.contract(project, contract["vendor"], number="SC-002")
    lines = [{name: line[name] for name in _LINE} for line in order(people)["LineItems"]]
    contact = order(people)["Contact"]["ContactID"]
    office.simulator.faults.arm("drop_before", times=9, **NEW)
    first = office.run("commitments")
    office.simulator.faults.clear()
    people.xero.add_purchase_order(
        people.contact("Somebody Else")["ContactID"] if what == "contact" else contact,
        lines[:1] if what == "lines" else lines,
        number="SC-002",
        status="DELETED" if what == "deleted" else "AUTHORISED",
    )

    office.run("commitments")

    assert first["in_doubt"] == 1
    assert "SC-002" not in [link.xero_name for link in office.ledger.links("commitment")]


def test_E36_E52_the_deletion_of_an_order_whose_answer_was_lost_is_known_to_be_ours(
    office: Office, people: Contractor, contract: Record
) -> None:
    people.procore.change_commitment(contract["id"], status="Terminated")

    again = run_in_doubt(office, LOST, "commitments")

    assert order(people)["Status"] == "DELETED"
    assert office.ledger.links("commitment") == []
    assert not [note for note in office.ledger.run(str(again["run"])).notes if "DELETED" in note]
