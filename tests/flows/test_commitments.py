"""Commitments become purchase orders, one each, and change orders lines of the same one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.sync.links import Link
from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, Office, bodies
from tests.flows.power import Mains, PowerCut

Record = dict[str, Any]

SET_UP = ("projects", "contacts", "cost_codes")
BOTH = ("commitments", "commitment_change_orders")
PURCHASE_ORDER = "PurchaseOrderContract"


@pytest.fixture(autouse=True)
def _commitment_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "commitments", CommitmentsToPurchaseOrdersOperator)
    monkeypatch.setitem(
        FLOWS, "commitment_change_orders", CommitmentChangeOrdersToPurchaseOrdersOperator
    )
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)


@pytest.fixture
def ready(office: Office, people: Contractor) -> Record:
    """Return a commitment whose project, vendor and codes are in Xero."""
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    office.night(flows=SET_UP)
    return contract


def settings(office: Office, **commitments: Any) -> dict[str, Any]:
    return {**office.settings, "commitments": commitments}


def orders(people: Contractor) -> dict[str, Record]:
    """Return the orders that stand in Xero, by number."""
    every = people.xero.purchase_orders.values()
    return {o["PurchaseOrderNumber"]: o for o in every if o["Status"] != "DELETED"}


def amounts(order: Record) -> list[Decimal]:
    return [line["LineAmount"] for line in order["LineItems"]]


def counts(result: Record) -> dict[str, int]:
    names = ("created", "updated", "linked", "unchanged", "held", "refused", "in_doubt")
    return {name: result[name] for name in names if result[name]}


def kept(order: Record) -> list[Record]:
    """Return the order's lines as they are now, to compare with later."""
    return [dict(line) for line in order["LineItems"]]


def coded(people: Contractor, contract: Record, *values: str) -> list[Record]:
    """Return lines for a change order, coded like the commitment's first line."""
    wbs = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    return [{"wbs_code_id": wbs, "amount": v, "description": f"Change {v}"} for v in values]


def change(people: Contractor, contract: Record, *values: str, **f: Any) -> Record:
    """Add an approved change order of these amounts."""
    lines = f.pop("lines", None) or coded(people, contract, *values)
    given = {"status": "approved", "title": "Rock", "lines": lines, **f}
    return people.procore.add_change_order(contract_id=contract["id"], **given)


def one_line(people: Contractor, project: Record, **f: Any) -> list[Record]:
    code = people.budget_code(project)["id"]
    return [{"wbs_code_id": code, "description": "Kerbs", **f}]


def third_segment(line: Record) -> None:
    """Code the line to a shift too, a segment that the company made for itself."""
    code = line["wbs_code"]
    shift = {"code": "N", "path_code": "N", "segment": {"name": "Shift", "type": "custom"}}
    segments = [*code.get("segment_items", ()), shift]
    line["wbs_code"] = {**code, "flat_code": f"{code['flat_code']}.N", "segment_items": segments}


# What goes over


def test_R71_an_approved_commitment_becomes_one_order_and_stays_it(
    office: Office, people: Contractor, ready: Record
) -> None:
    first = office.run("commitments")

    again = office.run("commitments", full=True)

    assert (counts(first), counts(again)) == ({"created": 1}, {"unchanged": 1})
    assert list(orders(people)) == ["SC-001"]


