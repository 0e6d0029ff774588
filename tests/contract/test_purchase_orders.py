"""Purchase orders, contract lines and change orders, through both clients."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import InDoubt
from tests.contract.conftest import World

Record = dict[str, Any]


def an_order(world: World, number: str, **changes: Any) -> Record:
    contacts = world.simulator.xero.contacts.values()
    contact = next(c for c in contacts if c["ContactStatus"] == "ACTIVE")
    line = {"Description": "Kerbs", "Quantity": 3, "UnitAmount": Decimal("1.2345")}
    order = {
        "PurchaseOrderNumber": number,
        "Contact": {"ContactID": contact["ContactID"]},
        "Date": "2026-11-20",
        "LineItems": [line],
    }
    return {**order, **changes}


def test_an_order_is_created_with_four_places_and_found_by_its_number(world: World) -> None:
    xero = world.xero()
    (made,) = xero.create_purchase_orders([an_order(world, "T-1 ö&7")], "k")

    found = xero.purchase_order("T-1 ö&7")

    assert found is not None
    assert found["PurchaseOrderID"] == made.record["PurchaseOrderID"]
    assert found["LineItems"][0]["UnitAmount"] == Decimal("1.2345")
    assert found["LineItems"][0]["LineAmount"] == Decimal("3.70")


def test_no_order_has_a_number_that_nobody_gave(world: World) -> None:
    assert world.xero().purchase_order("NOBODY-1") is None


def test_a_taken_number_is_refused_and_edits_nothing(world: World) -> None:
    xero = world.xero()
    (first,) = xero.create_purchase_orders([an_order(world, "T-1", Reference="ours")], "k1")

    other, taken = xero.create_purchase_orders(
        [an_order(world, "T-2"), an_order(world, "T-1", Reference="not ours")], "k2"
    )

    assert (other.saved, taken.saved) == (True, False)
    assert taken.errors == ("Order number must be unique",)
    stands = world.simulator.xero.purchase_orders[first.record["PurchaseOrderID"]]
    assert stands["Reference"] == "ours"


def test_an_update_needs_the_orders_id(world: World) -> None:
    with pytest.raises(ValueError, match="PurchaseOrderID"):
        world.xero().update_purchase_orders([an_order(world, "T-1")], "k")


def test_answers_are_in_the_order_sent(world: World) -> None:
    world.simulator.xero.switches["batch_order"] = "reversed"
    sent = [an_order(world, f"T-{n}") for n in range(5)]

    made = world.xero().create_purchase_orders(sent, "k")

    numbers = [each.record["PurchaseOrderNumber"] for each in made]
    assert numbers == [order["PurchaseOrderNumber"] for order in sent]


def test_a_lost_answer_leaves_doubt(world: World) -> None:
    world.simulator.faults.arm(
        "status_after", side="xero", method="PUT", path="*/PurchaseOrders", times=9
    )

    with pytest.raises(InDoubt):
        world.xero().create_purchase_orders([an_order(world, "T-1")], "k")


def test_lists_of_orders_are_read_page_by_page_deleted_ones_too(world: World) -> None:
    xero = world.xero()
    made = xero.create_purchase_orders([an_order(world, f"T-{n}") for n in range(3)], "k")
    gone = {"PurchaseOrderID": made[0].record["PurchaseOrderID"], "Status": "DELETED"}
    xero.update_purchase_orders([gone], "k2")

    statuses = {
        order["PurchaseOrderNumber"]: order["Status"]
        for order in xero.purchase_orders()
        if order["PurchaseOrderNumber"].startswith("T-")
    }

    assert statuses == {"T-0": "DELETED", "T-1": "DRAFT", "T-2": "DRAFT"}


def test_contract_lines_and_change_orders_come_with_their_amounts(world: World) -> None:
    package = next(iter(world.simulator.procore.change_order_packages.values()))
    contract = world.simulator.procore.commitments[package["contract_id"]]
    procore, project = world.procore(), contract["project_id"]

    lines = list(procore.contract_lines(project, contract["commitment_type"], contract["id"]))
    listed = list(procore.change_order_packages(project, ids=[package["id"]]))
    shown = procore.change_order_package(project, package["id"])

    assert sum(Decimal(line["amount"]) for line in lines) == Decimal(contract["grand_total"])
    assert [row["id"] for row in listed] == [package["id"]]
    assert len(shown["line_items"]) == len(package["line_items"])


def test_the_recycle_bin_is_read_where_it_is_asked_for(world: World) -> None:
    contract = next(iter(world.simulator.procore.commitments.values()))
    world.simulator.procore.delete_commitment(contract["id"])
    project, kind = contract["project_id"], contract["commitment_type"]
    procore = world.procore()

    without = {row["id"] for row in procore.contracts(project, kind)}
    deleted = {row["id"] for row in procore.contracts(project, kind, deleted=True)} - without

    assert deleted == {contract["id"]}
