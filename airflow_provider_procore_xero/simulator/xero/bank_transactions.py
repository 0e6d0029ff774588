"""Spend and receive money: no uniqueness, tax inclusive unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .documents import check_lock, check_url, dates_of, locked, shown
from .exchange import Answer, ApiCall
from .lines import Notes, Rules, build_lines, totals, untaxed
from .listing import Listing, listed
from .parties import party
from .rates import put_rate
from .refusals import Invalid, NotFound
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

KINDS = ("SPEND", "RECEIVE", "SPEND-PREPAYMENT", "RECEIVE-PREPAYMENT", "SPEND-OVERPAYMENT",
         "RECEIVE-OVERPAYMENT")  # fmt: skip


def view(xero: Xero, record: Record, call: ApiCall) -> Record:
    return shown(xero, record, call, places=call.places, moment=False)


SHAPE = Shape("BankTransactions", "BankTransactionID", "HasErrors", view)
LISTING = Listing(
    "BankTransactions",
    "BankTransactionID",
    view,
    Fields(equal=("Type", "Status"), ranged=("Date",), ids=("Contact.ContactID",)),
    orders=("Date",),
    paged=True,
    hidden=frozenset({"LineItems"}),
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, LISTING, xero.bank_transactions.values())


def get_one(xero: Xero, call: ApiCall) -> Answer:
    found = xero.bank_transactions.get(call.parts["id"].lower())
    if found is None:
        raise NotFound
    return Answer({"BankTransactions": [view(xero, found, call)]})


def put(xero: Xero, call: ApiCall) -> Answer:
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element, call.places))


def post(xero: Xero, call: ApiCall) -> Answer:
    unknown_is_404(xero, call, "BankTransactions", "BankTransactionID", xero.bank_transactions)
    return save_all(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.bank_transactions:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def _create_or_update(xero: Xero, element: Record, places: int) -> Saved:
    if "BankTransactionID" not in element:
        return _create(xero, element, places)
    found = xero.bank_transactions.get(str(element["BankTransactionID"]).lower())
    if found is None:
        raise Invalid("The bank transaction with the specified ID could not be found.")
    return _update(xero, found, element, places)


def _create(xero: Xero, sent: Record, places: int) -> Saved:
    notes = Notes()
    kind = sent.get("Type")
    if kind not in KINDS:
        notes.errors.append("The Type of the bank transaction must be specified.")
    if not sent.get("LineItems"):
        notes.errors.append("One or more line items must be specified")
    draft = xero.blank_bank_transaction(str(kind), "AUTHORISED")
    draft["BankAccount"] = _bank(xero, sent, notes)
    _merge(xero, draft, sent, notes, places)
    settle = party(xero, sent.get("Contact"), notes, may_create=True)
    notes.raise_if_any(None)
    assert settle is not None
    draft["Contact"] = {"ContactID": settle()["ContactID"]}
    xero.bank_transactions[draft["BankTransactionID"]] = draft
    _advance(xero, draft)
    return Saved(draft, notes.warnings)


def _advance(xero: Xero, record: Record) -> None:
    """A prepayment or overpayment is a credit of its own, to be allocated later."""
    for word, id_key, records in (
        ("PREPAYMENT", "PrepaymentID", xero.prepayments),
        ("OVERPAYMENT", "OverpaymentID", xero.overpayments),
    ):
        if record["Type"].endswith(word):
            credit = xero.blank_credit(id_key, record["Type"], "AUTHORISED")
            names = ("Contact", "Date", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax",
                     "Total", "Reference", "CurrencyCode", "CurrencyRate")  # fmt: skip
            credit |= {name: record[name] for name in names}
            records[credit[id_key]] = credit
            record[id_key] = credit[id_key]
            xero.settle_credit(credit)


def _bank(xero: Xero, sent: Record, notes: Notes) -> Record:
    given = sent.get("BankAccount", {})
    key = given.get("AccountID") or given.get("Code")
    account = xero.account_of(str(key)) if key else None
    if account is None or account["Type"] != "BANK" or account["Status"] != "ACTIVE":
        notes.errors.append("The BankAccount must be an active bank account.")
        return {}
    return {name: account.get(name, "") for name in ("AccountID", "Code", "Name")}


def _currency(xero: Xero, draft: Record) -> str:
    """What the bank account is kept in; nothing that is sent changes it."""
    account = xero.accounts.get(draft["BankAccount"].get("AccountID", ""), {})
    return str(account.get("CurrencyCode") or xero.organisation["BaseCurrency"])


def _update(xero: Xero, record: Record, sent: Record, places: int) -> Saved:
    key = record["BankTransactionID"]
    reconciled = record["IsReconciled"] and xero.switches["delete_reconciled"] == "refuse"
    if record["Status"] != "AUTHORISED" or record["Type"] not in ("SPEND", "RECEIVE") or reconciled:
        raise Invalid("Spend money transactions cannot be updated", record_id=key)
    if message := locked(xero, record["Date"]):
        raise Invalid(message, record_id=key)
    if sent.get("Status") == "DELETED":
        xero.stamp(record)["Status"] = "DELETED"
        return Saved(record)
    notes = Notes()
    draft = dict(record)
    if "BankAccount" in sent:
        draft["BankAccount"] = _bank(xero, sent, notes)
    _merge(xero, draft, sent, notes, places)
    settle = party(xero, sent["Contact"], notes, may_create=True) if "Contact" in sent else None
    notes.raise_if_any(key)
    if settle is not None:
        draft["Contact"] = {"ContactID": settle()["ContactID"]}
    record.update(draft)
    xero.stamp(record)
    return Saved(record, notes.warnings)


def _merge(xero: Xero, draft: Record, sent: Record, notes: Notes, places: int) -> None:
    draft |= {name: sent[name] for name in ("Reference", "Url", "IsReconciled") if name in sent}
    was, draft["CurrencyCode"] = draft["CurrencyCode"], _currency(xero, draft)
    put_rate(xero, draft, sent, was)
    draft |= dates_of(sent, "Date")
    check_url(draft, notes)
    check_lock(xero, notes, draft["Date"])
    amount_types = str(sent.get("LineAmountTypes", draft["LineAmountTypes"]))
    old = draft["LineItems"]
    if amount_types != draft["LineAmountTypes"]:
        old = untaxed(old)
    kept = [{"LineItemID": line["LineItemID"]} for line in old]
    draft["LineAmountTypes"] = amount_types
    side = "Purchase" if draft["Type"].startswith("SPEND") else "Sales"
    rules = Rules(side=side, places=places, draft=False, needs_account=True, exact_tax=True)
    lines = sent.get("LineItems", kept)
    draft["LineItems"] = build_lines(xero, lines, old, amount_types, rules, notes)
    draft |= totals(draft["LineItems"], amount_types)
    if sent.get("LineItems") and draft["Total"] <= 0:
        notes.errors.append("The document total must be greater than zero.")
