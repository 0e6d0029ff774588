"""Attachments and notes."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator.xero_world import BASE, Office, approved

pytest_plugins = ["tests.simulator.xero_office"]


def attach(office: Office, key: str, name: str, content: bytes = b"%PDF") -> httpx.Response:
    return office.http.put(
        f"{BASE}/Invoices/{key}/Attachments/{name}",
        content=content,
        headers={"Content-Type": "application/pdf"},
    )


def test_a_file_is_attached_listed_and_read(office: Office):
    bill = approved(office)
    path = f"/Invoices/{bill['InvoiceID']}/Attachments"

    attach(office, bill["InvoiceID"], "claim.pdf")

    [file] = office.get(path)["Attachments"]
    assert (file["FileName"], file["MimeType"], file["ContentLength"]) == (
        "claim.pdf", "application/pdf", 4,
    )  # fmt: skip
    assert office.call("GET", f"{path}/claim.pdf").content == b"%PDF"
    assert bill["HasAttachments"] is True


def test_a_file_of_the_same_name_is_overwritten(office: Office):
    bill = approved(office)

    for content in (b"1", b"22"):
        attach(office, bill["InvoiceID"], "claim.pdf", content)

    [file] = office.xero.attachments[bill["InvoiceID"]]
    assert file["Content"] == b"22"


def test_a_document_holds_ten_files(office: Office):
    bill = approved(office)

    answers = [attach(office, bill["InvoiceID"], f"{n}.pdf").status_code for n in range(11)]

    assert answers == [200] * 10 + [400]


@pytest.mark.parametrize("name", ["a%3Ab.pdf", "a+b.pdf", "a%2Fb.pdf"])
def test_some_characters_are_not_for_file_names(office: Office, name: str):
    assert attach(office, approved(office)["InvoiceID"], name).status_code == 400


def test_a_file_has_ten_megabytes_at_most(office: Office):
    big = b"x" * (10 * 1024 * 1024 + 1)

    assert attach(office, approved(office)["InvoiceID"], "big.pdf", big).status_code == 400


@pytest.mark.parametrize(("bumps", "moved"), [(False, False), (True, True)])
def test_an_attachment_may_move_the_document_s_date(office: Office, bumps: bool, moved: bool):
    office.xero.switches["attachment_bumps"] = bumps
    bill = approved(office)
    before = bill["UpdatedDateUTC"]
    office.clock.advance(60)

    attach(office, bill["InvoiceID"], "claim.pdf")

    assert (bill["UpdatedDateUTC"] != before) is moved


def test_notes_pile_up_under_another_name(office: Office):
    path = f"/Invoices/{approved(office)['InvoiceID']}/History"
    note = {"HistoryRecords": [{"Details": "Sent from Procore"}]}

    for _ in range(2):
        assert office.call("PUT", path, note).status_code == 200

    records = office.get(path)["HistoryRecords"]
    assert [record["User"] for record in records] == ["System Generated"] * 2


def test_a_note_has_2500_characters_at_most(office: Office):
    path = f"/Invoices/{approved(office)['InvoiceID']}/History"

    response = office.call("PUT", path, {"HistoryRecords": [{"Details": "x" * 2501}]})

    assert response.status_code == 400


def test_a_note_on_nothing_is_refused_in_words(office: Office):
    response = office.call(
        "PUT",
        "/Invoices/11111111-1111-4111-8111-111111111111/History",
        {"HistoryRecords": [{"Details": "x"}]},
    )

    assert office.messages(response) == [
        "The document with the supplied id was not found for this endpoint."
    ]


@pytest.mark.parametrize(("bumps", "moved"), [(False, False), (True, True)])
def test_a_note_may_move_the_document_s_date(office: Office, bumps: bool, moved: bool):
    office.xero.switches["note_bumps"] = bumps
    bill = approved(office)
    before = bill["UpdatedDateUTC"]
    office.clock.advance(60)

    note = {"HistoryRecords": [{"Details": "x"}]}
    office.call("PUT", f"/Invoices/{bill['InvoiceID']}/History", note)

    assert (bill["UpdatedDateUTC"] != before) is moved
