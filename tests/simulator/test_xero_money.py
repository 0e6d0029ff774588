"""Payments, batches of them, credits and advances: what settles a bill, and what undoes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_bill, a_line, acme, approved

pytest_plugins = ["tests.simulator.xero_office"]


def a_payment(bill: dict[str, Any], amount: str = "100.00", **fields: Any) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": bill["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": "2026-11-18",
        "Amount": amount,
        **fields,
    }


def errors(answer: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in answer.get("ValidationErrors", [])]


def test_paying_all_that_is_due_makes_the_bill_paid(office: Office):
    bill = approved(office)

    [payment] = office.save("PUT", "/Payments", a_payment(bill))

    assert payment["PaymentType"] == "ACCPAYPAYMENT"
    assert (bill["Status"], bill["AmountDue"], bill["AmountPaid"]) == ("PAID", 0, 100)
    assert bill["FullyPaidOnDate"] == "2026-11-18"


def test_two_equal_payments_are_both_taken_while_something_is_due(office: Office):
    bill = approved(office)

    for _ in range(2):
        office.save("PUT", "/Payments", a_payment(bill, "10.00"))

    assert bill["AmountDue"] == Decimal("80.00")


def test_more_than_is_due_is_refused(office: Office):
    [answer] = office.save("PUT", "/Payments", a_payment(approved(office), "100.01"))

    assert errors(answer) == ["Payment amount exceeds the amount outstanding on this document"]


def test_a_draft_cannot_be_paid(office: Office):
    [draft] = office.save("PUT", "/Invoices", a_bill(office))

    [answer] = office.save("PUT", "/Payments", a_payment(draft, "1.00"))

    assert errors(answer) == ["Payments can only be made against Authorised documents"]


def test_an_ordinary_account_cannot_pay(office: Office):
    payment = a_payment(approved(office), Account={"Code": "310"})

    assert errors(office.save("PUT", "/Payments", payment)[0]) == ["Account could not be found"]


def test_a_deleted_payment_stays_dated_and_its_bill_is_due_again(office: Office):
    bill = approved(office)
    payment = office.xero.pay_bill(bill["InvoiceID"], "100.00", "2026-11-15")
    office.clock.advance(60)

    office.call("POST", f"/Payments/{payment['PaymentID']}", {"Status": "DELETED"})

    assert payment["Status"] == "DELETED"
    assert payment["UpdatedDateUTC"] == bill["UpdatedDateUTC"] == office.xero.now()
    assert (bill["Status"], bill["AmountDue"], bill["Payments"]) == ("AUTHORISED", 100, [])


@pytest.mark.parametrize(("shown", "count"), [(True, 1), (False, 0)])
def test_deleted_payments_may_be_missing_from_what_changed(office: Office, shown: bool, count: int):
    office.xero.switches["deleted_payments_in_modified"] = shown
    payment = office.xero.pay_bill(approved(office)["InvoiceID"], "1.00", "2026-11-15")
    office.xero.delete_payment(payment["PaymentID"])
    office.http.headers["If-Modified-Since"] = "2026-11-20T00:00:00"

    plain = office.get("/Payments", page="1")["Payments"]
    asked = office.get("/Payments", page="1", where='Status=="DELETED"')["Payments"]

    assert (len(plain), len(asked)) == (count, 1)


def test_a_payment_cannot_be_changed(office: Office):
    payment = office.xero.pay_bill(approved(office)["InvoiceID"], "1.00", "2026-11-15")

    response = office.call("POST", f"/Payments/{payment['PaymentID']}", {"Reference": "EFT"})

    assert "cannot be updated" in office.messages(response)[0]


@pytest.mark.parametrize(("mode", "status"), [("refuse", "AUTHORISED"), ("allow", "DELETED")])
def test_a_reconciled_payment_may_be_safe_from_deletion(office: Office, mode: str, status: str):
    office.xero.switches["delete_reconciled"] = mode
    bill = approved(office)
    payment = office.xero.pay_bill(bill["InvoiceID"], "1.00", "2026-11-15", reconciled=True)

    office.call("POST", f"/Payments/{payment['PaymentID']}", {"Status": "DELETED"})

    assert payment["Status"] == status


def test_a_batch_pays_several_bills_and_its_parts_cannot_be_deleted(office: Office):
    bills = [approved(office, number=number) for number in ("1", "2")]
    rows = [{"Invoice": {"InvoiceID": b["InvoiceID"]}, "Amount": "100.00"} for b in bills]
    body = {"Account": {"Code": "090"}, "Date": "2026-11-18", "Payments": rows}

    [batch] = office.save("PUT", "/BatchPayments", body)
    part = batch["Payments"][0]["PaymentID"]
    response = office.call("POST", f"/Payments/{part}", {"Status": "DELETED"})

    assert (batch["Type"], batch["TotalAmount"]) == ("PAYBATCH", 200)
    assert [bill["Status"] for bill in bills] == ["PAID", "PAID"]
    assert office.xero.payments[part]["BatchPaymentID"] == batch["BatchPaymentID"]
    assert office.messages(response) == ["Payments within a batch cannot be deleted."]


def test_deleting_the_batch_deletes_every_payment_in_it(office: Office):
    bill = approved(office)
    payment = office.xero.pay_bill(bill["InvoiceID"], "100.00", "2026-11-18", batch="EFT 77")
    path = f"/BatchPayments/{payment['BatchPaymentID']}"

    office.call("POST", path, {"Status": "DELETED"})

    assert (payment["Status"], bill["Status"]) == ("DELETED", "AUTHORISED")


def test_a_batch_may_answer_without_an_error_and_without_an_id(office: Office):
    office.faults.arm("null_id", side="xero")
    rows = [{"Invoice": {"InvoiceID": approved(office)["InvoiceID"]}, "Amount": "1.00"}]
    body = {"Account": {"Code": "090"}, "Payments": rows}

    [batch] = office.save("PUT", "/BatchPayments", body)

    assert batch["BatchPaymentID"] is None
    assert "ValidationErrors" not in batch
    assert not office.xero.payments


def a_credit(office: Office, amount: str = "60.00", **fields: Any) -> dict[str, Any]:
    note = {
        "Type": "ACCPAYCREDIT",
        "CreditNoteNumber": "CR-1",
        "Contact": {"ContactID": acme(office)},
        "Date": "2026-11-19",
        "Status": "AUTHORISED",
        "LineItems": [a_line(amount, TaxType="NONE")],
        **fields,
    }
    return office.save("PUT", "/CreditNotes", note)[0]


def allocate(office: Office, note: dict[str, Any], bill: dict[str, Any], amount: str) -> Any:
    body = {"Amount": amount, "Invoice": {"InvoiceID": bill["InvoiceID"]}, "Date": "2026-01-01"}
    return office.save("PUT", f"/CreditNotes/{note['CreditNoteID']}/Allocations", body)[0]


def test_credit_notes_with_one_number_are_both_taken(office: Office):
    a_credit(office)
    a_credit(office)

    assert len(office.xero.credit_notes) == 2


def test_an_allocation_settles_without_a_payment(office: Office):
    bill, note = approved(office, "60.00"), a_credit(office)

    allocate(office, note, bill, "60.00")

    stored = office.xero.credit_notes[note["CreditNoteID"]]
    assert (bill["Status"], bill["AmountCredited"], bill["AmountPaid"]) == ("PAID", 60, 0)
    assert (stored["Status"], stored["RemainingCredit"]) == ("PAID", 0)
    assert not office.xero.payments


def test_the_date_of_an_allocation_is_the_later_of_the_two_documents(office: Office):
    answer = allocate(office, a_credit(office), approved(office), "1.00")

    assert answer["Date"] == "/Date(1795046400000+0000)/"


def test_more_credit_than_is_left_is_refused(office: Office):
    answer = allocate(office, a_credit(office), approved(office), "60.01")

    assert errors(answer) == ["The amount to allocate exceeds the remaining credit"]


def test_taking_an_allocation_back_answers_an_unwrapped_object(office: Office):
    bill, note = approved(office), a_credit(office)
    allocation = allocate(office, note, bill, "10.00")
    path = f"/CreditNotes/{note['CreditNoteID']}/Allocations/{allocation['AllocationID']}"

    gone = office.call("DELETE", path).json()

    assert gone["AllocationId"] == allocation["AllocationID"]
    assert gone["Invoice"] == [{"InvoiceID": bill["InvoiceID"]}]
    assert (bill["AmountDue"], bill["CreditNotes"]) == (100, [])


def test_an_allocated_credit_note_is_not_voided(office: Office):
    note = a_credit(office)
    allocate(office, note, approved(office), "10.00")

    [answer] = office.save(
        "POST", "/CreditNotes", {"CreditNoteID": note["CreditNoteID"], "Status": "VOIDED"}
    )

    assert errors(answer)[0].startswith("The status VOIDED cannot be applied")


@pytest.mark.parametrize(
    ("add", "plural", "id_key"),
    [
        ("add_prepayment", "Prepayments", "PrepaymentID"),
        ("add_overpayment", "Overpayments", "OverpaymentID"),
    ],
)
def test_an_advance_is_allocated_to_a_bill(office: Office, add: str, plural: str, id_key: str):
    bill = approved(office)
    advance = getattr(office.xero, add)(acme(office), "40.00")
    body = {"Amount": "40.00", "Invoice": {"InvoiceID": bill["InvoiceID"]}}

    office.save("PUT", f"/{plural}/{advance[id_key]}/Allocations", body)

    assert (bill["AmountDue"], bill["AmountCredited"]) == (60, 40)
    assert bill[plural][0][id_key] == advance[id_key]
    assert office.get(f"/{plural}", page="1")[plural][0]["Status"] == "PAID"


@pytest.mark.parametrize(("mode", "status"), [("allow", "DELETED"), ("refuse", "AUTHORISED")])
def test_a_batch_may_be_safe_from_deletion(office: Office, mode: str, status: str):
    office.xero.switches["delete_batch_payment"] = mode
    bill = approved(office)
    payment = office.xero.pay_bill(bill["InvoiceID"], "1.00", "2026-11-18", batch="EFT 77")

    office.call("POST", f"/BatchPayments/{payment['BatchPaymentID']}", {"Status": "DELETED"})

    assert payment["Status"] == status
