"""Subcontractor invoices → bills where cost codes are items, or accounts; and credit notes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.simulator.xero.state import moment_text
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, Office
from tests.flows.power import Mains, Moment, PowerCut

CHOSEN: dict[str, Any] = {
    "profile": "dimension_classic",
    "cost_codes": {"target": "item", "code_format": "{cost_code}.{cost_type}"},
    "accounts": {"expense": "310", "by_cost_code": {"03-*": "311"}},
    "bills": {"retainage_item": "RET"},
}
NIGHT = ("projects", "contacts", "items", "subcontractor_invoices")


@pytest.fixture(autouse=True)
def _chosen(office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)
    office.settings = CHOSEN
    people.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": "850"})


def with_bills(**bills: Any) -> dict[str, Any]:
    return {**CHOSEN, "bills": {**CHOSEN["bills"], **bills}}


def claims(office: Office, mode: str = "apply", **settings: Any) -> dict[str, Any]:
    """Run a night in the connector's manner, and return what claims leave in XCom."""
    return office.night(mode, flows=NIGHT, **settings)["subcontractor_invoices"]


def lines(document: Record) -> list[tuple[str | None, str, Decimal]]:
    """Return item, account and amount of each line."""
    return [(x.get("ItemCode"), x["AccountCode"], x["LineAmount"]) for x in document["LineItems"]]


def credit_notes(people: Contractor) -> list[Record]:
    return list(people.xero.credit_notes.values())


# Items


