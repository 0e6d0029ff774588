"""Lines: rounding, tax, accounts, items and tracking."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_bill, a_line, an_order

pytest_plugins = ["tests.simulator.xero_office"]


def put(office: Office, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    params = {"unitdp": fields.pop("unitdp")} if "unitdp" in fields else {}
    bill = a_bill(office, LineItems=list(lines), **fields)
    [answer] = office.save("PUT", "/Invoices", bill, **params)
    return answer


def errors(answer: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in answer.get("ValidationErrors", [])]


def test_unit_amounts_are_cut_to_two_places(office: Office):
    bill = put(office, a_line("0.3333", Quantity=3))

    line = bill["LineItems"][0]
    assert (line["UnitAmount"], line["LineAmount"]) == (Decimal("0.33"), Decimal("0.99"))


def test_unitdp_4_keeps_four_places_and_must_be_asked_for_on_reads_too(office: Office):
    bill = put(office, a_line("0.3333", Quantity=3), unitdp="4")
    path = f"/Invoices/{bill['InvoiceID']}"

    two = office.get(path)["Invoices"][0]["LineItems"][0]
    four = office.get(path, unitdp="4")["Invoices"][0]["LineItems"][0]

    assert (two["UnitAmount"], four["UnitAmount"]) == (Decimal("0.33"), Decimal("0.3333"))
    assert four["LineAmount"] == Decimal("1.00")


def test_purchase_orders_always_have_four_places(office: Office):
    [order] = office.save(
        "PUT", "/PurchaseOrders", an_order(office, LineItems=[a_line("0.3333", Quantity=3)])
    )

    assert order["LineItems"][0]["UnitAmount"] == Decimal("0.3333")
    assert order["SubTotal"] == Decimal("1.00")


def test_tax_is_rounded_half_up_on_each_line_and_then_summed(office: Office):
    bill = put(office, a_line("0.70"), a_line("0.70"))

    # 0.105 a line is 0.11, twice; on the sum it would be 0.21.
    assert bill["TotalTax"] == Decimal("0.22")
    assert bill["Total"] == Decimal("1.62")


def test_inclusive_amounts_hold_their_tax(office: Office):
    bill = put(office, a_line("115.00"), LineAmountTypes="Inclusive")

    assert (bill["SubTotal"], bill["TotalTax"], bill["Total"]) == (100, 15, 115)


def test_no_tax_means_none_whatever_the_type(office: Office):
    bill = put(office, a_line("100.00"), LineAmountTypes="NoTax")

    assert (bill["TotalTax"], bill["Total"]) == (0, 100)


def test_a_line_total_that_disagrees_is_refused(office: Office):
    bill = put(office, a_line("0.3333", Quantity=3, LineAmount="1.00"))

    assert errors(bill) == ["The line total 1.00 does not match the expected line total 0.99"]


def test_a_line_total_alone_is_kept_to_the_cent(office: Office):
    bill = put(office, a_line(None, Quantity=3, LineAmount="10.00"))

    assert bill["LineItems"][0]["LineAmount"] == Decimal("10.00")
    assert bill["SubTotal"] == Decimal("10.00")


def test_a_total_that_is_sent_is_ignored(office: Office):
    bill = put(office, a_line("100.00"), Total="999.00")

    assert bill["Total"] == Decimal("115.00")


def test_tax_greater_than_the_line_is_refused(office: Office):
    bill = put(office, a_line("1.00", TaxAmount="2.00"))

    assert errors(bill) == ["The tax amount cannot be greater than the line amount"]


def test_a_tax_type_must_suit_the_account(office: Office):
    bill = put(office, a_line(TaxType="OUTPUT2"))

    assert errors(bill) == ["The TaxType code 'OUTPUT2' cannot be used with account code '310'."]


def test_without_a_tax_type_the_account_s_is_taken(office: Office):
    bill = put(office, a_line(TaxType=None))

    assert bill["LineItems"][0]["TaxType"] == "INPUT2"


@pytest.mark.parametrize("code", ["090", "800", "none"])
def test_an_approved_line_needs_an_ordinary_account(office: Office, code: str):
    bill = put(office, a_line(AccountCode=code, TaxType="NONE"), Status="AUTHORISED")

    assert errors(bill) == [f"Account code '{code}' is not a valid code for this document."]


def test_an_archived_account_is_refused_even_on_a_draft(office: Office):
    assert (
        "has been archived, or has been deleted"
        in errors(put(office, a_line(AccountCode="399")))[0]
    )


def test_an_item_fills_description_price_and_account(office: Office):
    details = {"UnitPrice": Decimal("12.50"), "AccountCode": "310", "TaxType": "INPUT2"}
    office.xero.add_item(
        "03-300", "Concrete", PurchaseDescription="Cast-in-place", PurchaseDetails=details
    )

    line = put(office, {"ItemCode": "03-300", "Quantity": 2})["LineItems"][0]

    assert (line["Description"], line["AccountCode"]) == ("Cast-in-place", "310")
    assert line["LineAmount"] == Decimal("25.00")


def test_an_unknown_item_is_refused(office: Office):
    assert errors(put(office, a_line(ItemCode="X"))) == ["Item code 'X' is not valid"]


def test_a_description_alone_is_a_line_of_nothing(office: Office):
    bill = put(office, {"Description": "As agreed on site"}, a_line())

    assert bill["LineItems"][0]["LineAmount"] == 0
    assert bill["SubTotal"] == 100


def test_a_description_has_4000_characters_at_most(office: Office):
    assert "4000" in errors(put(office, a_line(Description="x" * 4001)))[0]


def test_tracking_sent_as_an_object_is_a_500(office: Office):
    bill = a_bill(office, LineItems=[a_line(Tracking={"Name": "Job", "Option": "J-1001"})])

    assert office.call("PUT", "/Invoices", bill).status_code == 500


def test_tracking_comes_back_with_names_and_ids(office: Office):
    bill = put(office, a_line(Tracking=[{"Name": "job", "Option": "j-1001"}]))

    tracking = bill["LineItems"][0]["Tracking"][0]
    assert (tracking["Name"], tracking["Option"]) == ("Job", "J-1001")
    assert tracking["TrackingOptionID"] == office.xero.option("J-1001")["TrackingOptionID"]


def test_a_line_has_two_tracking_elements_at_most(office: Office):
    three = [{"Name": "Job", "Option": "J-1001"}] * 3

    assert "at most 2" in errors(put(office, a_line(Tracking=three)))[0]


@pytest.mark.parametrize(
    ("mode", "outcome"), [("error", "ERROR"), ("warning", "WARNING"), ("drop", "OK")]
)
def test_unknown_tracking_may_vanish_without_a_word(office: Office, mode: str, outcome: str):
    office.xero.switches["unknown_tracking"] = mode

    answer = put(office, a_line(Tracking=[{"Name": "Job", "Option": "J-9999"}]))

    assert answer["StatusAttributeString"] == outcome
    assert mode == "error" or answer["LineItems"][0]["Tracking"] == []


def test_an_archived_option_is_refused_on_new_lines_and_stays_on_old_ones(office: Office):
    tracking = [{"Name": "Job", "Option": "J-1001"}]
    [bill] = office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line(Tracking=tracking)]))
    office.xero.archive_option("J-1001")

    refused = put(office, a_line(Tracking=tracking))
    [kept] = office.save(
        "POST", "/Invoices", {"InvoiceID": bill["InvoiceID"], "Status": "AUTHORISED"}
    )

    assert errors(refused)
    assert kept["LineItems"][0]["Tracking"][0]["Option"] == "J-1001"


def test_a_renamed_option_is_renamed_on_every_past_line(office: Office):
    [bill] = office.save("PUT", "/Invoices", a_bill(
        office, LineItems=[a_line(Tracking=[{"Name": "Job", "Option": "J-1001"}])]
    ))  # fmt: skip
    office.xero.rename_option("J-1001", "J-1001 Riverside")

    line = office.get(f"/Invoices/{bill['InvoiceID']}")["Invoices"][0]["LineItems"][0]

    assert line["Tracking"][0]["Option"] == "J-1001 Riverside"


@pytest.mark.parametrize(("winner", "option"), [("id", "J-1001"), ("name", "J-1002")])
def test_ids_and_names_may_disagree(office: Office, winner: str, option: str):
    office.xero.switches["tracking_by"] = winner
    key = office.xero.option("J-1001")["TrackingOptionID"]
    both = [{"Name": "Job", "Option": "J-1002", "TrackingOptionID": key}]

    answer = put(office, a_line(Tracking=both))

    assert answer["LineItems"][0]["Tracking"][0]["Option"] == option
