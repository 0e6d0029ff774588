"""Purchase orders, spend money and manual journals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_line, acme, an_order

pytest_plugins = ["tests.simulator.xero_office"]


def errors(answer: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in answer.get("ValidationErrors", [])]


def test_a_put_with_a_number_in_use_is_refused(office: Office):
    office.save("PUT", "/PurchaseOrders", an_order(office))

    [answer] = office.save("PUT", "/PurchaseOrders", an_order(office))

    assert errors(answer) == ["Order number must be unique"]


def test_a_post_with_the_number_of_a_live_order_silently_edits_that_order(office: Office):
    [first] = office.save("PUT", "/PurchaseOrders", an_order(office))

    [answer] = office.save("POST", "/PurchaseOrders", an_order(office, Reference="mine"))

    assert answer["StatusAttributeString"] == "OK"
    assert answer["PurchaseOrderID"] == first["PurchaseOrderID"]
    assert len(office.xero.purchase_orders) == 1


def test_a_deleted_order_keeps_its_number_for_ever(office: Office):
    [order] = office.save("PUT", "/PurchaseOrders", an_order(office))
    delete = {"PurchaseOrderID": order["PurchaseOrderID"], "Status": "DELETED"}
    office.save("POST", "/PurchaseOrders", delete)

    [put] = office.save("PUT", "/PurchaseOrders", an_order(office))
    [post] = office.save("POST", "/PurchaseOrders", an_order(office))

    assert errors(put) == ["Order number must be unique"]
    assert errors(post) == [
        "PurchaseOrder status change is invalid",
        "Deleted PurchaseOrders cannot be updated",
    ]


def test_renaming_in_the_deleting_update_frees_the_number(office: Office):
    [order] = office.save("PUT", "/PurchaseOrders", an_order(office))
    rename = {
        "PurchaseOrderID": order["PurchaseOrderID"],
        "PurchaseOrderNumber": "SC-1-VOID",
        "Status": "DELETED",
    }

    [deleted] = office.save("POST", "/PurchaseOrders", rename)
    [again] = office.save("PUT", "/PurchaseOrders", an_order(office))

    assert (deleted["Status"], len(deleted["LineItems"])) == ("DELETED", 1)
    assert again["StatusAttributeString"] == "OK"


def test_orders_never_make_contacts(office: Office):
    [answer] = office.save("PUT", "/PurchaseOrders", an_order(office, Contact={"Name": "New"}))

    assert errors(answer) == ["A Contact must be specified for this type of transaction"]
    assert len(office.xero.contacts) == 1


def test_a_billed_order_can_be_deleted(office: Office):
    [order] = office.save("PUT", "/PurchaseOrders", an_order(office, Status="BILLED"))

    [answer] = office.save("POST", "/PurchaseOrders", {
        "PurchaseOrderID": order["PurchaseOrderID"], "Status": "DELETED",
    })  # fmt: skip

    assert (answer["StatusAttributeString"], answer["Status"]) == ("OK", "DELETED")


@pytest.mark.parametrize(
    ("switch", "status"), [("po_edit_authorised", "AUTHORISED"), ("po_edit_billed", "BILLED")]
)
@pytest.mark.parametrize(("mode", "outcome"), [("allow", "OK"), ("refuse", "ERROR")])
def test_lines_of_an_approved_order(
    office: Office, switch: str, status: str, mode: str, outcome: str
):
    office.xero.switches[switch] = mode
    order = office.xero.add_purchase_order(acme(office), [a_line()], status=status)

    [answer] = office.save("POST", "/PurchaseOrders", {
        "PurchaseOrderID": order["PurchaseOrderID"], "LineItems": [a_line("5")],
    })  # fmt: skip

    assert answer["StatusAttributeString"] == outcome


@pytest.mark.parametrize(("mode", "outcome"), [("refuse", "ERROR"), ("allow", "OK")])
def test_an_approved_order_may_go_back_to_draft(office: Office, mode: str, outcome: str):
    office.xero.switches["po_back_to_draft"] = mode
    order = office.xero.add_purchase_order(acme(office), [a_line()], status="AUTHORISED")

    [answer] = office.save("POST", "/PurchaseOrders", {
        "PurchaseOrderID": order["PurchaseOrderID"], "Status": "DRAFT",
    })  # fmt: skip

    assert answer["StatusAttributeString"] == outcome


def test_sent_to_contact_on_a_draft_is_a_warning(office: Office):
    [answer] = office.save("PUT", "/PurchaseOrders", an_order(office, SentToContact=True))

    assert answer["StatusAttributeString"] == "WARNING"
    assert answer["SentToContact"] is False


def test_a_list_of_orders_is_paged_unasked_and_takes_no_where(office: Office):
    for number in range(101):
        office.xero.add_purchase_order(acme(office), [a_line()], number=f"SC-{number}")

    page = office.get("/PurchaseOrders")
    refused = office.call("GET", "/PurchaseOrders", where='PurchaseOrderNumber=="SC-1"')

    assert (len(page["PurchaseOrders"]), page["pagination"]["itemCount"]) == (100, 101)
    assert refused.status_code == 400


def test_an_order_is_found_by_its_number(office: Office):
    [order] = office.save("PUT", "/PurchaseOrders", an_order(office, "SC 1-014"))

    [found] = office.get("/PurchaseOrders/SC 1-014")["PurchaseOrders"]

    assert found["PurchaseOrderID"] == order["PurchaseOrderID"]


def test_delivery_instructions_have_500_characters_at_most(office: Office):
    order = an_order(office, DeliveryInstructions="x" * 501)

    assert errors(office.save("PUT", "/PurchaseOrders", order)[0])


def test_an_order_without_a_number_gets_the_next(office: Office):
    order = an_order(office)
    del order["PurchaseOrderNumber"]

    [answer] = office.save("PUT", "/PurchaseOrders", order)

    assert answer["PurchaseOrderNumber"] == "PO-0001"


def a_purchase(office: Office, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "SPEND",
        "Contact": {"ContactID": acme(office)},
        "BankAccount": {"Code": "090"},
        "Date": "2026-11-20",
        "Reference": "PC-1",
        "LineItems": [a_line("115.00")],
        **fields,
    }


def test_spend_money_is_inclusive_of_tax_unless_told_otherwise_and_never_unique(office: Office):
    for _ in range(2):
        [answer] = office.save("PUT", "/BankTransactions", a_purchase(office))

    assert (answer["SubTotal"], answer["TotalTax"]) == (100, 15)
    assert len(office.xero.bank_transactions) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"BankAccount": {"Code": "310"}},
        {"LineItems": [a_line("-5.00")]},
        {"LineItems": [a_line("115.00", TaxAmount="14.00")]},
        {"LineItems": [a_line("115.00", AccountCode=None)]},
    ],
)
def test_spend_money_is_refused_for(office: Office, fields: dict[str, Any]):
    [answer] = office.save("PUT", "/BankTransactions", a_purchase(office, **fields))

    assert answer["StatusAttributeString"] == "ERROR"


@pytest.mark.parametrize(("reconciled", "status"), [(False, "DELETED"), (True, "AUTHORISED")])
def test_spend_money_is_deleted_unless_reconciled(office: Office, reconciled: bool, status: str):
    record = office.xero.add_spend_money(acme(office), [a_line()], IsReconciled=reconciled)

    office.save("POST", "/BankTransactions", {
        "BankTransactionID": record["BankTransactionID"], "Status": "DELETED",
    })  # fmt: skip

    assert record["Status"] == status


def test_a_prepayment_becomes_a_credit_of_its_own(office: Office):
    office.save("PUT", "/BankTransactions", a_purchase(office, Type="SPEND-PREPAYMENT"))

    [prepayment] = office.get("/Prepayments", page="1")["Prepayments"]
    assert (prepayment["Type"], prepayment["RemainingCredit"]) == ("SPEND-PREPAYMENT", 115)


def a_journal(*amounts: str, **fields: Any) -> dict[str, Any]:
    lines = [{"LineAmount": amount, "AccountCode": "310"} for amount in amounts]
    return {"Narration": "PC-ADJ-77", "Date": "2026-11-20", "JournalLines": lines, **fields}


def test_a_journal_must_balance(office: Office):
    [answer] = office.save("PUT", "/ManualJournals", a_journal("100.00", "-10.00"))

    assert errors(answer) == ["The total debits (100.00) must equal total credits (-10.00)"]


def test_a_journal_is_found_by_its_narration_and_voided_once_posted(office: Office):
    office.save("PUT", "/ManualJournals", a_journal("5", "-5", Status="POSTED"))
    where = 'Narration=="PC-ADJ-77"'
    [found] = office.get("/ManualJournals", where=where, page="1")["ManualJournals"]

    key = {"ManualJournalID": found["ManualJournalID"]}
    [deleted] = office.save("POST", "/ManualJournals", key | {"Status": "DELETED"})
    [voided] = office.save("POST", "/ManualJournals", key | {"Status": "VOIDED"})

    assert len(found["JournalLines"]) == 2
    assert deleted["StatusAttributeString"] == "ERROR"
    assert voided["Status"] == "VOIDED"


@pytest.mark.parametrize(("status", "outcome"), [("DRAFT", "WARNING"), ("POSTED", "ERROR")])
def test_an_unknown_account_in_a_journal(office: Office, status: str, outcome: str):
    journal = a_journal("5", "-5", Status=status)
    journal["JournalLines"][0]["AccountCode"] = "476"

    [answer] = office.save("PUT", "/ManualJournals", journal)

    assert answer["StatusAttributeString"] == outcome


def test_bank_accounts_are_not_for_journals(office: Office):
    journal = a_journal("5", "-5")
    journal["JournalLines"][0]["AccountCode"] = "090"

    assert errors(office.save("PUT", "/ManualJournals", journal)[0])
