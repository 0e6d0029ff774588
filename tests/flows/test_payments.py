"""Bill payments → commitment payments issued, as both systems see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.simulator.xero.state import moment_text
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import SETTINGS, Office


@pytest.fixture
def bill(office: Office, people: Contractor) -> Record:
    """Return the bill of one claim: 1,425.00 and 213.75 of tax."""
    claim = people.one_claim()
    office.night()
    return people.bill_of(claim)


def amounts(people: Contractor) -> list[Decimal]:
    return [payment["amount"] for payment in people.payments]


def test_R52_R106_R107_an_approved_payment_comes_once_to_the_right_commitment(
    office: Office, people: Contractor, bill: Record
) -> None:
    payment = people.pay(bill, "1638.75", reference="EFT 77")

    office.night()
    office.night()

    (issued,) = people.payments
    commitment = next(iter(people.procore.commitments.values()))
    assert issued["contract_id"] == commitment["id"]
    assert (issued["amount"], issued["date"]) == (Decimal("1425.00"), recently(1))
    assert (issued["invoice_number"], issued["notes"]) == ("INV-001", "EFT 77")
    assert issued["origin_id"] == payment["PaymentID"]


def test_R105_nothing_of_a_payment_goes_to_xero(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "100.00")
    people.procore.add_contract_payment(
        contract_id=next(iter(people.procore.commitments)), amount="55.00"
    )
    office.forget_calls()

    office.night()

    assert not office.writes("xero")
    assert len(office.writes("procore")) == 1


def test_R108_what_people_enter_on_a_payment_is_never_sent(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "100.00")

    office.night()

    (call,) = office.writes("procore")[-1:]
    for field in (b"payment_number", b"payment_method", b"check_number", b"requisition_id"):
        assert field not in call.body


def test_C13_R61_payments_come_without_tax_and_the_last_one_takes_the_cent(
    office: Office, people: Contractor, bill: Record
) -> None:
    for amount in ("546.25", "546.25", "546.25"):
        people.pay(bill, amount)
        office.night(flows=("subcontractor_invoices", "payments"))

    assert amounts(people) == [Decimal("475.00")] * 3
    assert sum(amounts(people)) == bill["SubTotal"]


def test_E8_part_payments_never_pass_the_net_claim(
    office: Office, people: Contractor, bill: Record
) -> None:
    for amount in ("0.11", "333.33", "333.34", "971.97"):
        people.pay(bill, amount)

    office.night(flows=("subcontractor_invoices", "payments"))

    assert len(people.payments) == 4
    assert sum(amounts(people)) == Decimal("1425.00")


def billed_more(people: Contractor, bill: Record) -> None:
    """Have somebody add 1,000.00 to the first line of a bill."""
    fields = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "Tracking")
    lines = [{f: line[f] for f in fields if f in line} for line in bill["LineItems"]]
    lines[0]["UnitAmount"] += Decimal("1000.00")
    people.xero.edit_bill(bill["InvoiceID"], lines)


def test_E8_what_is_paid_beyond_the_claim_is_an_issue_and_no_payment_issued(
    office: Office, people: Contractor, bill: Record
) -> None:
    billed_more(people, bill)
    people.pay(bill, str(bill["Total"]))

    result = office.night()["payments"]

    (issue,) = [i for i in office.ledger.issues("payments") if i.source_id]
    assert office.reasons(result) == {"PAYMENT_EXCEEDS_CLAIM": 1}
    assert "come to 2,425.00, and 1,425.00 was claimed" in issue.sentence
    assert people.payments == []


def test_E8_E9_a_payment_that_is_deleted_makes_room_for_the_one_that_waited(
    office: Office, people: Contractor, bill: Record
) -> None:
    billed_more(people, bill)
    first = people.pay(bill, "1150.00")
    second = people.pay(bill, "1150.00")
    third = people.pay(bill, "488.75")
    office.night()
    fitting = {payment["origin_id"] for payment in people.payments}

    (gone,) = fitting & {first["PaymentID"], second["PaymentID"]}
    people.xero.delete_payment(gone)
    office.night()

    assert fitting == {gone, third["PaymentID"]}
    assert sorted(amounts(people)) == [Decimal("425.00"), Decimal("1000.00")]
    assert [c for c in office.issue_codes() if c.startswith("PAYMENT")] == []


def test_E8_E9_what_was_paid_beyond_the_claim_is_forgotten_once_it_is_deleted(
    office: Office, people: Contractor, bill: Record
) -> None:
    billed_more(people, bill)
    payment = people.pay(bill, str(bill["Total"]))
    office.night()
    people.xero.delete_payment(payment["PaymentID"])

    office.night()

    assert office.ledger.issues("payments") == []


def test_a_sign_in_that_is_lost_is_no_refusal_of_a_payment(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "115.00")
    office.simulator.faults.arm(
        "status", side="procore", method="POST", path="*/contract_payments", status=401, times=9
    )
    with pytest.raises(AirflowFailException):
        office.run("payments")
    office.simulator.faults.clear()
    issues = office.issue_codes("payments")

    office.run("payments")

    assert issues == []
    assert amounts(people) == [Decimal("100.00")]


def test_a_payment_comes_though_its_bill_does_not_look_changed(
    office: Office, people: Contractor, bill: Record
) -> None:
    office.run("payments")
    people.pay(bill, "115.00")
    bill["UpdatedDateUTC"] = moment_text(datetime.now(UTC) - timedelta(days=1))

    office.run("payments")

    assert amounts(people) == [Decimal("100.00")]


def test_a_plan_forgets_nothing_of_a_payment_that_waited(
    office: Office, people: Contractor, bill: Record
) -> None:
    billed_more(people, bill)
    payment = people.pay(bill, str(bill["Total"]))
    office.night()
    people.xero.delete_payment(payment["PaymentID"])

    office.run("payments", "plan")

    assert office.issue_codes("payments") == ["PAYMENT_EXCEEDS_CLAIM"]
    assert [piece for piece, _ in office.ledger.shelf("payments")] == [payment["PaymentID"]]


@pytest.mark.parametrize("keeps", ["refused", "edited"])
def test_E8_E9_as_long_as_procore_keeps_the_deleted_one_the_other_waits(
    office: Office, people: Contractor, bill: Record, keeps: str
) -> None:
    first = people.pay(bill, "1638.75")
    office.night()
    people.xero.delete_payment(first["PaymentID"])
    people.pay(bill, "1638.75")
    if keeps == "refused":
        office.simulator.faults.arm(
            "status", side="procore", method="DELETE", status=422, body={"errors": "Not now"}
        )
    else:
        people.payments[0]["date"] = recently(3)

    office.night()
    kept = [payment["origin_id"] for payment in people.payments]
    people.procore.contract_payments.clear()
    office.night(full=True)

    assert len(kept) == 1
    assert amounts(people) == [Decimal("1425.00")]


def test_E60_a_payment_that_was_entered_by_hand_before_the_first_run_is_not_doubled(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes", "subcontractor_invoices"))
    people.pay(people.bill_of(claim), "1638.75")
    by_hand = people.procore.add_contract_payment(
        contract_id=claim["commitment_id"],
        amount="1425.00",
        date=recently(1),
        invoice_number="INV-001",
    )

    first, second = office.run("payments"), office.run("payments")
    (issue,) = office.ledger.issues("payments")
    kept = [payment["id"] for payment in people.payments]
    del people.procore.contract_payments[by_hand["id"]]
    office.run("payments")

    for result in (first, second):
        assert office.reasons(result) == {"PAYMENT_LIKELY_THERE": 1}
    assert str(by_hand["id"]) in issue.sentence
    assert kept == [by_hand["id"]]
    assert [bool(payment["origin_id"]) for payment in people.payments] == [True]
    assert office.ledger.issues("payments") == []


def test_C13_gross_payments_come_as_they_were_paid(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "115.00")

    office.night(settings={**SETTINGS, "payments": {"amount": "gross"}})

    assert amounts(people) == [Decimal("115.00")]


def test_payments_that_are_switched_off_do_not_come(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "115.00")

    office.night(settings={**SETTINGS, "payments": {"enabled": False}})

    assert people.payments == []


def test_E9_a_payment_deleted_in_xero_is_removed_in_procore(
    office: Office, people: Contractor, bill: Record
) -> None:
    first, _ = people.pay(bill, "115.00"), people.pay(bill, "230.00")
    office.night()
    people.xero.delete_payment(first["PaymentID"])

    result = office.night()["payments"]

    assert amounts(people) == [Decimal("200.00")]
    assert [o.what for o in office.outcomes(result)] == ["removed"]
    assert office.night()["payments"]["updated"] == 0


def test_E9_a_removal_that_procore_refuses_is_an_issue_with_both_ids_and_tried_again(
    office: Office, people: Contractor, bill: Record
) -> None:
    payment = people.pay(bill, "115.00")
    office.night()
    (issued,) = people.payments
    people.xero.delete_payment(payment["PaymentID"])
    office.simulator.faults.arm(
        "status", side="procore", method="DELETE", status=422, body={"errors": "Not now"}
    )

    office.night()
    (issue,) = office.ledger.issues("payments")
    left = amounts(people)
    office.night()

    assert (issue.code, issue.source_id) == ("REFUSED", payment["PaymentID"])
    assert str(issued["id"]) in issue.fix
    assert left == [Decimal("100.00")]
    assert amounts(people) == []
    assert office.issue_codes() == []


def test_E10_a_batch_payment_over_two_bills_is_one_payment_each(
    office: Office, people: Contractor, bill: Record
) -> None:
    contract = next(iter(people.procore.commitments.values()))
    other = people.claim(contract, "100.00")
    office.night()
    first = people.pay(bill, "115.00", batch="Friday run")
    second = people.pay(people.bill_of(other), "109.25", batch="Friday run")

    office.night()

    assert sorted(amounts(people)) == [Decimal("95.00"), Decimal("100.00")]
    batches = {link.data["batch_id"] for link in office.ledger.links("payment")}
    assert len(batches) == 1
    assert batches != {""}
    assert {link.xero_id for link in office.ledger.links("payment")} == {
        first["PaymentID"],
        second["PaymentID"],
    }


def test_a_payment_of_a_bill_that_is_not_ours_is_nobodys_business(
    office: Office, people: Contractor, bill: Record
) -> None:
    contact = people.contact("Paper and Pens Ltd", grouped=False)
    line = {"Description": "Paper", "Quantity": "1", "UnitAmount": "10.00", "AccountCode": "429"}
    other = people.xero.add_bill(contact["ContactID"], [line], status="AUTHORISED")
    people.xero.pay_bill(other["InvoiceID"], "5.00", recently(1))

    result = office.night()["payments"]

    assert result["read"] == 0
    assert people.payments == []


def test_only_the_payments_of_one_project(office: Office, people: Contractor, bill: Record) -> None:
    other = people.claim(people.contract(people.project("B-2"), people.pair("Cook Piling Ltd")))
    office.night()
    people.pay(bill, "115.00", reference="A")
    people.pay(people.bill_of(other), "115.00", reference="B")

    result = office.run("payments", project_number="B-2")
    chosen = [payment["notes"] for payment in people.payments]
    office.run("payments")

    assert result["created"] == 1
    assert chosen == ["B"]
    assert sorted(p["notes"] for p in people.payments) == ["A", "B"]


def test_E8_of_a_bill_approved_and_paid_before_its_link_was_known_all_payments_come(
    office: Office, people: Contractor, bill: Record
) -> None:
    people.pay(bill, "115.00")
    office.new_ledger()

    office.night()

    assert amounts(people) == [Decimal("100.00")]


@pytest.mark.parametrize("country", ["AU", "GB", "NZ", "US"])
def test_C28_payments_come_whatever_the_country_of_the_organisation(
    office: Office, people: Contractor, country: str
) -> None:
    people.xero.organisation["CountryCode"] = country
    claim = people.one_claim()
    office.night()
    people.pay(people.bill_of(claim), "115.00")

    office.night()

    assert amounts(people) == [Decimal("100.00")]
