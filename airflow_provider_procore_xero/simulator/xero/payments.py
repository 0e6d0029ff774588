"""Payments: guarded by what is due, never changed, deleted by status and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all
from .documents import check_lock
from .exchange import Answer, ApiCall
from .lines import Notes
from .listing import Listing, listed
from .parties import short
from .refusals import Invalid, NotFound
from .values import date_of, decimal_of
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
NO_ACCOUNT = "Account could not be found"


def view(xero: Xero, payment: Record, call: ApiCall) -> Record:
    seen = dict(payment)
    for name in xero.payable():
        if name in payment:
            seen[name] = _target_view(xero, xero.target_of(payment), name, call)
    if batch := xero.batch_payments.get(payment.get("BatchPaymentID", "")):
        seen["BatchPayment"] = {
            name: batch[name]
            for name in ("Account", "BatchPaymentID", "Date", "Type", "Status", "TotalAmount",
                         "UpdatedDateUTC", "IsReconciled")
        }  # fmt: skip
    seen["HasValidationErrors"] = False
    seen["UpdatedDateUTCString"] = seen["UpdatedDateUTC"]
    return seen


def _target_view(xero: Xero, target: Record, name: str, call: ApiCall) -> Record:
    seen = {
        "Type": target["Type"],
        f"{name}ID": target[f"{name}ID"],
        "CurrencyCode": target["CurrencyCode"],
    }
    for number in ("InvoiceNumber", "CreditNoteNumber"):
        if number in target:
            seen[number] = target[number]
    if call.parts.get("id") is None and "page" not in call.query and call.method == "GET":
        return {key: value for key, value in seen.items() if key.endswith(("ID", "Number"))}
    return {**seen, "Contact": short(xero, target["Contact"]["ContactID"]), "IsDiscounted": False}


SHAPE = Shape("Payments", "PaymentID", "HasValidationErrors", view)
LISTING = Listing(
    "Payments",
    "PaymentID",
    view,
    Fields(
        equal=("PaymentType", "Status", "Reference"),
        ranged=("Date",),
        ids=("PaymentID", "Invoice.InvoiceID"),
    ),
    orders=("Date",),
    paged=True,
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    rows = list(xero.payments.values())
    since = "if-modified-since" in call.headers
    asks_for_dead = "DELETED" in call.query.get("where", "").upper()
    hides_dead = not xero.switches["deleted_payments_in_modified"] and not asks_for_dead
    if since and hides_dead:
        rows = [row for row in rows if row["Status"] != "DELETED"]
    return listed(xero, call, LISTING, rows)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    return Answer({"Payments": [view(xero, _payment(xero, call), call)]})


def _payment(xero: Xero, call: ApiCall) -> Record:
    try:
        return xero.payments[call.parts["id"].lower()]
    except KeyError:
        raise NotFound from None


def put(xero: Xero, call: ApiCall) -> Answer:
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element))


def post(xero: Xero, call: ApiCall) -> Answer:
    """One bare object; or a deletion that names its payment in the body."""
    element = call.elements("Payments")[0]
    if "PaymentID" in element:
        key = str(element["PaymentID"]).lower()
        if key not in xero.payments:
            raise NotFound
        return save_all(
            xero, call, SHAPE, lambda e: _delete(xero, xero.payments[key], e), elements=[element]
        )
    return save_all(xero, call, SHAPE, lambda e: _create(xero, e), elements=[element])


def post_one(xero: Xero, call: ApiCall) -> Answer:
    """Only ``Status: DELETED``: a payment cannot be changed."""
    payment = _payment(xero, call)
    element = call.elements("Payments")[0]
    return save_all(xero, call, SHAPE, lambda e: _delete(xero, payment, e), elements=[element])


def _delete(xero: Xero, payment: Record, element: Record) -> Saved:
    key = payment["PaymentID"]
    if element.get("Status") != "DELETED" or payment["Status"] == "DELETED":
        raise Invalid("Payments cannot be updated, they can only be deleted.", record_id=key)
    notes = Notes()
    if "BatchPaymentID" in payment:
        notes.errors.append("Payments within a batch cannot be deleted.")
    if payment["IsReconciled"] and xero.switches["delete_reconciled"] == "refuse":
        notes.errors.append("Reconciled payments cannot be deleted.")
    check_lock(xero, notes, payment["Date"])
    notes.raise_if_any(key)
    xero.take_back_payment(payment)
    return Saved(payment)


def _create(xero: Xero, sent: Record) -> Saved:
    name, target = _target(xero, sent)
    notes = Notes()
    account = payable_account(xero, sent.get("Account"))
    if account is None:
        notes.errors.append(NO_ACCOUNT)
    on = date_of(sent["Date"], "Date") if sent.get("Date") else xero.today()
    check_lock(xero, notes, on)
    amount = decimal_of(sent.get("Amount", 0), "Amount")
    check_amount(target, amount, notes)
    notes.raise_if_any(None)
    assert account is not None
    return Saved(
        xero.record_payment(
            target,
            name,
            amount=amount,
            on=on,
            account=account,
            reference=str(sent.get("Reference", "")),
            reconciled=bool(sent.get("IsReconciled", False)),
        )
    )


def check_amount(target: Record, amount: object, notes: Notes) -> None:
    """The guard against paying too much, or what is not approved."""
    if target["Status"] != "AUTHORISED":
        notes.errors.append(NOT_AUTHORISED)
    value = decimal_of(amount, "Amount")
    if value <= 0:
        notes.errors.append("The payment amount must be greater than zero")
    left = target["AmountDue"] if "AmountDue" in target else target["RemainingCredit"]
    if value > left:
        notes.errors.append(TOO_MUCH)


def payable_account(xero: Xero, sent: Record | None) -> Record | None:
    """A bank account, or one that payments are enabled for."""
    key = (sent or {}).get("AccountID") or (sent or {}).get("Code")
    account = xero.account_of(str(key)) if key else None
    if account is None or account["Status"] != "ACTIVE":
        return None
    return account if account["Type"] == "BANK" or account["EnablePaymentsToAccount"] else None


def _target(xero: Xero, sent: Record) -> tuple[str, Record]:
    named = [name for name in xero.payable() if name in sent]
    if len(named) != 1:
        raise Invalid("Exactly one of Invoice, CreditNote, Prepayment, Overpayment must be given.")
    name = named[0]
    records = xero.payable()[name]
    key, number = sent[name].get(f"{name}ID"), sent[name].get(f"{name}Number")
    found = records.get(str(key).lower()) if key else None
    if found is None and number:
        found = next((r for r in records.values() if r.get(f"{name}Number") == number), None)
    if found is None:
        raise Invalid(f"An existing {name} with the specified {name}ID could not be found")
    return name, found