def test_R71_both_kinds_of_commitment_go_and_none_where_the_switch_is_off(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.contract(ready["project"], people.vendor("V"), number="PO-007", kind=PURCHASE_ORDER)[
        "vendor"
    ] = ready["vendor"]

    office.forget_calls()

    off = office.run("commitments", settings=settings(office, enabled=False))
    on = office.run("commitments")

    assert (counts(off), counts(on)) == ({}, {"created": 2})
    assert sorted(orders(people)) == ["PO-007", "SC-001"]
    assert not office.writes("procore")


def test_R73_R74_R75_R77_R78_R79_R80_the_header_and_the_lines_are_the_commitments(
    office: Office, people: Contractor, ready: Record
) -> None:
    contract = people.contract(
        ready["project"],
        None,
        number="PO-007",
        kind=PURCHASE_ORDER,
        ship_via=" Hiab &amp; crane ",
        lines=one_line(
            people, ready["project"], quantity="10", unit_cost="12.3456", extended_type="calculated"
        ),
    )
    contract["vendor"] = ready["vendor"]

    office.run("commitments")

    order = orders(people)["PO-007"]
    (line,) = order["LineItems"]
    contact = office.ledger.links("vendor")[0].xero_id
    assert (order["Reference"], order["DeliveryInstructions"]) == (
        "Contract PO-007",
        "Hiab & crane",
    )
    assert order["Contact"]["ContactID"] == contact
    assert (line["Description"], line["AccountCode"]) == ("Kerbs", "310")
    assert (line["Quantity"], line["UnitAmount"], line["LineAmount"]) == (
        Decimal(10),
        Decimal("12.3456"),
        Decimal("123.46"),
    )
    assert [t["Option"] for t in line["Tracking"]] == ["A-1", "02-300"]


def test_R74_E19_an_order_names_its_contact_by_id_only(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")

    (sent,) = bodies([c for c in office.writes("xero") if c.path.endswith("/PurchaseOrders")])
    assert [list(order["Contact"]) for order in sent["PurchaseOrders"]] == [["ContactID"]]


def test_R59_a_commitment_on_a_custom_segment_is_held_and_never_goes_without_it(
    office: Office, people: Contractor, ready: Record
) -> None:
    third_segment(people.procore.lines_of(ready["id"])[1])

    result = office.run("commitments")

    assert office.reasons(result) == {"CUSTOM_SEGMENT": 1}
    assert not orders(people)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-03T12:30:00Z", "Pacific/Auckland", "2026-03-04"),
        ("2026-03-03T12:30:00Z", "Australia/Sydney", "2026-03-03"),
        ("2026-03-03T12:30:00Z", "Mars/Olympus", "2026-03-03"),
    ],
)
def test_R72_C10_the_date_is_the_day_of_creation_where_the_project_is(
    office: Office, people: Contractor, ready: Record, moment: str, zone: str, day: str
) -> None:
    ready["created_at"] = moment
    people.procore.projects[ready["project_id"]]["time_zone"] = zone

    office.run("commitments")

    assert orders(people)["SC-001"]["Date"] == day


def test_C10_the_contract_date_or_the_day_of_export_may_be_the_date(
    office: Office, people: Contractor, ready: Record
) -> None:
    ready["contract_date"] = "2026-02-01"
    office.run("commitments", settings=settings(office, date="contract_date"))
    by_contract = orders(people)["SC-001"]["Date"]

    office.run("commitments", settings=settings(office, date="export_date"))
    again = office.run("commitments", settings=settings(office, date="export_date"), full=True)

    assert by_contract == "2026-02-01"
    assert counts(again) == {"unchanged": 1}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"amount": "750.00"}, (1, "750.00", "Kerbs")),
        (
            {"quantity": "3", "unit_cost": "0.333333", "extended_type": "calculated", "uom": "t"},
            (1, "1.00", "Kerbs (3 t at 0.333333)"),
        ),
        (
            {"quantity": "3", "unit_cost": "5", "amount": "14.99", "uom": "t"},
            (1, "14.99", "Kerbs (3 t at 5)"),
        ),
        ({"quantity": "-2", "unit_cost": "5", "amount": "-10"}, (-2, "5", "Kerbs")),
    ],
)
def test_R78_E41_E42_each_line_comes_to_its_amount_to_the_cent(
    office: Office, people: Contractor, ready: Record, given: Record, sent: tuple[Any, ...]
) -> None:
    people.procore.add_commitment_line(
        ready["id"], **one_line(people, ready["project"], **given)[0]
    )

    office.run("commitments")

    line = orders(people)["SC-001"]["LineItems"][-1]
    assert (line["Quantity"], line["UnitAmount"], line["Description"]) == (
        sent[0],
        Decimal(sent[1]),
        sent[2],
    )


def test_R76_with_items_each_line_names_the_item_of_code_and_type(
    office: Office, people: Contractor, ready: Record
) -> None:
    by_item = {
        **office.settings,
        "cost_codes": {"target": "item", "code_format": "{cost_code}.{cost_type}"},
    }
    held = office.run("commitments", settings=by_item)
    office.night(flows=("items", "commitments"), settings=by_item)

    lines = orders(people)["SC-001"]["LineItems"]
    assert office.reasons(held) == {"COST_CODE_UNKNOWN": 1}
    assert [line["ItemCode"] for line in lines] == ["02-300.S", "03-300.S"]
    assert [[t["Option"] for t in line["Tracking"]] for line in lines] == [["A-1"], ["A-1"]]


def test_R76_an_item_that_was_made_earlier_in_the_same_night_counts(
    office: Office, people: Contractor, ready: Record
) -> None:
    codes = ("02-300.S", "03-300.S")
    office.ledger.save_links(
        [Link(kind="item", procore_id=c, xero_id=c, xero_name=c) for c in codes]
    )

    result = office.run(
        "commitments",
        "plan",
        settings={
            **office.settings,
            "cost_codes": {"target": "item", "code_format": "{cost_code}.{cost_type}"},
        },
    )

    assert counts(result) == {"created": 1}