def test_R98_R101_R103_R104_lines_name_items_beside_accounts_and_only_the_project(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()

    claims(office)

    bill = people.bill_of(claim)
    assert lines(bill) == [
        ("02-300.S", "310", Decimal("1000.00")),
        ("03-300.S", "311", Decimal("500.00")),
        ("RET", "850", Decimal("-75.00")),
    ]
    assert [[t["Option"] for t in x["Tracking"]] for x in bill["LineItems"]] == [["A-1"]] * 3
    assert bill["SubTotal"] == claim["summary"]["current_payment_due"]


def test_E38_an_item_whose_code_was_removed_from_the_list_holds_new_claims(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim()
    claims(office)
    codes = people.procore.standard_cost_codes
    codes.pop(next(i for i, code in codes.items() if code["full_code"] == "02-300"))
    people.claim(people.procore.commitments[first["commitment_id"]], "7.00")

    planned, result = claims(office, "plan"), claims(office)

    assert office.reasons(planned) == office.reasons(result) == {"COST_CODE_UNKNOWN": 1}
    assert len(people.bills) == 1


def test_R20_E38_an_item_of_xeros_that_stands_for_no_standard_code_is_none(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    code = people.procore.add_cost_code(project_id=project["id"], code="99-999", name="Only here")
    kind = next(t["id"] for t in people.procore.line_item_types.values() if t["code"] == "S")
    wbs = people.procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=kind)
    odd = [{"wbs_code_id": wbs["id"], "amount": "5000", "description": "Odd"}]
    people.claim(people.contract(project, people.pair("Terra Works Ltd"), lines=odd), "100.00")
    people.xero.add_item("99-999.S", "Only here", PurchaseDetails={"AccountCode": "310"})

    result = claims(office)

    assert office.reasons(result) == {"COST_CODE_UNKNOWN": 1}
    assert people.bills == []


def test_R101_a_line_has_the_quantity_and_unit_price_of_the_claims(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    hundred = {"quantity": "100", "unit_cost": "12.50", "amount": "1250", "uom": "m"}
    code = people.budget_code(project)["id"]
    lines_of_it = [{"wbs_code_id": code, "description": "Kerbs", **hundred}]
    vendor = people.pair("Terra Works Ltd")
    contract = people.contract(project, vendor, lines=lines_of_it, accounting_method="unit")
    claim = people.claim(contract, "250.00")

    claims(office)

    work = people.bill_of(claim)["LineItems"][0]
    assert (work["ItemCode"], work["Quantity"], work["UnitAmount"]) == (
        "02-300.S",
        Decimal(20),
        Decimal("12.5"),
    )


def test_R65_lines_post_to_the_account_that_a_bookkeeper_gave_the_item(
    office: Office, people: Contractor
) -> None:
    people.xero.add_item("02-300.S", "Earthwork", PurchaseDetails={"AccountCode": "320"})
    claim = people.one_claim()

    claims(office)

    assert lines(people.bill_of(claim))[0] == ("02-300.S", "320", Decimal("1000.00"))


def test_E38_a_claim_whose_item_xero_lacks_is_held_with_the_code(
    office: Office, people: Contractor
) -> None:
    people.one_claim()

    result = office.night(flows=("projects", "contacts", "subcontractor_invoices"))

    (held,) = office.outcomes(result["subcontractor_invoices"])
    assert people.bills == []
    assert held.reasons[0].code == "COST_CODE_UNKNOWN"
    assert "02-300.S, 03-300.S" in held.reasons[0].sentence


def test_a_plan_knows_the_items_that_the_same_night_would_make(
    office: Office, people: Contractor
) -> None:
    people.one_claim()

    planned = claims(office, "plan")
    writes = len(office.writes())
    done = claims(office)

    assert (planned["created"], planned["held"], writes) == (1, 0, 0)
    assert done["created"] == 1


def test_R104_retainage_without_an_item_is_held(office: Office, people: Contractor) -> None:
    people.one_claim()

    result = claims(office, settings={**CHOSEN, "bills": {"retainage_account": "850"}})

    (held,) = office.outcomes(result)
    assert people.bills == []
    assert held.reasons[0].code == "RETAINAGE_NOT_SET"
    assert "bills.retainage_item" in held.reasons[0].sentence


@pytest.mark.parametrize("item", ["02-300.S", "NONE"])
def test_R104_retainage_never_goes_to_a_cost_codes_item_nor_to_none(
    office: Office, people: Contractor, item: str
) -> None:
    people.one_claim()

    result = claims(office, settings=with_bills(retainage_item=item))

    assert people.bills == []
    assert office.reasons(result) == {"RETAINAGE_ITEM_UNFIT": 1}


def test_a_second_night_changes_nothing(office: Office, people: Contractor) -> None:
    people.one_claim()
    claims(office)
    office.forget_calls()

    result = claims(office)

    assert (result["unchanged"], result["created"], office.writes()) == (1, 0, [])
    assert len([p for p in office.reads("xero") if p.endswith("/Items")]) == 1


# Accounts only


def test_C2_with_an_account_map_lines_have_an_account_and_the_project_and_no_more(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    chosen = {
        **CHOSEN,
        "cost_codes": {"target": "account_map"},
        "bills": {"retainage_account": "850"},
    }

    office.night(settings=chosen)

    bill = people.bill_of(claim)
    assert lines(bill) == [
        (None, "310", Decimal("1000.00")),
        (None, "311", Decimal("500.00")),
        (None, "850", Decimal("-75.00")),
    ]
    assert [[t["Option"] for t in x["Tracking"]] for x in bill["LineItems"]] == [["A-1"]] * 3


# Scheduled value


def test_C7_the_scheduled_value_is_billed_by_the_first_claim_only(
    office: Office, people: Contractor
) -> None:
    first = people.one_claim()
    people.claim(people.procore.commitments[first["commitment_id"]], "10.00")

    result = claims(office, settings=with_bills(amount_source="scheduled_value"))

    (bill,) = people.bills
    assert bill["Url"].endswith(f"/{first['id']}")
    assert [amount for _, _, amount in lines(bill)] == [100000, 50000, -75]
    assert office.reasons(result) == {"SCHEDULED_VALUE_ONCE": 1}


# Credit notes


def negative(people: Contractor, *amounts: str) -> Record:
    """Add a second claim that takes back more than it bills, after a first ordinary one."""
    first = people.one_claim()
    return people.claim(people.procore.commitments[first["commitment_id"]], *amounts)


def test_R60_a_negative_claim_is_held(office: Office, people: Contractor) -> None:
    negative(people, "-400.00", "100.00")

    result = claims(office)

    assert len(people.bills) == 1
    assert office.reasons(result) == {"NEGATIVE_INVOICE": 1}


def test_E5_a_negative_claim_becomes_a_draft_credit_note_where_the_settings_say_so(
    office: Office, people: Contractor
) -> None:
    claim = negative(people, "-400.00", "100.00")
    chosen = with_bills(negative="credit_note", status="AUTHORISED")

    first, again = (claims(office, settings=chosen) for _ in range(2))

    (note,) = credit_notes(people)
    assert (note["Type"], note["Status"]) == ("ACCPAYCREDIT", "DRAFT")
    assert note["CreditNoteNumber"] == f"SC-001-CR-{claim['id']}"
    assert note["SubTotal"] == -claim["summary"]["current_payment_due"] == Decimal("285.00")
    assert lines(note) == [
        ("02-300.S", "310", Decimal("400.00")),
        ("03-300.S", "311", Decimal("-100.00")),
        ("RET", "850", Decimal("-15.00")),
    ]
    assert (first["created"], again["created"], len(people.bills)) == (2, 0, 1)


def test_E52_a_credit_note_whose_answer_was_lost_is_found_and_not_sent_again(
    office: Office, people: Contractor
) -> None:
    negative(people, "-400.00", "100.00")
    chosen = with_bills(negative="credit_note")
    office.night(flows=NIGHT[:-1], settings=chosen)
    office.simulator.faults.arm(
        "drop_after", side="xero", path="*/CreditNotes", method="PUT", times=9
    )
    lost = office.run("subcontractor_invoices", settings=chosen)
    office.simulator.faults.clear()

    found = office.run("subcontractor_invoices", settings=chosen)

    assert (lost["created"], lost["in_doubt"]) == (1, 1)
    assert (found["created"], found["in_doubt"]) == (1, 0)
    assert (len(credit_notes(people)), len(people.bills)) == (1, 1)


def test_E51_E52_a_credit_note_is_found_though_xeros_clock_is_slow(
    office: Office, people: Contractor
) -> None:
    negative(people, "-400.00", "100.00")
    chosen = with_bills(negative="credit_note")
    office.night(flows=NIGHT[:-1], settings=chosen)
    office.simulator.faults.arm(
        "drop_after", side="xero", path="*/CreditNotes", method="PUT", times=9
    )
    office.run("subcontractor_invoices", settings=chosen)
    office.simulator.faults.clear()
    for note in credit_notes(people):
        note["UpdatedDateUTC"] = moment_text(datetime.now(UTC) - timedelta(minutes=2))

    office.run("subcontractor_invoices", settings=chosen)

    assert len(credit_notes(people)) == 1
    assert len(office.ledger.links("subcontractor_invoice")) == 2


def test_E34_a_credit_note_that_was_edited_is_an_issue_and_one_that_was_voided_is_not_resent(
    office: Office, people: Contractor
) -> None:
    negative(people, "-400.00", "100.00")
    chosen = with_bills(negative="credit_note")
    claims(office, settings=chosen)
    (note,) = credit_notes(people)
    note["CreditNoteNumber"] = note["CreditNoteNumber"].replace("SC-001", "Mine")
    people.xero.stamp(note)
    edited = claims(office, settings=chosen)
    note["Status"] = "DELETED"
    people.xero.stamp(note)
    deleted = claims(office, settings=chosen)

    assert office.reasons(edited) == {"BILL_EDITED": 1}
    assert office.reasons(deleted) == {"BILL_VOIDED": 1}
    assert len(credit_notes(people)) == 1


def test_E35_a_claim_that_turns_negative_does_not_overwrite_its_bill(
    office: Office, people: Contractor
) -> None:
    project, vendor = people.project("A-1"), people.pair("Terra Works Ltd")
    claim = people.claim(people.contract(project, vendor, retainage_percent=0))
    chosen = with_bills(negative="credit_note")
    claims(office, settings=chosen)
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "-5000.00"}])

    result = claims(office, settings=chosen)

    assert office.reasons(result) == {"SIGN_CHANGED": 1}
    assert people.bill_of(claim)["SubTotal"] == Decimal("1500.00")
    assert credit_notes(people) == []


def test_a_lost_ledger_finds_its_credit_notes(office: Office, people: Contractor) -> None:
    negative(people, "-400.00", "100.00")
    chosen = with_bills(negative="credit_note")
    claims(office, settings=chosen)
    office.new_ledger()

    result = claims(office, settings=chosen)

    assert (result["linked"], result["created"]) == (2, 0)
    assert len(credit_notes(people)) == 1


# Power cuts


def end_state(office: Office, people: Contractor) -> dict[str, Any]:
    """Return what Xero and the ledger hold, without ids and moments that chance made."""
    documents = [*people.bills, *credit_notes(people)]
    return {
        "items": sorted(item["Code"] for item in people.xero.items.values()),
        "documents": sorted((d["Type"], str(d["SubTotal"]), str(lines(d))) for d in documents),
        "links": sorted(
            (link.kind, link.procore_id, link.xero_name, link.state)
            for kind in ("item", "subcontractor_invoice")
            for link in office.ledger.links(kind)
        ),
        "in doubt": [d.intent for flow in FLOWS for d in office.ledger.doubts(flow)],
        "issues": [(i.code, i.title) for i in office.ledger.issues()],
    }


@pytest.mark.parametrize(
    ("what", "moment"), [("request", "before"), ("request", "after"), ("commit", "before")]
)
def test_E52_killed_anywhere_items_and_credit_notes_are_put_right_by_the_next_night(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    what: Literal["request", "commit"],
    moment: Moment,
) -> None:
    mains = Mains(monkeypatch)
    negative(people, "-400.00", "100.00")
    office.settings = with_bills(negative="credit_note")
    office.night(flows=NIGHT[:2])
    before = office.keep()
    mains.restore()
    office.night(flows=NIGHT[2:])
    count = mains.requests if what == "request" else mains.commits
    undisturbed = end_state(office, people)

    ends = {}
    for number in range(1, count + 1):
        office.back_to(before)
        mains.cut(what, number, moment)
        with pytest.raises(PowerCut):
            office.night(flows=NIGHT[2:])
        mains.restore()
        office.night(flows=NIGHT[2:])
        ends[number] = end_state(office, people)

    assert {number: end for number, end in ends.items() if end != undisturbed} == {}
    assert count >= 3
