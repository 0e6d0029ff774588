"""Items and supplier credit notes in Xero, budget codes and cost types in Procore."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.conftest import World


def an_item(code: str) -> dict[str, Any]:
    return {"Code": code, "Name": f"Name of {code}", "PurchaseDetails": {"AccountCode": "310"}}


def a_credit_note(world: World, number: str) -> dict[str, Any]:
    contact = next(c for c in world.simulator.xero.contacts.values() if "ACTIVE" in str(c))
    line = {"Description": "Back-charge", "Quantity": 1, "UnitAmount": 500, "AccountCode": "310"}
    return {
        "Type": "ACCPAYCREDIT",
        "CreditNoteNumber": number,
        "Contact": {"ContactID": contact["ContactID"]},
        "LineItems": [line],
    }


def test_R62_each_item_of_a_batch_has_its_own_answer(world: World) -> None:
    world.simulator.xero.add_item("TAKEN", "Theirs")

    first, second = world.xero().create_items([an_item("98-765.S"), an_item("TAKEN")], "k")

    assert (first.saved, second.saved) == (True, False)
    assert "already exists" in second.errors[0]


def test_items_come_in_the_order_sent_whatever_xero_does(build: Callable[..., World]) -> None:
    world = build(batch_order="reversed")

    made = world.xero().create_items([an_item(f"C{n}") for n in range(3)], "k")

    assert [e.record["Code"] for e in made] == ["C0", "C1", "C2"]


def test_R65_an_update_of_the_name_leaves_the_accounts(world: World) -> None:
    (made,) = world.xero().create_items([an_item("98-765.S")], "k")

    (changed,) = world.xero().update_items(
        [{"ItemID": made.record["ItemID"], "Code": "98-765.S", "Name": "Dig"}], "k2"
    )

    assert changed.record["Name"] == "Dig"
    assert changed.record["PurchaseDetails"]["AccountCode"] == "310"


def test_an_item_is_updated_by_its_id_only(world: World) -> None:
    with pytest.raises(ValueError, match="ItemID only"):
        world.xero().update_items([an_item("98-765.S")], "k")


def test_a_batch_has_at_most_a_hundred_items(world: World) -> None:
    with pytest.raises(ValueError, match="takes 100 items, not 101"):
        world.xero().create_items([an_item(f"C{n}") for n in range(101)], "k")


def test_E5_supplier_credit_notes_are_made_listed_and_read(world: World) -> None:
    before = world.now() - timedelta(minutes=5)
    (made,) = world.xero().create_credit_notes([a_credit_note(world, "SC-001-CR-1")], "k")
    note_id = made.record["CreditNoteID"]

    listed = {n["CreditNoteID"]: n for n in world.xero().credit_notes(modified_since=before)}
    read = world.xero().credit_note(note_id)

    assert listed[note_id]["LineItems"][0]["Description"] == "Back-charge"
    assert read is not None
    assert read["CreditNoteNumber"] == "SC-001-CR-1"


def test_a_credit_note_that_xero_does_not_know_is_none(world: World) -> None:
    assert world.xero().credit_note("00000000-0000-4000-8000-00000000dead") is None


def test_budget_codes_of_a_project_are_read_whole_and_then_what_changed(world: World) -> None:
    code = next(iter(world.simulator.procore.wbs_codes.values()))
    later = world.now() + timedelta(minutes=1)

    all_of_them = list(world.procore().wbs_codes(code["project_id"]))
    changed = list(
        world.procore().wbs_codes(
            code["project_id"], updated_since=later, updated_until=later + timedelta(days=1)
        )
    )

    assert code["id"] in {each["id"] for each in all_of_them}
    assert {item["segment"]["type"] for item in all_of_them[0]["segment_items"]} == {
        "cost_code",
        "line_item_type",
    }
    assert changed == []


def test_cost_types_of_the_company_are_read(world: World) -> None:
    known = {kind["code"] for kind in world.simulator.procore.line_item_types.values()}

    assert {kind["code"] for kind in world.procore().line_item_types()} == known