def test_E47_text_is_made_plain_and_an_empty_description_becomes_a_dash(
    office: Office, people: Contractor, ready: Record
) -> None:
    first, second = people.procore.lines_of(ready["id"])
    first["description"], second["description"] = "<p>Earth&nbsp;&amp; rock</p>", "  "

    office.run("commitments")

    lines = orders(people)["SC-001"]["LineItems"]
    assert [line["Description"] for line in lines] == ["Earth & rock", "-"]


# What is held


@pytest.mark.parametrize("status", ["Draft", "Out For Signature", "Void", "Terminated"])
def test_R25_a_commitment_that_is_not_approved_is_held(
    office: Office, people: Contractor, ready: Record, status: str
) -> None:
    people.procore.change_commitment(ready["id"], status=status)

    result = office.run("commitments")

    assert office.reasons(result) == {"COMMITMENT_NOT_APPROVED": 1}
    assert not orders(people)


def test_R24_a_commitment_waits_for_its_project_and_its_vendor(
    office: Office, people: Contractor
) -> None:
    people.contract(people.project("A-1", stage="Other"), people.vendor("Nobody Ltd"))
    office.night(flows=SET_UP)

    result = office.run("commitments", project_number="A-1")

    assert office.reasons(result) == {"PROJECT_NOT_LINKED": 1, "VENDOR_NOT_LINKED": 1}


def test_R24_a_held_commitment_goes_once_its_vendor_is_linked(
    office: Office, people: Contractor
) -> None:
    people.contract(people.project("A-1"), people.vendor("Late Ltd"))
    office.night(flows=(*SET_UP, "commitments"))
    people.contact("Late Ltd")

    result = office.night(flows=(*SET_UP, "commitments"))["commitments"]

    assert counts(result) == {"created": 1}
    assert office.issue_codes("commitments") == []


def test_E20_no_order_goes_to_an_archived_contact(
    office: Office, people: Contractor, ready: Record
) -> None:
    (contact,) = people.xero.contacts.values()
    people.xero.archive_contact(contact["ContactID"])

    result = office.run("commitments")

    assert office.reasons(result) == {"CONTACT_ARCHIVED": 1}
    assert orders(people) == {}


