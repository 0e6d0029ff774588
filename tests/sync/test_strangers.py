"""Bills that were entered without us: which of them may be a claim's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities.strangers import Strangers

CONTACT = "c0000000-0000-4000-8000-000000000001"
BILLED_ON = date(2026, 6, 15)


def a_bill(**given: Any) -> dict[str, Any]:
    """Return a bill of 100.00 and 15.00 of tax, with another number and date than the claim's."""
    plain = {
        "InvoiceID": "b1",
        "InvoiceNumber": "X",
        "Status": "PAID",
        "Contact": {"ContactID": CONTACT},
        "DateString": "2025-01-01T00:00:00",
        "SubTotal": Decimal("100.00"),
        "Total": Decimal("115.00"),
    }
    return {**plain, **given}


def found(bill: dict[str, Any], amount: str = "100.00", *, inclusive: bool = False) -> bool:
    """Whether *bill* is found for a claim of *amount*."""
    strangers = Strangers(inclusive=inclusive)
    strangers.add(bill)
    own, shared = "INV-7", "SC-001"
    like = strangers.like(CONTACT, Decimal(amount), own=own, shared=shared, billed_on=BILLED_ON)
    return like is not None


@pytest.mark.parametrize(
    ("bill", "is_likely"),
    [
        ({"InvoiceNumber": " inv-7 "}, True),
        ({"DateString": "2026-06-15T00:00:00"}, True),
        ({"InvoiceNumber": "SC-001", "DateString": "2026-06-30T00:00:00"}, True),
        ({"InvoiceNumber": "SC-001"}, False),
        ({}, False),
        ({"InvoiceNumber": "INV-7", "Status": "VOIDED"}, False),
        ({"InvoiceNumber": "INV-7", "SubTotal": Decimal("100.01")}, False),
        ({"InvoiceNumber": "INV-7", "Contact": {"ContactID": "else"}}, False),
        ({"InvoiceNumber": None, "DateString": "2025-06-15T00:00:00"}, False),
    ],
)
def test_E60_a_bill_is_likely_a_claims_by_contact_amount_and_its_number_or_date(
    bill: dict[str, Any], is_likely: bool
) -> None:
    assert found(a_bill(**bill)) is is_likely


@pytest.mark.parametrize(("inclusive", "amount"), [(False, "100.00"), (True, "115.00")])
def test_E60_where_claims_are_with_tax_it_is_the_bills_total_that_counts(
    inclusive: bool, amount: str
) -> None:
    bill = a_bill(InvoiceNumber="INV-7")

    assert found(bill, amount, inclusive=inclusive)
    assert not found(bill, amount, inclusive=not inclusive)
