"""Change orders of one order go together, each order once, and each stays itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.contractor import Contractor
from tests.flows.office import Office

Record = dict[str, Any]
WRITES = {"side": "xero", "method": "POST", "path": "*/PurchaseOrders"}
FLOW = "commitment_change_orders"
BOTH = ("commitments", FLOW)
BY_TYPE = {"accounts": {"expense": "310", "by_cost_type": {"S": "310", "M": "320"}}}


@pytest.fixture
def contracts(office: Office, people: Contractor) -> list[Record]:
    """Return two commitments whose orders, of two lines each, stand in Xero."""
    office.settings = {**office.settings, **BY_TYPE}
    project, vendor = people.project("A-1"), people.pair("Terra Works Ltd")
    made = [people.contract(project, vendor, number=number) for number in ("SC-001", "SC-002")]
    office.night(flows=("projects", "contacts", "cost_codes", *BOTH))
    office.forget_calls()
    return made


def a_change(
    people: Contractor, contract: Record, *lines: tuple[str, str], kind: str = "S"
) -> Record:
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]
    (of,) = [t for t in people.procore.line_item_types.values() if t["code"] == kind]
    (cost_code,) = {
        c["id"]
        for c in people.procore.cost_codes.values()
        if c["biller_id"] == contract["project_id"] and code["flat_code"].startswith(c["full_code"])
    }
    wbs = people.procore.add_wbs_code(cost_code_id=cost_code, line_item_type_id=of["id"])
    return people.procore.add_change_order(
        contract_id=contract["id"],
        status="approved",
        title="Rock",
        lines=[{"wbs_code_id": wbs["id"], "description": t, "amount": a} for t, a in lines],
    )


def added(people: Contractor, number: str = "SC-001") -> list[tuple[str, int]]:
    """Return what an order has beyond the two lines that it began with."""
    lines = [
        (x["Description"], int(x["LineAmount"])) for x in numbered(people, number)["LineItems"]
    ]
    began = [("Earthwork", 100_000), ("Concrete", 50_000)]
    assert {*began} <= {*lines}
    return [line for line in lines if line not in began]


def numbered(people: Contractor, number: str) -> Record:
    orders = people.xero.purchase_orders.values()
    (order,) = [o for o in orders if o["PurchaseOrderNumber"] == number]
    return order


def whose(office: Office, people: Contractor) -> dict[str, list[str]]:
    """Return what the lines say that each linked change order calls its own."""
    said = {
        line["LineItemID"]: line["Description"]
        for order in people.xero.purchase_orders.values()
        for line in order["LineItems"]
    }
    return {
        link.procore_id: [said[line] for line in link.data["lines"].values()]
        for link in office.ledger.links("commitment_change_order")
    }


def test_change_orders_of_several_orders_are_written_by_one_call(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    first, second = contracts
    one = a_change(people, first, ("Rock", "700"), ("Hauling", "-50"))
    two = a_change(people, second, ("Pump", "90"))
    three = a_change(people, first, ("More rock", "70"))

    result = office.run(FLOW)

    assert result["created"] == 3
    assert len(office.writes("xero")) == 1
    assert added(people) == [("Rock", 700), ("Hauling", -50), ("More rock", 70)]
    assert added(people, "SC-002") == [("Pump", 90)]
    assert whose(office, people) == {
        str(one["id"]): ["Rock", "Hauling"],
        str(two["id"]): ["Pump"],
        str(three["id"]): ["More rock"],
    }


@pytest.mark.parametrize("order", ["request", "reversed"])
def test_changed_together_each_keeps_its_own_lines(
    office: Office, people: Contractor, contracts: list[Record], order: str
) -> None:
    office.simulator.set_switches(line_order=order)
    one = a_change(people, contracts[0], ("Rock", "700"))
    two = a_change(people, contracts[0], ("More rock", "70"))
    office.run(FLOW)
    office.simulator.clock.advance(60)
    for package, text in ((one, "Granite"), (two, "Gravel")):
        lines = [{**line, "description": text} for line in package["line_items"]]
        people.procore.change_change_order(package["id"], status="approved", line_items=lines)
    office.forget_calls()

    result = office.run(FLOW)

    assert result["updated"] == 2
    assert len(office.writes("xero")) == 1
    assert whose(office, people) == {str(one["id"]): ["Granite"], str(two["id"]): ["Gravel"]}
    assert sorted(added(people)) == [("Granite", 700), ("Gravel", 70)]


def test_cancelled_together_they_take_their_lines_away_and_no_others(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    doomed = [a_change(people, contracts[0], (text, "70")) for text in ("Rock", "Pump")]
    stays = a_change(people, contracts[0], ("Gravel", "5"))
    office.run(FLOW)
    for package in doomed:
        people.procore.change_change_order(package["id"], status="void")
    office.forget_calls()

    office.run(FLOW)

    assert len(office.writes("xero")) == 1
    assert added(people) == [("Gravel", 5)]
    assert whose(office, people) == {str(stays["id"]): ["Gravel"]}


def test_one_that_xero_refuses_keeps_back_no_other_of_its_order(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    good = a_change(people, contracts[0], ("Rock", "700"))
    bad = a_change(people, contracts[0], ("Steel", "80"), kind="M")
    late = a_change(people, contracts[0], ("More rock", "70"))
    (account,) = [a for a in people.xero.accounts.values() if a.get("Code") == "320"]
    office.simulator.faults.arm(
        "meanwhile", **WRITES, act=lambda: account.update(Status="ARCHIVED")
    )

    result = office.run(FLOW)

    assert (result["created"], result["refused"]) == (2, 1)
    assert added(people) == [("Rock", 700), ("More rock", 70)]
    assert set(whose(office, people)) == {str(good["id"]), str(late["id"])}
    (refused,) = [o for o in office.outcomes(result) if o.what == "refused"]
    assert refused.source_id == str(bad["id"])
    account["Status"] = "ACTIVE"
    assert office.run(FLOW)["created"] == 1
    assert added(people)[2:] == [("Steel", 80)]


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_E52_two_that_read_alike_and_whose_answer_was_lost_have_a_line_each(
    office: Office, people: Contractor, contracts: list[Record], fault: str
) -> None:
    both = [a_change(people, contracts[0], ("Rock", "700")) for _ in range(2)]
    office.simulator.faults.arm(fault, times=9, **WRITES)
    first = office.run(FLOW)
    office.simulator.faults.clear()

    office.let_pass(400)
    office.run(FLOW)

    assert first["in_doubt"] == 2
    assert added(people) == [("Rock", 700)] * 2
    links = office.ledger.links("commitment_change_order")
    assert {link.procore_id for link in links} == {str(each["id"]) for each in both}
    assert len({line for link in links for line in link.data["lines"].values()}) == 2
    assert office.issue_codes() == []


def test_an_order_that_was_billed_meanwhile_keeps_back_its_own_and_no_others(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    a_change(people, contracts[0], ("Rock", "700"))
    a_change(people, contracts[1], ("Pump", "90"))
    order = numbered(people, "SC-001")
    # Once while it is planned, once right before it is written.
    office.simulator.faults.arm(
        "meanwhile",
        side="xero",
        method="GET",
        path=f"*/PurchaseOrders/{order['PurchaseOrderID']}",
        after=1,
        act=lambda: order.update(Status="BILLED"),
    )

    result = office.run(FLOW)

    assert (result["created"], result["refused"]) == (1, 1)
    assert (added(people), added(people, "SC-002")) == ([], [("Pump", 90)])


def test_E37_supplements_and_lines_of_standing_orders_go_apart(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    office.settings = {**office.settings, "commitments": {"billed_po": "supplement"}}
    numbered(people, "SC-001")["Status"] = "BILLED"
    a_change(people, contracts[0], ("Rock", "700"))
    a_change(people, contracts[1], ("Pump", "90"))
    a_change(people, contracts[0], ("More rock", "70"))

    result = office.run(FLOW)

    assert (result["created"], result["refused"]) == (3, 0)
    assert (added(people), added(people, "SC-002")) == ([], [("Pump", 90)])
    assert len(office.writes("xero")) == 3
    new = [n for n in map(number_of, people.xero.purchase_orders.values()) if "-CO" in n]
    assert sorted(new) == ["SC-001-CO1", "SC-001-CO2"]
    again = office.run(FLOW, full=True)
    assert (again["unchanged"], again["created"]) == (3, 0)


def number_of(order: Record) -> str:
    return str(order["PurchaseOrderNumber"])