def test_R26_an_unknown_cost_code_is_held_with_line_and_code(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.procore.lines_of(ready["id"])[1]["cost_code"]["full_code"] = "99-999"

    result = office.run("commitments")

    (outcome,) = office.outcomes(result)
    assert "line 2: 99-999" in outcome.reasons[0].sentence


@pytest.mark.parametrize("values", [(), ("0.00", "0.00")])
def test_R27_E48_a_commitment_without_an_amount_is_held(
    office: Office, people: Contractor, ready: Record, values: tuple[str, ...]
) -> None:
    for line in list(people.procore.lines_of(ready["id"])):
        people.procore.delete_commitment_line(line["id"])
    for value in values:
        people.procore.add_commitment_line(
            ready["id"], **one_line(people, ready["project"], amount=value)[0]
        )

    result = office.run("commitments")

    assert office.reasons(result) == {"NO_LINES": 1}


def test_R27_a_commitment_goes_once_it_has_lines_though_procore_dates_nothing(
    office: Office, people: Contractor, ready: Record
) -> None:
    for line in list(people.procore.lines_of(ready["id"])):
        people.procore.delete_commitment_line(line["id"])
    office.run("commitments")
    people.procore.add_commitment_line(
        ready["id"], **one_line(people, ready["project"], amount="70")[0]
    )

    result = office.run("commitments")

    assert counts(result) == {"created": 1}
    assert amounts(orders(people)["SC-001"]) == [70]


def test_every_reason_of_the_lines_is_said_at_once(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.procore.lines_of(ready["id"])[1]["cost_code"]["full_code"] = "99-999"
    ready["grand_total"] = Decimal("1.00")  # a list that lost a line on the way

    result = office.run("commitments")

    assert office.reasons(result) == {"COST_CODE_UNKNOWN": 1, "AMOUNTS_DISAGREE": 1}


# Numbers


def test_C25_a_number_that_two_projects_share_gets_the_second_projects_number_in_front(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.contract(people.project("B-2"), people.pair("Delta Ltd"))
    office.night(flows=SET_UP)

    planned = office.run("commitments", "plan")
    office.run("commitments")

    assert sorted(orders(people)) == ["B-2-SC-001", "SC-001"]
    changes = office.ledger.changes(str(planned["plan"]))
    assert {c.change.desired.name for c in changes} == set(orders(people))  # type: ignore[union-attr]
    assert counts(office.run("commitments", full=True)) == {"unchanged": 2}


def test_C25_the_template_numbers_orders_otherwise(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments", settings=settings(office, number="{project_number}/{number}"))

    assert list(orders(people)) == ["A-1/SC-001"]


def test_E40_an_order_of_another_contact_keeps_its_number(
    office: Office, people: Contractor, ready: Record
) -> None:
    other = people.contact("Somebody Else")
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "310"}
    theirs = people.xero.add_purchase_order(other["ContactID"], [line], number="SC-001")

    result = office.run("commitments")

    assert office.reasons(result) == {"NUMBER_TAKEN": 1}
    assert orders(people) == {"SC-001": theirs}


def test_E40_an_order_of_the_same_contact_and_project_is_proposed(
    office: Office, people: Contractor, ready: Record
) -> None:
    contact = office.ledger.links("vendor")[0].xero_id
    line = {
        "Description": "x",
        "Quantity": 1,
        "UnitAmount": 5,
        "AccountCode": "310",
        "Tracking": [{"Name": "Project", "Option": "A-1"}],
    }
    people.xero.add_purchase_order(contact, [line], number="SC-001")

    result = office.run("commitments")

    assert office.reasons(result) == {"ORDER_EXISTS": 1}
    assert not [c for c in office.writes("xero") if "PurchaseOrders" in c.path]


def test_a_number_that_a_deleted_order_keeps_is_revised(
    office: Office, people: Contractor, ready: Record
) -> None:
    contact = office.ledger.links("vendor")[0].xero_id
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "310"}
    people.xero.add_purchase_order(contact, [line], number="SC-001", status="DELETED")

    office.run("commitments")

    assert list(orders(people)) == ["SC-001-R2"]


def test_a_number_with_a_slash_is_looked_up_in_the_list(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    contact = office.ledger.links("vendor")[0].xero_id
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "310"}
    people.xero.add_purchase_order(contact, [line], number="SC/2", status="DELETED")[
        "UpdatedDateUTC"
    ] = "2020-01-01T00:00:00.000Z"
    people.contract(ready["project"], None, number="SC/2")["vendor"] = ready["vendor"]

    office.run("commitments")

    assert sorted(orders(people)) == ["SC-001", "SC/2-R2"]


def test_an_order_is_known_by_its_number_and_not_by_what_its_id_says(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    (known,) = orders(people).values()
    project = people.procore.projects[ready["project_id"]]
    people.contract(project, ready["vendor"], number=known["PurchaseOrderID"])

    office.run("commitments")

    assert sorted(orders(people)) == sorted(["SC-001", known["PurchaseOrderID"]])


def test_tracking_that_xero_drops_from_an_order_without_a_word_is_an_issue(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.simulator.set_switches(unknown_tracking="drop")
    people.xero.rename_option("02-300", "02-300 Earthwork")

    office.run("commitments")

    assert office.issue_codes("commitments") == ["ORDER_INCOMPLETE"]


def test_an_order_is_never_created_by_post(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.forget_calls()

    office.night(flows=BOTH)

    (write,) = [c for c in office.writes("xero") if "PurchaseOrders" in c.path]
    assert write.method == "PUT"


# Changes, cancellations, and edits in Xero


def test_a_changed_line_keeps_its_id_and_the_order_its_status(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    order = orders(people)["SC-001"]
    before, order["Status"] = kept(order), "SUBMITTED"
    line = people.procore.lines_of(ready["id"])[1]
    people.procore.edit_commitment_line(line["id"], amount="60000")
    people.procore.change_commitment(ready["id"], title="New title")

    result = office.run("commitments")

    after = order["LineItems"]
    assert counts(result) == {"updated": 1}
    assert (order["Reference"], order["Status"]) == ("New title", "SUBMITTED")
    assert after[0] == before[0]
    assert (after[1]["LineItemID"], after[1]["LineAmount"]) == (before[1]["LineItemID"], 60000)


def test_E36_a_cancelled_commitment_takes_its_order_away(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    people.procore.change_commitment(ready["id"], status="Void")

    result = office.run("commitments")
    people.procore.change_commitment(ready["id"], status="Approved")
    again = office.run("commitments")

    assert (counts(result), counts(again)) == ({"updated": 1}, {"created": 1})
    assert list(orders(people)) == ["SC-001-R2"]


def test_E36_an_order_that_is_taken_away_keeps_its_lines_to_be_read(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    people.procore.change_commitment(ready["id"], status="Void")
    office.forget_calls()

    office.run("commitments")

    ((sent,),) = [body["PurchaseOrders"] for body in bodies(office.writes("xero"))]
    assert sent["Status"] == "DELETED"
    assert "LineItems" not in sent


def test_E36_a_commitment_in_the_recycle_bin_takes_its_order_away(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    people.procore.delete_commitment(ready["id"])

    office.run("commitments")

    assert not orders(people)


@pytest.mark.parametrize("how", ["status", "claim"])
def test_E36_a_cancelled_commitment_that_is_billed_keeps_its_order(
    office: Office, people: Contractor, ready: Record, how: str
) -> None:
    people.claim(ready)
    office.run("commitments")
    if how == "claim":
        office.run("subcontractor_invoices")
    else:
        orders(people)["SC-001"]["Status"] = "BILLED"
    people.procore.change_commitment(ready["id"], status="Terminated")

    result = office.run("commitments")

    assert office.reasons(result) == {"COMMITMENT_CANCELLED": 1}
    assert list(orders(people)) == ["SC-001"]


def test_an_order_that_somebody_edited_is_left_alone_and_said(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    order = orders(people)["SC-001"]
    order["LineItems"][0] |= {"UnitAmount": Decimal(7), "LineAmount": Decimal(7)}
    people.xero.stamp(order)

    result = office.run("commitments")

    assert office.reasons(result) == {"ORDER_EDITED": 1}


def test_an_order_that_somebody_edited_is_said_though_its_commitment_did_not_change(
    office: Office, people: Contractor, ready: Record
) -> None:
    ready["updated_at"] = "2026-01-01T00:00:00Z"
    office.run("commitments")
    order = orders(people)["SC-001"]
    order["LineItems"][0] |= {"UnitAmount": Decimal(7), "LineAmount": Decimal(7)}
    people.xero.stamp(order)

    office.run("commitments")

    assert office.issue_codes("commitments") == ["ORDER_EDITED"]


def test_an_order_that_somebody_deleted_is_not_sent_again(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    people.xero.stamp(orders(people)["SC-001"])["Status"] = "DELETED"

    result = office.run("commitments")

    assert office.reasons(result) == {"ORDER_DELETED": 1}
    assert not orders(people)


def test_a_plan_leaves_the_link_of_a_deleted_order_as_it_is(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    people.xero.stamp(orders(people)["SC-001"])["Status"] = "DELETED"

    states = []
    for mode in ("plan", "apply"):
        office.run("commitments", mode)
        states.append([link.state for link in office.ledger.links("commitment")])

    assert states == [["active"], ["orphaned"]]


# Change orders


def test_R81_R83_E39_change_orders_are_appended_and_the_old_lines_stay_as_they_were(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.night(flows=BOTH)
    before = kept(orders(people)["SC-001"])
    change(people, ready, "500", "-200")
    change(people, ready, "75")

    office.night(flows=BOTH)

    after = orders(people)["SC-001"]["LineItems"]
    assert after[:2] == before
    assert [line["LineAmount"] for line in after[2:]] == [500, -200, 75]
    assert [line["Description"] for line in after[2:4]] == ["Change 500", "Change -200"]
    assert [t["Option"] for t in after[2]["Tracking"]] == ["A-1", "02-300"]


def test_R81_a_second_night_finds_nothing_to_do(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500")
    office.night(flows=BOTH)

    again = office.night(flows=BOTH, full=True)

    assert [counts(r) for r in again.values()] == [{"unchanged": 1}, {"unchanged": 1}]


def test_a_plan_of_both_flows_says_what_the_night_then_writes(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500")

    planned = office.night("plan", flows=BOTH)
    assert not orders(people)
    done = office.night(flows=BOTH)

    assert [counts(r) for r in planned.values()] == [counts(r) for r in done.values()]
    assert counts(done["commitment_change_orders"]) == {"created": 1}


def test_a_change_order_that_is_not_approved_waits(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500", status="pending")

    result = office.night(flows=BOTH)["commitment_change_orders"]

    assert office.reasons(result) == {"CHANGE_ORDER_NOT_APPROVED": 1}


def test_a_change_order_waits_for_its_commitment_and_then_goes(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.procore.change_commitment(ready["id"], status="Draft")
    change(people, ready, "500")
    held = office.night(flows=BOTH)["commitment_change_orders"]
    people.procore.change_commitment(ready["id"], status="Approved")

    office.night(flows=BOTH)

    assert office.reasons(held) == {"COMMITMENT_NOT_LINKED": 1}
    assert amounts(orders(people)["SC-001"]) == [100000, 50000, 500]


def test_R83_a_line_of_a_change_order_goes_with_its_markup(
    office: Office, people: Contractor, ready: Record
) -> None:
    package = change(people, ready, "500")
    package["line_items"][0]["extended_amount"] = package["grand_total"] = Decimal("550.00")

    office.night(flows=BOTH)

    assert amounts(orders(people)["SC-001"]) == [100000, 50000, 550]


def test_change_orders_of_prime_contracts_are_no_business_of_ours(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500")["contract_id"] = 99  # a contract that is no commitment

    result = office.night(flows=BOTH)["commitment_change_orders"]

    assert counts(result) == {}
    assert office.issue_codes() == []


def test_only_change_orders_of_the_commitment_that_was_asked_for_go(
    office: Office, people: Contractor, ready: Record
) -> None:
    project = people.procore.projects[ready["project_id"]]
    other = people.contract(project, ready["vendor"], number="SC-002")
    office.run("commitments")
    for contract in (ready, other):
        change(people, contract, "500")

    office.run("commitment_change_orders", project_number="A-1", commitment_number="SC-002")

    assert amounts(orders(people)["SC-001"]) == [100000, 50000]
    assert amounts(orders(people)["SC-002"]) == [100000, 50000, 500]


@pytest.mark.parametrize("what", ["number", "contact"])
def test_R82_an_order_with_another_number_or_contact_is_a_conflict(
    office: Office, people: Contractor, ready: Record, what: str
) -> None:
    office.night(flows=BOTH)
    order = orders(people)["SC-001"]
    if what == "number":
        order["PurchaseOrderNumber"] = "X-9"
    else:
        order["Contact"] = people.contact("Somebody Else Ltd")
    change(people, ready, "500")

    result = office.run("commitment_change_orders")

    assert office.reasons(result) == {"ORDER_CONFLICT": 1}
    assert amounts(order) == [100000, 50000]


@pytest.mark.parametrize("target", ["tracking_option", "item"])
def test_R83_a_line_of_a_change_order_has_code_text_quantity_unit_cost_and_project(
    office: Office, people: Contractor, ready: Record, target: str
) -> None:
    codes = {"target": target, "code_format": "{cost_code}.{cost_type}"}
    ten = {"quantity": "10", "unit_cost": "12.3456", "extended_type": "calculated"}
    change(people, ready, lines=one_line(people, ready["project"], **ten))

    office.night(flows=("items", *BOTH), settings={**office.settings, "cost_codes": codes})

    line = orders(people)["SC-001"]["LineItems"][-1]
    told = (line["Description"], line["Quantity"], line["UnitAmount"], line["LineAmount"])
    coded = [line.get("ItemCode"), *(t["Option"] for t in line["Tracking"])]
    assert told == ("Kerbs", Decimal(10), Decimal("12.3456"), Decimal("123.46"))
    assert coded == (["02-300.S", "A-1"] if target == "item" else [None, "A-1", "02-300"])


def test_R59_a_change_order_on_a_custom_segment_is_held(
    office: Office, people: Contractor, ready: Record
) -> None:
    third_segment(change(people, ready, "500")["line_items"][0])

    result = office.night(flows=BOTH)["commitment_change_orders"]

    assert office.reasons(result) == {"CUSTOM_SEGMENT": 1}
    assert amounts(orders(people)["SC-001"]) == [100000, 50000]


def test_C9_a_line_without_a_cost_type_takes_that_of_the_commitment(
    office: Office, people: Contractor, ready: Record
) -> None:
    by_type = {**office.settings, "accounts": {"expense": "310", "by_cost_type": {"S": "320"}}}
    package = change(people, ready, "500")
    for line in package["line_items"]:
        line["line_item_type"], line["wbs_code"] = None, None

    office.night(flows=BOTH, settings=by_type)

    accounts = [line["AccountCode"] for line in orders(people)["SC-001"]["LineItems"]]
    assert accounts == ["320", "320", "320"]


def test_C9_a_line_whose_cost_type_nobody_knows_is_held(
    office: Office, people: Contractor, ready: Record
) -> None:
    by_type = {**office.settings, "accounts": {"expense": "310", "by_cost_type": {"S": "320"}}}
    first, second = people.procore.lines_of(ready["id"])
    second["cost_code"] = first["cost_code"]
    second["line_item_type"] = {**second["line_item_type"], "code": "L"}
    second["wbs_code"] = None
    package = change(people, ready, "500")
    for line in package["line_items"]:
        line["line_item_type"], line["wbs_code"] = None, None

    result = office.night(flows=BOTH, settings=by_type)["commitment_change_orders"]

    assert office.reasons(result) == {"COST_TYPE_MISSING": 1}


def test_E37_a_change_order_to_a_billed_order_is_held(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.night(flows=BOTH)
    orders(people)["SC-001"]["Status"] = "BILLED"
    change(people, ready, "500")

    result = office.run("commitment_change_orders")

    assert office.reasons(result) == {"ORDER_BILLED": 1}
    assert amounts(orders(people)["SC-001"]) == [100000, 50000]


def test_E37_or_it_gets_an_order_of_its_own(
    office: Office, people: Contractor, ready: Record
) -> None:
    supplements = settings(office, billed_po="supplement")
    office.night(flows=BOTH, settings=supplements)
    orders(people)["SC-001"]["Status"] = "BILLED"
    change(people, ready, "500")

    office.run("commitment_change_orders", settings=supplements)
    again = office.run("commitment_change_orders", settings=supplements, full=True)

    assert amounts(orders(people)["SC-001"]) == [100000, 50000]
    assert amounts(orders(people)["SC-001-CO1"]) == [500]
    assert counts(again) == {"unchanged": 1}


def test_E39_no_change_order_takes_its_order_below_zero(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "-149000")
    change(people, ready, "-1500")
    change(people, ready, "-1000")

    planned = office.night("plan", flows=BOTH)["commitment_change_orders"]
    result = office.night(flows=BOTH)["commitment_change_orders"]

    assert counts(planned) == counts(result) == {"created": 2, "held": 1}
    assert amounts(orders(people)["SC-001"]) == [100000, 50000, -149000, -1000]


def test_a_cancelled_change_order_takes_its_lines_away_and_no_others(
    office: Office, people: Contractor, ready: Record
) -> None:
    first = change(people, ready, "500", "600")
    change(people, ready, "75")
    office.night(flows=BOTH)
    before = kept(orders(people)["SC-001"])
    people.procore.change_change_order(first["id"], status="void")

    office.night(flows=BOTH)

    assert kept(orders(people)["SC-001"]) == [*before[:2], before[4]]


def test_a_changed_commitment_leaves_the_lines_of_its_change_orders_alone(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500")
    office.night(flows=BOTH)
    before = kept(orders(people)["SC-001"])
    people.procore.add_commitment_line(
        ready["id"], **one_line(people, ready["project"], amount="9")[0]
    )
    people.procore.change_commitment(ready["id"], title="New")

    office.night(flows=BOTH)
    again = office.night(flows=BOTH, full=True)

    after = orders(people)["SC-001"]["LineItems"]
    assert after[:3] == before
    assert amounts(orders(people)["SC-001"]) == [100000, 50000, 500, 9]
    assert [counts(r) for r in again.values()] == [{"unchanged": 1}, {"unchanged": 1}]


# Crashes, and a lost ledger


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_any_write_loses_and_doubles_nothing(
    office: Office,
    people: Contractor,
    ready: Record,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    moment: Any,
) -> None:
    change(people, ready, "500")
    change(people, ready, "75")
    mains = Mains(monkeypatch)
    mains.cut("request", number, moment)
    with pytest.raises(PowerCut):
        office.night(flows=BOTH)
    mains.restore()

    office.night(flows=BOTH)
    again = office.night(flows=BOTH, full=True)

    assert amounts(orders(people)["SC-001"]) == [100000, 50000, 500, 75]
    assert [counts(r) for r in again.values()] == [{"unchanged": 1}, {"unchanged": 2}]


def test_after_the_ledger_is_lost_orders_and_lines_are_found_again(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.contract(people.project("B-2"), people.pair("Delta Ltd"))
    change(people, ready, "500")
    change(people, ready, "500")
    office.night(flows=(*SET_UP, *BOTH))
    before = {number: kept(order) for number, order in orders(people).items()}
    office.new_ledger()
    office.night(flows=SET_UP)

    results = office.night(flows=BOTH)

    assert [counts(r) for r in results.values()] == [{"linked": 2}, {"linked": 2}]
    assert {number: kept(order) for number, order in orders(people).items()} == before
    people.procore.edit_commitment_line(people.procore.lines_of(ready["id"])[0]["id"], amount="1")
    assert counts(office.run("commitments", full=True)) == {"updated": 1, "unchanged": 1}
    assert amounts(orders(people)["SC-001"]) == [1, 50000, 500, 500]


def test_an_order_found_again_is_still_watched_for_edits(
    office: Office, people: Contractor, ready: Record
) -> None:
    office.run("commitments")
    office.new_ledger()
    office.night(flows=(*SET_UP, "commitments"))
    order = orders(people)["SC-001"]
    order["LineItems"][0] |= {"UnitAmount": Decimal(7), "LineAmount": Decimal(7)}
    people.xero.stamp(order)

    result = office.run("commitments")

    assert office.reasons(result) == {"ORDER_EDITED": 1}


def test_answers_in_another_order_pair_each_commitment_with_its_own_order(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.xero.switches["batch_order"] = "reversed"
    people.contract(ready["project"], None, number="SC-002")["vendor"] = ready["vendor"]

    office.run("commitments")

    links = office.ledger.links("commitment")
    numbers = {o["PurchaseOrderID"]: n for n, o in orders(people).items()}
    assert {link.procore_name[:6] for link in links} == {"SC-001", "SC-002"}
    assert all(link.procore_name.startswith(numbers[link.xero_id]) for link in links)


@pytest.mark.parametrize(
    ("first", "then"),
    [("request", "reversed"), ("reversed", "request"), ("reversed", "reversed")],
)
def test_E59_lines_that_xero_shows_in_another_order_stay_whose_they_are(
    office: Office, people: Contractor, ready: Record, first: str, then: str
) -> None:
    office.simulator.set_switches(line_order=first)
    change(people, ready, "500", "600")
    made = office.night(flows=BOTH)
    office.simulator.set_switches(line_order=then)
    line = people.procore.lines_of(ready["id"])[0]

    quiet = office.night(flows=BOTH, full=True)
    people.procore.edit_commitment_line(line["id"], amount="1")
    changed = office.night(flows=BOTH)

    for results in (made, quiet, changed):
        assert [office.reasons(result) for result in results.values()] == [{}, {}]
    assert counts(quiet["commitments"]) == counts(quiet["commitment_change_orders"])
    assert "unchanged" in counts(quiet["commitments"])
    assert counts(changed["commitments"]) == {"updated": 1}
    (order,) = orders(people).values()
    assert sorted(amounts(order)) == [1, 500, 600, 50000]


def test_E37_where_xero_refuses_to_edit_an_approved_order_that_is_said(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.xero.switches["po_edit_authorised"] = "refuse"
    change(people, ready, "500")

    result = office.night(flows=BOTH)["commitment_change_orders"]

    assert counts(result) == {"refused": 1}
    assert amounts(orders(people)["SC-001"]) == [100000, 50000]


def test_an_order_linked_by_hand_is_not_doubled(
    office: Office, people: Contractor, ready: Record
) -> None:
    contact = office.ledger.links("vendor")[0].xero_id
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "310"}
    order = people.xero.add_purchase_order(contact, [line], number="SC-001")
    pair = Link(kind="commitment", procore_id=str(ready["id"]), xero_id=order["PurchaseOrderID"])
    office.ledger.save_links([pair])

    result = office.run("commitments")

    assert office.reasons(result) == {"ORDER_DIFFERS": 1}
    assert amounts(order) == [5]


def test_one_commitment_is_picked_by_project_and_number(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.contract(ready["project"], None, number="SC-002")["vendor"] = ready["vendor"]

    result = office.run("commitments", project_number="A-1", commitment_number="SC-002")

    assert counts(result) == {"created": 1}
    assert list(orders(people)) == ["SC-002"]
    with pytest.raises(Exception, match="no commitment with the number"):
        office.run("commitments", project_number="A-1", commitment_number="SC-9")
    for flow in BOTH:
        with pytest.raises(Exception, match="needs its project number too"):
            office.run(flow, commitment_number="SC-002")


def test_a_quiet_night_reads_each_list_once_and_no_lines(
    office: Office, people: Contractor, ready: Record
) -> None:
    change(people, ready, "500")
    office.night(flows=BOTH)
    people.simulator.clock.freeze(datetime.now(UTC))
    people.simulator.clock.advance(3600)
    office.forget_calls()

    office.night(flows=BOTH)

    asked = [c.path for c in office.simulator.calls.of("procore", "GET")]
    assert not [path for path in asked if path.endswith("line_items")]
    assert len([path for path in asked if "contracts" in path]) == 2
    assert office.reads("xero")["/api.xro/2.0/PurchaseOrders"] == 1


def test_E46_long_texts_are_cut_to_what_xero_takes_and_two_long_numbers_stay_apart(
    office: Office, people: Contractor, ready: Record
) -> None:
    long = "SC-" + "7" * 60
    for end in ("-north", "-south"):
        contract = people.contract(
            ready["project"],
            None,
            number=long + end,
            kind=PURCHASE_ORDER,
            ship_via="By the north gate " * 40,
            lines=one_line(people, ready["project"], amount="10.00"),
        )
        contract |= {"vendor": ready["vendor"], "title": "A long title " * 30}

    planned = office.run("commitments", "plan")
    office.run("commitments")
    again = office.run("commitments", full=True)

    cut = {number: order for number, order in orders(people).items() if number != "SC-001"}
    assert len(cut) == 2
    for number, order in cut.items():
        assert (len(number), len(order["Reference"]) <= 255) == (50, True)
        assert len(order["DeliveryInstructions"]) <= 500
    names = {c.change.desired.name for c in office.ledger.changes(str(planned["plan"]))}  # type: ignore[union-attr]
    assert names == set(orders(people))
    assert counts(again) == {"unchanged": 3}
    kept = [link.data for link in office.ledger.links("commitment") if link.xero_name in cut]
    assert {data["whole_Reference"] for data in kept} == {("A long title " * 30).strip()}
    assert {data["whole_DeliveryInstructions"] for data in kept} == {
        ("By the north gate " * 40).strip()
    }


def test_E29_a_commitment_of_an_archived_option_is_held_by_name(
    office: Office, people: Contractor, ready: Record
) -> None:
    people.xero.archive_option(people.xero.category("Project")["Options"][0]["TrackingOptionID"])
    office.run("projects")

    result = office.run("commitments")

    assert office.reasons(result) == {"PROJECT_NOT_LINKED": 1}
    assert orders(people) == {}
