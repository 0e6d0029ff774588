"""Batch payments: one bank line for many bills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all
from .documents import check_lock
from .exchange import Answer, ApiCall
from .lines import Notes
from .listing import Listing, listed
from .payments import NO_ACCOUNT, check_amount, payable_account
from .refusals import Invalid, NotFound
from .render import with_twins
from .values import date_of, decimal_of, too_long
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record


def view(xero: Xero, batch: Record, call: ApiCall) -> Record:
    return with_twins(dict(batch), moment=False)


SHAPE = Shape("BatchPayments", "BatchPaymentID", "HasValidationErrors", view)
LISTING = Listing(
    "BatchPayments",
    "BatchPaymentID",
    view,
    Fields(equal=("Type", "Status"), ids=("Account.AccountID",)),
    orders=("Date",),
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, LISTING, xero.batch_payments.values())


def get_one(xero: Xero, call: ApiCall) -> Answer:
    return Answer({"BatchPayments": [view(xero, _batch(xero, call.parts["id"]), call)]})


def _batch(xero: Xero, key: str) -> Record:
    try:
        return xero.batch_payments[key.lower()]
    except KeyError:
        raise NotFound from None


def put(xero: Xero, call: ApiCall) -> Answer:
    if xero.faults.take("null_id", "xero", call.method, call.path):
        lost = [
            {**element, "BatchPaymentID": None,
             "Payments": [{**row, "PaymentID": None} for row in element.get("Payments", [])]}
            for element in call.elements("BatchPayments")
        ]  # fmt: skip
        return Answer({"BatchPayments": lost})
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element))


def post(xero: Xero, call: ApiCall) -> Answer:
    """Deletion by a body that names the batch."""
    element = call.elements("BatchPayments")[0]
    batch = _batch(xero, str(element.get("BatchPaymentID", "")))
    return _deleted(xero, call, batch, element)


def post_one(xero: Xero, call: ApiCall) -> Answer:
    batch = _batch(xero, call.parts["id"])
    return _deleted(xero, call, batch, call.elements("BatchPayments")[0])


def _deleted(xero: Xero, call: ApiCall, batch: Record, element: Record) -> Answer:
    def save(sent: Record) -> Saved:
        key = batch["BatchPaymentID"]
        allowed = xero.switches["delete_batch_payment"] == "allow"
        if sent.get("Status") != "DELETED" or batch["Status"] == "DELETED" or not allowed:
            raise Invalid("The batch payment cannot be updated.", record_id=key)
        if batch["IsReconciled"] and xero.switches["delete_reconciled"] == "refuse":
            raise Invalid("Reconciled batch payments cannot be deleted.", record_id=key)
        notes = Notes()
        check_lock(xero, notes, batch["Date"])
        notes.raise_if_any(key)
        xero.delete_batch(key)
        return Saved(batch)

    return save_all(xero, call, SHAPE, save, elements=[element])


def _create(xero: Xero, sent: Record) -> Saved:
    notes = Notes()
    notes.errors += too_long(sent, {"Reference": 255, "Particulars": 12, "Code": 12})
    account = payable_account(xero, sent.get("Account"))
    if account is None:
        notes.errors.append(NO_ACCOUNT)
    on = date_of(sent["Date"], "Date") if sent.get("Date") else xero.today()
    check_lock(xero, notes, on)
    rows = [_row(xero, row, notes) for row in sent.get("Payments", [])]
    kinds = {bill["Type"] for bill, _, _ in rows if bill is not None}
    if not rows or len(kinds) > 1:
        notes.errors.append("A batch payment pays bills only, or sales invoices only.")
    notes.raise_if_any(None)
    assert account is not None
    batch = xero.batch_of(xero.new_id(), on, account)
    batch |= {"Reference": str(sent.get("Reference", ""))}
    batch["Type"] = "PAYBATCH" if kinds == {"ACCPAY"} else "RECBATCH"
    for bill, amount, reference in rows:
        assert bill is not None
        payment = xero.record_payment(
            bill, "Invoice", amount=amount, on=on, account=account, reference=reference,
            batch=batch,
        )  # fmt: skip
        xero.add_to_batch(batch, payment)
    return Saved(batch)


def _row(xero: Xero, row: Record, notes: Notes) -> tuple[Record | None, Decimal, str]:
    notes.errors += too_long(row, {"Reference": 12, "Particulars": 12, "Code": 12, "Details": 18})
    amount = decimal_of(row.get("Amount", 0), "Amount")
    bill = xero.invoices.get(str(row.get("Invoice", {}).get("InvoiceID", "")).lower())
    if bill is None:
        notes.errors.append("An existing Invoice with the specified InvoiceID could not be found")
    else:
        check_amount(bill, amount, notes)
        if bill["CurrencyCode"] != xero.organisation["BaseCurrency"]:
            notes.errors.append("Batch payments are in the base currency only.")
    return bill, amount, str(row.get("Reference", ""))
