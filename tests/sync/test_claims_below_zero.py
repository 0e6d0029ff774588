"""Claims below zero as credit notes, and claims that bill the scheduled value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.bill_twins import cant_edit
from airflow_provider_procore_xero.sync.entities.bills import expected
from airflow_provider_procore_xero.sync.entities.claims import Bill
from airflow_provider_procore_xero.sync.entities.credit_notes import (
    credit_number,
    is_ours,
    to_credit_note,
)
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.plan import Create
from tests.sync.records import a_claim, an_item, around_claims, codes, judged, settings

CREDIT = settings(bills={"negative": "credit_note", "status": "AUTHORISED"})
WHOLE = settings(bills={"amount_source": "scheduled_value"})


def note_of(claim: dict[str, Any]) -> dict[str, Any]:
    change = judged(ENTITY, claim, around_claims(chosen=CREDIT))
    assert isinstance(change, Create), codes(change)
    return dict(change.desired.payload)


def test_E5_a_claim_below_zero_is_a_draft_supplier_credit_note_of_positive_amounts() -> None:
    note = note_of(a_claim(an_item("-1000.00"), an_item("250.00", id=2)))

    assert (note["Type"], note["Status"]) == ("ACCPAYCREDIT", "DRAFT")
    assert [x["Quantity"] * x["UnitAmount"] for x in note["LineItems"]] == [1000, -250]
    assert expected(note)["SubTotal"] == "750.00"
    assert not {"Url", "InvoiceNumber", "DueDate"} & note.keys()


def test_E5_a_claim_of_mixed_signs_above_zero_is_a_bill() -> None:
    assert note_of(a_claim(an_item("-10.00"), an_item("250.00", id=2)))["Type"] == "ACCPAY"


def test_E5_units_taken_back_keep_their_price() -> None:
    bill: dict[str, Any] = {
        "Contact": {}, "Date": "2026-05-31", "LineAmountTypes": "Exclusive", "CurrencyCode": "NZD",
        "InvoiceNumber": "SC-1",
        "LineItems": [{"Quantity": Decimal("-4"), "UnitAmount": Decimal("12.50")}],
    }  # fmt: skip

    (line,) = to_credit_note(bill, 7)["LineItems"]

    assert line == {"Quantity": Decimal("4"), "UnitAmount": Decimal("12.50")}


@example("SC-001" * 50, 7)
@given(st.text(max_size=400), st.integers(min_value=1, max_value=10**18))
def test_E5_a_credit_notes_number_fits_and_ends_in_the_claims_id(number: str, claim: int) -> None:
    given_number = credit_number(number, claim)

    assert len(given_number) <= 255
    assert given_number.endswith(f"-CR-{claim}")
    assert is_ours(given_number)


@pytest.mark.parametrize(("left", "held"), [("100.00", False), ("40.00", True)])
def test_E35_a_credit_note_that_was_used_is_not_written_to(left: str, held: bool) -> None:
    note = Bill.read(
        {
            "CreditNoteID": "n1",
            "CreditNoteNumber": "SC-001-CR-7",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": "c1"},
            "Date": "/Date(1780185600000+0000)/",
            "SubTotal": Decimal("100.00"),
            "Total": Decimal("100.00"),
            "RemainingCredit": Decimal(left),
        }
    )

    assert (cant_edit(note) is not None) == held


def test_C7_the_first_claim_bills_all_of_the_scheduled_value() -> None:
    claim = a_claim(an_item("10.00", retained="1.00"), number=1)

    change = judged(ENTITY, claim, around_claims(chosen=WHOLE))

    assert isinstance(change, Create)
    amounts = [x["Quantity"] * x["UnitAmount"] for x in change.desired.payload["LineItems"]]
    assert amounts == [Decimal("310000.00"), Decimal("-1.00")]
    assert change.desired.data["net"] == "309999.00"


def test_C7_a_later_claim_does_not_bill_it_again() -> None:
    assert codes(judged(ENTITY, a_claim(), around_claims(chosen=WHOLE))) == (
        "SCHEDULED_VALUE_ONCE",
    )


def test_C7_a_header_that_disagrees_with_its_period_still_holds_the_claim() -> None:
    claim = a_claim(due="11.00", number=1)

    assert codes(judged(ENTITY, claim, around_claims(chosen=WHOLE))) == ("AMOUNTS_DISAGREE",)
