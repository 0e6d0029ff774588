"""Lists: pages, order, filters, what changed since; dates and numbers as they travel."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.xero_world import Office, a_bill, a_line, acme, approved, token

pytest_plugins = ["tests.simulator.xero_office"]


def numbers(answer: dict[str, Any]) -> list[str]:
    return [bill["InvoiceNumber"] for bill in answer["Invoices"]]


def three_bills(office: Office) -> list[dict[str, Any]]:
    bills = []
    for number in ("1", "2", "3"):
        office.clock.advance(1)
        bills.append(approved(office, number=number, on=f"2026-11-1{number}"))
    return bills


def test_a_page_tells_how_many_there_are(office: Office):
    three_bills(office)

    answer = office.get("/Invoices", page="2", pageSize="2")

    assert numbers(answer) == ["3"]
    assert answer["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}


@pytest.mark.parametrize(("asked", "size"), [("0", 1), ("5000", 1000), ("many", 100)])
def test_page_sizes_are_clamped_not_refused(office: Office, asked: str, size: int):
    answer = office.get("/Invoices", page="1", pageSize=asked)

    assert answer["pagination"]["pageSize"] == size


@pytest.mark.parametrize(("mode", "status"), [("empty", 200), ("refuse", 400)])
def test_a_page_beyond_the_end(office: Office, mode: str, status: int):
    office.xero.switches["page_beyond_end"] = mode

    response = office.call("GET", "/Invoices", page="9")

    assert response.status_code == status


def test_an_unpaged_list_has_no_lines_and_no_pagination(office: Office):
    three_bills(office)

    answer = office.get("/Invoices")

    assert "pagination" not in answer
    assert "LineItems" not in answer["Invoices"][0]


def test_statuses_and_summary_only_page_without_being_asked(office: Office):
    three_bills(office)

    assert "pagination" in office.get("/Invoices", Statuses="AUTHORISED")
    summary = office.get("/Invoices", summaryOnly="true")
    assert "pagination" in summary
    assert "LineItems" not in summary["Invoices"][0]


def test_the_default_order_is_by_change_and_then_by_id(office: Office):
    first, second, third = three_bills(office)
    office.clock.advance(1)
    office.xero.stamp(first)
    second["UpdatedDateUTC"] = third["UpdatedDateUTC"]

    ids = [bill["InvoiceID"] for bill in office.get("/Invoices", page="1")["Invoices"]]

    assert ids == [*sorted([second["InvoiceID"], third["InvoiceID"]]), first["InvoiceID"]]


def test_order_may_be_asked_for_and_only_the_fast_ones_are_there(office: Office):
    three_bills(office)

    assert numbers(office.get("/Invoices", page="1", order="Date DESC")) == ["3", "2", "1"]
    assert office.call("GET", "/Invoices", order="Total").status_code == 400


def test_an_edit_between_two_pages_loses_a_row(office: Office):
    three_bills(office)
    office.faults.arm("forget_row", side="xero", path="*/Invoices")
    office.clock.advance(1)

    seen = numbers(office.get("/Invoices", page="1", pageSize="1"))
    seen += numbers(office.get("/Invoices", page="2", pageSize="1"))
    seen += numbers(office.get("/Invoices", page="3", pageSize="1"))

    assert seen == ["1", "3", "1"]


@pytest.mark.parametrize(
    "header",
    ["2026-11-20T09:00:32", "2026-11-20T22:00:32+13:00", "Fri, 20 Nov 2026 09:00:32 GMT"],
)
@pytest.mark.parametrize(("inclusive", "found"), [(True, ["2", "3"]), (False, ["3"])])
def test_what_changed_since_is_told_by_whole_seconds(
    office: Office, header: str, inclusive: bool, found: list[str]
):
    office.xero.switches["modified_since_inclusive"] = inclusive
    three_bills(office)
    office.http.headers["If-Modified-Since"] = header

    assert numbers(office.get("/Invoices", page="1")) == found


def test_since_is_ignored_where_it_is_not_known(office: Office):
    office.http.headers["If-Modified-Since"] = "2099-01-01T00:00:00"

    assert len(office.get("/TrackingCategories")["TrackingCategories"]) == 2


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Type=="ACCPAY" AND Date>=DateTime(2026, 11, 12)', ["2", "3"]),
        ('InvoiceNumber="2"', ["2"]),
        ("Date > DateTime(2026,11,11) && Date<DateTime(2026,11,13)", ["2"]),
        ('Contact.Name=="ACME concrete" and Status=="AUTHORISED"', ["1", "2", "3"]),
        ("AmountDue>=100.00", ["1", "2", "3"]),
        ("AmountPaid==0", ["1", "2", "3"]),
        ('Reference!=null AND Type=="ACCPAY"', []),
    ],
)
def test_the_fast_filters(office: Office, where: str, found: list[str]):
    three_bills(office)

    assert numbers(office.get("/Invoices", page="1", where=where)) == found


def test_ids_are_compared_as_guids_and_may_be_alternatives(office: Office):
    first, _, third = three_bills(office)
    where = " OR ".join(f'InvoiceID==guid("{b["InvoiceID"].upper()}")' for b in (first, third))
    contact = f'Contact.ContactID==Guid("{acme(office)}")'

    assert numbers(office.get("/Invoices", page="1", where=where)) == ["1", "3"]
    assert len(numbers(office.get("/Invoices", page="1", where=contact))) == 3


@pytest.mark.parametrize(
    "where",
    [
        'InvoiceNumber.StartsWith("SC")',
        'Status=="AUTHORISED" OR Status=="PAID"',
        "Total>5",
        'LineItems[0].Description=="x"',
        'InvoiceNumber>"A"',
        'InvoiceNumber!="A"',
        'InvoiceNumber=="a"b"',
        "Date>DateTime(2026,13,1)",
        "(Type==",
    ],
)
def test_every_other_filter_is_a_400(office: Office, where: str):
    response = office.call("GET", "/Invoices", where=where)

    assert (response.status_code, response.json()["ErrorNumber"]) == (400, 16)


def test_quotes_in_names_are_escaped_with_a_backslash(office: Office):
    office.xero.add_contact('The "Best" Ltd')

    found = office.get("/Contacts", page="1", where=r'Name=="the \"best\" ltd"')["Contacts"]

    assert [contact["Name"] for contact in found] == ['The "Best" Ltd']


def test_lists_are_narrowed_by_ids_numbers_contacts_and_statuses(office: Office):
    first, second, _ = three_bills(office)
    office.xero.void_bill(second["InvoiceID"])

    assert numbers(office.get("/Invoices", page="1", IDs=first["InvoiceID"])) == ["1"]
    assert numbers(office.get("/Invoices", page="1", InvoiceNumbers="1,3")) == ["1", "3"]
    assert len(numbers(office.get("/Invoices", page="1", ContactIDs=acme(office)))) == 3
    assert numbers(office.get("/Invoices", Statuses="DELETED,VOIDED")) == ["2"]


def test_created_by_my_app_leaves_out_what_people_typed(office: Office):
    approved(office, number="typed")
    office.save("PUT", "/Invoices", a_bill(office, InvoiceNumber="ours"))

    assert numbers(office.get("/Invoices", page="1", createdByMyApp="true")) == ["ours"]


def test_voided_bills_are_in_a_plain_list(office: Office):
    bill = approved(office)
    office.xero.void_bill(bill["InvoiceID"])

    [shown] = office.get("/Invoices", page="1", where='Type=="ACCPAY"')["Invoices"]

    assert (shown["Status"], shown["AmountDue"], shown["Total"]) == ("VOIDED", 0, 100)


def test_dates_travel_as_milliseconds_with_a_text_beside_them(office: Office):
    bill = approved(office, on="1969-12-31", due="2019-03-12")

    [shown] = office.get(f"/Invoices/{bill['InvoiceID']}")["Invoices"]

    assert shown["Date"] == "/Date(-86400000+0000)/"
    assert shown["DueDate"] == "/Date(1552348800000+0000)/"
    assert shown["DueDateString"] == "2019-03-12T00:00:00"
    assert shown["UpdatedDateUTCString"] == "2026-11-20T09:00:30.000Z"


def test_the_slashes_of_a_date_are_escaped_in_the_raw_bytes(office: Office):
    bill = approved(office)

    response = office.call("GET", f"/Invoices/{bill['InvoiceID']}")

    assert b'"\\/Date(' in response.content


def test_a_date_may_lack_its_offset_and_a_number_may_be_text(office: Office):
    office.xero.switches |= {"date_offset": False, "numbers_as_strings": True}
    bill = approved(office, on="2019-03-12")

    [shown] = office.get(f"/Invoices/{bill['InvoiceID']}")["Invoices"]

    assert (shown["Date"], shown["Total"]) == ("/Date(1552348800000)/", "100.00")


@pytest.mark.parametrize("date", ["2026-11-20", "2026-11-20T00:00:00", "/Date(1795132800000)/"])
def test_dates_are_taken_in_three_forms(office: Office, date: str):
    [bill] = office.save("PUT", "/Invoices", a_bill(office, Date=date))

    assert office.xero.invoices[bill["InvoiceID"]]["Date"] == "2026-11-20"


@pytest.mark.parametrize(
    "fields",
    [
        {"Date": "20/11/2026"},
        {"LineItems": [a_line("a hundred")]},
        {"LineItems": {"Description": "not a list"}},
        {"LineAmountTypes": "EXCLUSIVE"},
        {"Contact": "Acme Concrete"},
    ],
)
def test_a_value_of_the_wrong_shape_is_a_14(office: Office, fields: dict[str, Any]):
    response = office.call("PUT", "/Invoices", a_bill(office, **fields), summarizeErrors="false")

    assert (response.status_code, response.json()["ErrorNumber"]) == (400, 14)


def test_a_document_without_a_date_gets_that_of_the_organisation_s_zone(office: Office):
    office.clock.advance(5 * 3600)
    office.http.headers["Authorization"] = f"Bearer {token(office.http)}"
    bill = a_bill(office)
    del bill["Date"]

    [saved] = office.save("PUT", "/Invoices", bill)

    assert saved["DateString"] == "2026-11-21T00:00:00"


def test_ten_thousand_bills_are_read_in_seconds(office: Office):
    contact, lines = acme(office), [a_line("10.00")]
    for number in range(10_000):
        office.xero.add_bill(contact, lines, number=str(number))
    started = datetime.now(UTC)

    pages = [
        office.get("/Invoices", page=str(page), pageSize="1000", where='Type=="ACCPAY"')
        for page in range(1, 11)
    ]

    assert sum(len(page["Invoices"]) for page in pages) == 10_000
    assert pages[0]["Invoices"][0]["Total"] == Decimal("11.50")
    assert (datetime.now(UTC) - started).total_seconds() < 15
