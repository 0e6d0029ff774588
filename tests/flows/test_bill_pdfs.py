"""A claim's PDFs on its bill, as both systems see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
import time_machine

from tests.flows.contractor import Contractor, Record
from tests.flows.office import SETTINGS, Office
from tests.flows.power import Mains, PowerCut

WITH_PDFS: dict[str, Any] = {**SETTINGS, "bills": {**SETTINGS["bills"], "attach_pdf": True}}


@pytest.fixture
def claim(office: Office, people: Contractor) -> Record:
    """Return an approved claim with one PDF, and have the office attach PDFs."""
    office.settings = WITH_PDFS
    claim = people.one_claim()
    people.procore.attach_file(claim["id"], "INV 001 (signed).pdf")
    return claim


def files(people: Contractor, claim: Record) -> list[str]:
    bill = people.bill_of(claim)
    return [file["FileName"] for file in people.xero.attachments.get(bill["InvoiceID"], [])]


def attachment_calls(office: Office, method: str) -> int:
    calls = office.simulator.calls.of("xero", method)
    return sum("/Attachments" in call.path for call in calls)


def test_R98_a_claim_s_pdf_hangs_on_its_bill(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.night()

    (name,) = files(people, claim)
    (file,) = people.xero.attachments[people.bill_of(claim)["InvoiceID"]]
    assert name == f"INV-001-signed-{claim['attachments'][0]['id']}.pdf"
    assert (file["Content"], file["MimeType"]) == (b"%PDF-1.7 a claim", "application/pdf")
    assert office.issue_codes() == []


def test_a_pdf_costs_one_call_to_xero_and_is_never_sent_again(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.night()
    assert (attachment_calls(office, "PUT"), attachment_calls(office, "GET")) == (1, 0)

    office.forget_calls()
    office.night()
    office.night(full=True)

    assert (attachment_calls(office, "PUT"), attachment_calls(office, "GET")) == (0, 0)
    assert not any(path.startswith("/files/") for path in office.reads("procore"))


def test_without_the_setting_no_file_is_read_or_sent(office: Office, people: Contractor) -> None:
    claim = people.one_claim()
    people.procore.attach_file(claim["id"], "claim.pdf")

    office.night()

    assert files(people, claim) == []
    assert not any(path.startswith("/files/") for path in office.reads("procore"))


def test_bills_that_were_sent_before_the_setting_are_left_as_they_are(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    people.procore.attach_file(claim["id"], "claim.pdf")
    office.night()

    office.night(settings=WITH_PDFS)

    assert files(people, claim) == []


def test_plan_mode_attaches_nothing_and_puts_nothing_down(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.night("plan")

    assert attachment_calls(office, "PUT") == 0
    assert list(office.ledger.shelf("claim_pdfs")) == []


def test_nor_does_it_attach_what_was_put_down_before(
    office: Office, people: Contractor, claim: Record
) -> None:
    refuse(office)
    office.night()
    office.forget_calls()

    office.night("plan")

    assert attachment_calls(office, "PUT") == 0
    assert len(list(office.ledger.shelf("claim_pdfs"))) == 1


def test_the_address_of_a_file_is_kept_nowhere(office: Office, people: Contractor) -> None:
    office.settings = WITH_PDFS
    claim = people.claim(people.contract(people.project("A-1"), people.vendor("Terra Works Ltd")))
    people.procore.attach_file(claim["id"], "claim.pdf")

    office.night()

    ((_, raw),) = office.ledger.shelf("subcontractor_invoices")
    assert [set(file) for file in raw["attachments"]] == [{"id", "filename", "content_type"}]


def test_only_pdfs_are_attached_and_two_of_one_name_are_two(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.procore.attach_file(claim["id"], "photo.jpg")
    people.procore.attach_file(claim["id"], "INV 001 (signed).pdf", b"%PDF another")

    office.night()

    assert len(set(files(people, claim))) == 2
    assert all(name.endswith(".pdf") for name in files(people, claim))


def test_a_pdf_that_is_added_later_follows(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.night()
    people.procore.attach_file(claim["id"], "waiver.pdf")
    office.forget_calls()

    result = office.night()["subcontractor_invoices"]

    assert len(files(people, claim)) == 2
    assert attachment_calls(office, "PUT") == 1
    assert (result["created"], result["updated"]) == (0, 0)
    assert len(people.bills) == 1


def test_a_file_that_xero_refuses_leaves_the_bill_is_an_issue_and_is_tried_again(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.simulator.faults.arm(
        "status", side="xero", method="PUT", path="*/Attachments/*", status=400,
        body={"ErrorNumber": 10, "Type": "ValidationException", "Message": "Not now"},
    )  # fmt: skip

    result = office.night()["subcontractor_invoices"]
    (issue,) = office.ledger.issues("subcontractor_invoices")

    assert (result["created"], result["refused"], len(people.bills)) == (1, 0, 1)
    assert issue.code == "PDF_NOT_ATTACHED"
    assert "INV 001 (signed).pdf" in issue.sentence

    office.simulator.clock.advance(2 * 3600)  # the first address is no good any more
    office.night()

    assert len(files(people, claim)) == 1
    assert office.issue_codes() == []
    assert len(people.bills) == 1


def later(office: Office) -> None:
    """Let an hour pass in both systems."""
    office.simulator.clock.advance(3600)


def refuse(office: Office, times: int = 1) -> None:
    office.simulator.faults.arm(
        "status", side="xero", method="PUT", path="*/Attachments/*", status=400, times=times,
        body={"ErrorNumber": 10, "Type": "ValidationException", "Message": "Not now"},
    )  # fmt: skip


def test_a_file_follows_though_its_bill_was_edited_by_hand_meanwhile(
    office: Office, people: Contractor, claim: Record
) -> None:
    refuse(office, times=2)
    office.night()
    later(office)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        office.night()
    later(office)
    bill = people.bill_of(claim)
    bill["InvoiceNumber"] = "Typed over"
    people.xero.stamp(bill)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        office.night()  # the claim itself is long known: it is read for its bill's sake

    assert len(files(people, claim)) == 1
    assert office.issue_codes() == ["BILL_EDITED"]


def test_a_file_of_a_project_that_is_hidden_for_now_waits_for_it(
    office: Office, people: Contractor, claim: Record
) -> None:
    refuse(office)
    office.night()
    people.procore.permitted_projects.clear()
    hidden = office.night()["subcontractor_invoices"]
    waiting = [claim_id for claim_id, _ in office.ledger.shelf("claim_pdfs")]
    people.procore.permitted_projects.add(claim["project_id"])

    office.night()

    assert hidden["read"] == 0
    assert waiting == [str(claim["id"])]
    assert len(files(people, claim)) == 1


def test_a_file_of_a_claim_that_was_deleted_is_nobodys_business_any_more(
    office: Office, people: Contractor, claim: Record
) -> None:
    refuse(office)
    office.night()
    people.procore.delete_requisition(claim["id"])

    office.night()

    assert list(office.ledger.shelf("claim_pdfs")) == []
    assert office.issue_codes() == []


def test_a_file_that_procore_does_not_give_is_an_issue(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.procore.files.clear()

    office.night()

    assert office.issue_codes() == ["PDF_NOT_ATTACHED"]
    assert len(people.bills) == 1


def test_what_is_no_pdf_and_what_is_too_large_is_not_sent(
    office: Office, people: Contractor, claim: Record
) -> None:
    people.procore.files[claim["attachments"][0]["id"]] = b"<html>Sign in</html>"
    people.procore.attach_file(claim["id"], "big.pdf", b"%PDF" + b"x" * 10 * 1024 * 1024)

    office.night()

    sentences = " ".join(issue.sentence for issue in office.ledger.issues())
    assert files(people, claim) == []
    assert "is no PDF" in sentences
    assert "larger than 10 MB" in sentences


def test_a_bill_holds_ten_files_and_the_rest_is_named(
    office: Office, people: Contractor, claim: Record
) -> None:
    for number in range(2, 13):
        people.procore.attach_file(claim["id"], f"page {number}.pdf")

    office.night()

    (issue,) = office.ledger.issues()
    assert len(files(people, claim)) == 10
    assert issue.code == "PDF_TOO_MANY"
    assert "page 11.pdf, page 12.pdf" in issue.sentence


def test_a_sign_in_that_may_not_attach_is_told_once_and_bills_go_on(
    office: Office, people: Contractor, claim: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    other = people.claim(contract, "100.00")
    people.procore.attach_file(other["id"], "other.pdf")
    without = "accounting.settings accounting.contacts accounting.invoices accounting.payments.read"
    office.connect(xero={"extra": {
        "tenant_id": "c3d50000-0000-4000-8000-00000000cafe",
        "identity_host": office.url, "web_host": office.url, "scopes": without,
    }})  # fmt: skip

    office.night(flows=("projects", "contacts", "cost_codes", "subcontractor_invoices"))

    assert len(people.bills) == 2
    assert office.issue_codes() == ["PDF_NOT_ATTACHED", "PDF_NOT_ATTACHED"]
    assert attachment_calls(office, "PUT") == 1
    assert "accounting.attachments" in office.ledger.issues()[0].sentence


@pytest.mark.parametrize("mode", ["signed", "api"])
def test_either_way_that_procore_may_hand_out_files(
    office: Office, people: Contractor, claim: Record, mode: str
) -> None:
    office.simulator.set_switches(file_urls=mode)

    office.night()

    assert len(files(people, claim)) == 1


@pytest.mark.parametrize("what", ["request", "commit"])
def test_E52_a_power_cut_anywhere_leaves_one_bill_with_one_file(
    office: Office,
    people: Contractor,
    claim: Record,
    monkeypatch: pytest.MonkeyPatch,
    what: Literal["request", "commit"],
) -> None:
    mains = Mains(monkeypatch)
    office.night(flows=("projects", "contacts", "cost_codes"))
    kept = office.keep()
    mains.restore()
    office.run("subcontractor_invoices")
    numbers = mains.requests if what == "request" else mains.commits

    for number in range(1, numbers + 1):
        office.back_to(kept)
        mains.cut(what, number, "after" if what == "request" else "before")
        with pytest.raises(PowerCut):
            office.run("subcontractor_invoices")
        mains.restore()
        office.night()

        assert (len(people.bills), len(files(people, claim))) == (1, 1), number
        assert list(office.ledger.shelf("claim_pdfs")) == [], number
    assert numbers > 1
