"""A claim below zero becomes a supplier credit note, where ``bills.negative`` says so.

It is a draft, set against no bill: which bill it reduces is the bookkeeper's to decide. Xero keeps
no ``Url`` for credit notes, and their numbers are not unique, so what tells a claim's credit note
apart is its number, which ends in the claim's id.
https://developer.xero.com/documentation/api/accounting/creditnotes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_procore_xero.sync.plan import Change, Create, Reason, Update
from airflow_provider_procore_xero.sync.text import cut

NUMBER_LENGTH = 255
_OURS = re.compile(r"-CR-(\d+)$")
_SHARED = ("Contact", "Date", "LineAmountTypes", "CurrencyCode")


def to_credit_note(bill: Mapping[str, Any], claim_id: int) -> dict[str, Any]:
    """Return the credit note that stands for *bill*, whose lines come to less than nothing.

    A credit note's amounts are positive; its type makes it a credit.
    """
    return {
        "Type": "ACCPAYCREDIT",
        "CreditNoteNumber": credit_number(bill["InvoiceNumber"], claim_id),
        **{name: bill[name] for name in _SHARED},
        "Status": "DRAFT",
        "LineItems": [_turned(line) for line in bill["LineItems"]],
    }


def credit_number(number: str, claim_id: int) -> str:
    """Return the number of a claim's credit note: ``SC-001-CR-4711``."""
    mark = _mark(claim_id)
    return cut(number, NUMBER_LENGTH - len(mark)) + mark


def is_note_of(number: str, claim_id: int) -> bool:
    """Whether a number is that of a claim's credit note, whatever it is called before its end."""
    return number.endswith(_mark(claim_id))


def _mark(claim_id: int) -> str:
    return f"-CR-{claim_id}"


def is_credit_note(document: Mapping[str, Any]) -> bool:
    """Whether a payload, or a record of Xero, is a credit note."""
    return "CreditNoteNumber" in document or "CreditNoteID" in document


def document_kind(change: Change) -> str:
    """Return what a change writes: Xero takes bills and credit notes by different calls."""
    payload = change.desired.payload if isinstance(change, Create | Update) else {}
    return "credit note" if is_credit_note(payload) else "bill"


def is_ours(number: str) -> bool:
    """Whether a credit note's number looks like those we give."""
    return bool(_OURS.search(number))


def claim_in(record: Mapping[str, Any]) -> str:
    """Return the id of the claim that a credit note's number may end in, or an empty text.

    A supplier's ``TW-CR-1001`` looks like ours, so whoever asks must know the claim besides.
    """
    found = _OURS.search(str(record.get("CreditNoteNumber") or ""))
    return found[1] if found else ""


def marker(payload: Mapping[str, Any]) -> str:
    """Return what tells a claim's document apart in Xero: a bill's address, or a note's number."""
    return str(payload["CreditNoteNumber"] if is_credit_note(payload) else payload["Url"])


def turned(number: str, *, now_credit: bool) -> Reason:
    """Return why a claim whose sign changed can't change its document."""
    was, now = ("bill", "below zero") if now_credit else ("credit note", "not below zero any more")
    return Reason(
        code="SIGN_CHANGED",
        sentence=f"The claim of {was} {number} is {now}; one can't become the other.",
        fix=f"Void the {was} in Xero and unlink the claim, so that it is sent anew.",
    )


def _turned(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return *line* with the opposite amount, and a quantity above zero where it can be."""
    name = "Quantity" if line["Quantity"] < 0 else "UnitAmount"
    return {**line, name: -line[name]}
