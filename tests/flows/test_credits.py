"""Prepayments, overpayments and credit notes that are set against our bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.flows.contractor import Contractor, Record
from tests.flows.office import SETTINGS, Office

COUNTED: dict[str, Any] = {**SETTINGS, "payments": {"prepayments": "count"}}


@pytest.fixture
def bill(office: Office, people: Contractor) -> Record:
    """Return the approved bill of one claim: 1,425.00 and 213.75 of tax."""
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    people.xero.approve_bill(bill["InvoiceID"])
    return bill


def advance(people: Contractor, bill: Record, amount: str, kind: str = "Prepayment") -> Record:
    """Have paid *amount* in advance, and set it against the bill; return the credit."""
    add = people.xero.add_prepayment if kind == "Prepayment" else people.xero.add_overpayment
    credit = add(bill["Contact"]["ContactID"], amount)
    people.xero.allocate_credit(credit[f"{kind}ID"], bill["InvoiceID"], amount)
    return credit


def amounts(people: Contractor) -> list[Decimal]:
    return sorted(payment["amount"] for payment in people.payments)


@pytest.mark.parametrize("kind", ["Prepayment", "Overpayment"])
def test_E11_an_advance_is_explained_with_amount_and_link_and_is_no_payment(
    office: Office, people: Contractor, bill: Record, kind: str
) -> None:
    advance(people, bill, "163.88", kind)

    result = office.night()["payments"]

    (outcome,) = office.outcomes(result)
    (reason,) = outcome.reasons
    assert (outcome.what, reason.code, reason.waits) == ("held", "CREDIT_APPLIED", True)
    assert f"{kind} of 163.88" in reason.sentence
    assert bill["InvoiceID"] in outcome.xero_url
    assert people.payments == []


@pytest.mark.parametrize("kind", ["Prepayment", "Overpayment"])
def test_E11_with_count_an_advance_is_one_payment_issued_without_tax(
    office: Office, people: Contractor, bill: Record, kind: str
) -> None:
    office.settings = COUNTED
    advance(people, bill, "819.37", kind)
    people.pay(bill, "819.38")

    office.night()
    again = office.night(full=True)["payments"]

    assert sum(amounts(people)) == Decimal("1425.00")
    assert sorted(p["notes"] for p in people.payments) == ["", kind]
    assert len({p["origin_id"] for p in people.payments}) == 2
    assert all(len(p["origin_id"]) == 36 for p in people.payments)
    assert (again["created"], again["updated"], again["held"]) == (0, 0, 0)


def test_E11_one_advance_over_two_bills_is_a_payment_on_each(
    office: Office, people: Contractor, bill: Record
) -> None:
    office.settings = COUNTED
    other = people.claim(next(iter(people.procore.commitments.values())), "100.00")
    office.night()
    second = people.bill_of(other)
    people.xero.approve_bill(second["InvoiceID"])
    credit = people.xero.add_prepayment(bill["Contact"]["ContactID"], "224.25")
    people.xero.allocate_credit(credit["PrepaymentID"], bill["InvoiceID"], "115.00")
    people.xero.allocate_credit(credit["PrepaymentID"], second["InvoiceID"], "109.25")

    office.night()

    assert amounts(people) == [Decimal("95.00"), Decimal("100.00")]


def test_E11_an_advance_that_is_taken_off_the_bill_is_taken_off_in_procore(
    office: Office, people: Contractor, bill: Record
) -> None:
    office.settings = COUNTED
    credit = advance(people, bill, "115.00")
    office.night()
    people.xero.unallocate(credit, credit["Allocations"][0])

    result = office.night()["payments"]

    assert people.payments == []
    assert [o.what for o in office.outcomes(result)] == ["removed"]


def test_E11_what_is_explained_is_no_issue_any_more_once_it_is_taken_off(
    office: Office, people: Contractor, bill: Record
) -> None:
    credit = advance(people, bill, "115.00")
    office.night()
    said = office.issue_codes()
    people.xero.unallocate(credit, credit["Allocations"][0])

    office.night()

    assert (said, office.issue_codes()) == (["CREDIT_APPLIED"], [])


def test_E11_switched_to_count_what_was_explained_becomes_a_payment(
    office: Office, people: Contractor, bill: Record
) -> None:
    advance(people, bill, "115.00")
    office.night()

    office.night(settings=COUNTED)

    assert amounts(people) == [Decimal("100.00")]
    assert office.issue_codes() == []


@pytest.mark.parametrize("choice", ["explain", "count"])
def test_E7_a_credit_note_is_never_a_payment_and_always_explained(
    office: Office, people: Contractor, bill: Record, choice: str
) -> None:
    line = {"Description": "Back-charge", "UnitAmount": "115.00", "AccountCode": "310",
            "TaxType": "NONE"}  # fmt: skip
    note = people.xero.add_credit_note(bill["Contact"]["ContactID"], [line], number="CR-7")
    people.xero.allocate_credit(note["CreditNoteID"], bill["InvoiceID"], "115.00")
    people.pay(bill, str(bill["AmountDue"]))

    result = office.night(settings={**SETTINGS, "payments": {"prepayments": choice}})["payments"]

    assert office.reasons(result) == {"CREDIT_APPLIED": 1}
    assert amounts(people) == [Decimal("1325.00")]


def test_E11_a_lost_ledger_makes_no_second_payment_of_an_advance(
    office: Office, people: Contractor, bill: Record
) -> None:
    office.settings = COUNTED
    advance(people, bill, "115.00")
    office.night()
    office.new_ledger()

    office.night()

    assert amounts(people) == [Decimal("100.00")]
