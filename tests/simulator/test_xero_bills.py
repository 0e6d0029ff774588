"""Bills: never unique, approved through a one-way door, paid by arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_bill, a_line, acme, approved

pytest_plugins = ["tests.simulator.xero_office"]

NOBODY = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)
NOT_MODIFIABLE = "Invoice not of valid status for modification"


def post(office: Office, bill: dict[str, Any], **fields: Any) -> dict[str, Any]:
    [answer] = office.save("POST", "/Invoices", {"InvoiceID": bill["InvoiceID"], **fields})
    return answer


def errors(answer: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in answer.get("ValidationErrors", [])]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_the_same_bill_is_accepted_twice(office: Office, method: str):
    for _ in range(2):
        office.save(method, "/Invoices", a_bill(office))

    assert len(office.xero.invoices) == 2


def test_a_post_with_the_number_of_a_bill_may_edit_it(office: Office):
    office.xero.switches["accpay_number_on_post"] = "edit"

    for _ in range(2):
        office.save("POST", "/Invoices", a_bill(office))

    assert len(office.xero.invoices) == 1


def test_the_number_of_a_sales_invoice_is_unique_and_a_post_with_it_edits(office: Office):
    sale = a_bill(office, Type="ACCREC", LineItems=[a_line(AccountCode="200", TaxType="OUTPUT2")])
    office.save("PUT", "/Invoices", sale)

    [again] = office.save("PUT", "/Invoices", sale)
    office.save("POST", "/Invoices", sale)

    assert errors(again) == ["Invoice # must be unique."]
    assert len(office.xero.invoices) == 1


def test_a_bill_shows_no_reference(office: Office):
    [bill] = office.save("PUT", "/Invoices", a_bill(office, Reference="ours"))

    assert bill["Reference"] == ""


def test_lines_that_are_not_sent_back_vanish(office: Office):
    [bill] = office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line("1"), a_line("2")]))

    kept = bill["LineItems"][0]["LineItemID"]
    answer = post(office, bill, LineItems=[{"LineItemID": kept}, a_line("4")])

    amounts = [line["LineAmount"] for line in answer["LineItems"]]
    assert amounts == [Decimal("1.00"), Decimal("4.00")]
    assert answer["LineItems"][0]["LineItemID"] == kept


def test_a_post_of_the_status_alone_keeps_the_lines(office: Office):
    [bill] = office.save("PUT", "/Invoices", a_bill(office))

    answer = post(office, bill, Status="AUTHORISED")

    assert (answer["Status"], len(answer["LineItems"])) == ("AUTHORISED", 1)
    assert answer["AmountDue"] == Decimal("115.00")


def test_a_draft_is_deleted_and_an_approved_bill_is_voided(office: Office):
    [draft] = office.save("PUT", "/Invoices", a_bill(office))
    bill = approved(office)

    assert errors(post(office, draft, Status="VOIDED")) == [NOT_MODIFIABLE]
    assert post(office, draft, Status="DELETED")["StatusAttributeString"] == "OK"
    voided = post(office, bill, Status="VOIDED")
    assert (voided["Status"], voided["AmountDue"]) == ("VOIDED", 0)
    assert voided["Total"] == Decimal("100.00")


def test_nothing_leaves_voided(office: Office):
    bill = approved(office)
    office.xero.void_bill(bill["InvoiceID"])

    assert errors(post(office, bill, Status="AUTHORISED")) == [NOT_MODIFIABLE]


def test_an_approved_bill_never_goes_back_to_draft(office: Office):
    assert errors(post(office, approved(office), Status="DRAFT")) == [NOT_MODIFIABLE]


@pytest.mark.parametrize("wanted", ["VOIDED", "DRAFT"])
def test_a_bill_with_a_payment_is_not_voided(office: Office, wanted: str):
    bill = approved(office)
    office.xero.pay_bill(bill["InvoiceID"], "10.00", "2026-11-15")

    answer = post(office, bill, Status=wanted)

    assert errors(answer)[0].startswith(f"The status {wanted} cannot be applied to the invoice")


def test_paid_is_not_written_by_callers(office: Office):
    assert errors(post(office, approved(office), Status="PAID")) == [NOT_MODIFIABLE]


def test_amounts_of_a_part_paid_bill_are_frozen(office: Office):
    bill = approved(office)
    office.xero.pay_bill(bill["InvoiceID"], "10.00", "2026-11-15")
    line = bill["LineItems"][0]["LineItemID"]

    answer = post(office, bill, LineItems=[{"LineItemID": line, "UnitAmount": "5.00"}])

    assert errors(answer)[0] == NOT_MODIFIABLE
    assert "payment or credit note allocated" in errors(answer)[1]


def test_tracking_of_a_part_paid_bill_can_still_be_corrected(office: Office):
    bill = approved(office)
    office.xero.pay_bill(bill["InvoiceID"], "10.00", "2026-11-15")
    line = bill["LineItems"][0]["LineItemID"]
    tracking = [{"Name": "Job", "Option": "J-1002"}]

    answer = post(office, bill, LineItems=[{"LineItemID": line, "Tracking": tracking}])

    assert answer["StatusAttributeString"] == "OK"
    assert answer["LineItems"][0]["Tracking"][0]["Option"] == "J-1002"
    assert answer["AmountDue"] == Decimal("90.00")


def test_before_march_2026_nothing_on_a_paid_bill_could_be_changed(office: Office):
    office.xero.switches["paid_bill_edits"] = "none"
    bill = approved(office)
    office.xero.pay_bill(bill["InvoiceID"], "10.00", "2026-11-15")

    assert errors(post(office, bill, DueDate="2027-01-01"))[0] == NOT_MODIFIABLE


def test_a_new_due_date_on_a_part_paid_bill_does_not_move_updated_date(office: Office):
    bill = approved(office)
    office.xero.pay_bill(bill["InvoiceID"], "10.00", "2026-11-15")
    before = bill["UpdatedDateUTC"]
    office.clock.advance(60)

    post(office, bill, DueDate="2027-01-01")

    assert (bill["DueDate"], bill["UpdatedDateUTC"]) == ("2027-01-01", before)


def test_a_new_due_date_does_not_look_at_lines_whose_account_is_archived_since(office: Office):
    bill = approved(office)
    account = office.xero.account_of("310")
    assert account is not None
    account["Status"] = "ARCHIVED"

    answer = post(office, bill, DueDate="2027-01-01")

    assert (answer["StatusAttributeString"], answer["Total"]) == ("OK", Decimal("100.00"))


def test_a_negative_total_is_refused(office: Office):
    lines = [a_line("100"), a_line("-200")]

    [answer] = office.save("PUT", "/Invoices", a_bill(office, LineItems=lines))

    assert errors(answer) == ["The document total must not be less than zero."]


@pytest.mark.parametrize(("mode", "status"), [("paid", "PAID"), ("refuse", "DRAFT")])
def test_an_approved_bill_of_nothing(office: Office, mode: str, status: str):
    office.xero.switches["zero_total"] = mode
    [bill] = office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line("0")]))

    post(office, bill, Status="AUTHORISED")

    assert office.xero.invoices[bill["InvoiceID"]]["Status"] == status


@pytest.mark.parametrize(("mode", "saved"), [("refuse", 0), ("default", 1)])
def test_approval_without_a_due_date(office: Office, mode: str, saved: int):
    office.xero.switches["missing_due_date"] = mode
    bill = a_bill(office, Status="AUTHORISED")
    del bill["DueDate"]

    office.save("PUT", "/Invoices", bill)

    assert len(office.xero.invoices) == saved


def test_the_plan_allows_so_many_approved_bills_a_month(office: Office):
    office.xero.switches["plan_bill_limit"] = 1
    approved(office)

    [answer] = office.save("PUT", "/Invoices", a_bill(office, Status="AUTHORISED"))
    actions = office.get("/Organisation/Actions")["Actions"]

    assert errors(answer) == ["You have reached the limit of invoices you can approve"]
    assert {"Name": "CreateApprovedBill", "Status": "NOT-ALLOWED"} in actions


def test_lock_dates_refuse_create_update_void_and_payment(office: Office):
    bill = approved(office)
    office.xero.set_lock_date("2026-11-20")

    created = office.save("PUT", "/Invoices", a_bill(office))[0]
    updated = post(office, bill, DueDate="2027-01-01")
    voided = post(office, bill, Status="VOIDED")
    paid = office.save("PUT", "/Payments", {
        "Invoice": {"InvoiceID": bill["InvoiceID"]}, "Account": {"Code": "090"},
        "Date": "2026-11-20", "Amount": "1.00",
    })[0]  # fmt: skip

    for answer in (created, updated, voided, paid):
        assert errors(answer)[0].startswith("The document date cannot be before the period lock")


def test_the_lock_date_itself_may_be_open(office: Office):
    office.xero.switches["lock_date"] = "before"
    office.xero.set_lock_date("2026-11-20")

    [answer] = office.save("PUT", "/Invoices", a_bill(office))

    assert answer["StatusAttributeString"] == "OK"


def test_a_new_name_makes_a_contact(office: Office):
    office.save("PUT", "/Invoices", a_bill(office, Contact={"Name": "Newcomer"}))

    assert "Newcomer" in {c["Name"] for c in office.xero.contacts.values()}


def test_extra_contact_fields_change_the_contact_and_drop_its_persons(office: Office):
    key = acme(office)
    office.xero.edit_contact(key, ContactPersons=[{"FirstName": "Ann"}])
    careless = {"ContactID": key, "Name": "Acme Ltd", "EmailAddress": "ap@acme.example"}

    office.save("PUT", "/Invoices", a_bill(office, Contact=careless))

    contact = office.xero.contacts[key]
    assert (contact["Name"], contact["EmailAddress"]) == ("Acme Ltd", "ap@acme.example")
    assert contact["ContactPersons"] == []


def test_the_first_bill_makes_a_supplier_without_moving_the_contact_s_date(office: Office):
    contact = office.xero.contacts[acme(office)]
    before = contact["UpdatedDateUTC"]
    office.clock.advance(60)

    office.save("PUT", "/Invoices", a_bill(office))

    assert contact["IsSupplier"] is True
    assert contact["UpdatedDateUTC"] == before


def test_an_archived_contact_is_refused(office: Office):
    office.xero.archive_contact(acme(office))

    [answer] = office.save("PUT", "/Invoices", a_bill(office))

    assert errors(answer)[0].startswith("The contact with the specified contact details has been")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Url", "procore", "Url must be a valid absolute url"),
        ("Url", "https://xero.example/1", "Url must not contain xero"),
        ("CurrencyCode", "EUR", "Organisation is not subscribed to currency EUR"),
        ("InvoiceNumber", "Größe", "The InvoiceNumber must hold printable ASCII characters only."),
        ("LineItems", [], "One or more line items must be specified"),
        ("Contact", {}, NOBODY),
    ],
)  # fmt: skip
def test_a_bill_is_refused_for(office: Office, field: str, value: object, message: str):
    [answer] = office.save("PUT", "/Invoices", a_bill(office, **{field: value}))

    assert message in errors(answer)


def test_a_negative_total_may_be_taken(office: Office):
    office.xero.switches["negative_total"] = "accept"

    [answer] = office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line("-200")]))

    assert answer["Total"] == Decimal("-230.00")
