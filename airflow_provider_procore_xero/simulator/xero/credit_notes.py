"""Credit notes: like invoices, with amounts that are positive, and never a unique number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import bills
from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .documents import check_currency, check_lock, dates_of, locked, shown
from .exchange import Answer, ApiCall
from .lines import Notes, Rules, build_lines, totals, untaxed
from .listing import Listing, listed
from .parties import party
from .rates import put_rate
from .refusals import Invalid, NotFound
from .values import too_long
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

UNKNOWN = "An existing Credit Note with the specified CreditNoteID could not be found"


def view(xero: Xero, note: Record, call: ApiCall) -> Record:
    return {**shown(xero, note, call, places=call.places), "HasErrors": False}


SHAPE = Shape("CreditNotes", "CreditNoteID", "HasErrors", view)
LISTING = Listing(
    "CreditNotes",
    "CreditNoteID",
    view,
    Fields(
        equal=("Status", "Reference", "Contact.Name", "Contact.ContactNumber", "Type"),
        ranged=("Date",),
        ids=("Contact.ContactID",),
    ),
    orders=("Date",),
    paged=True,
    hidden=frozenset({"LineItems"}),
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, LISTING, xero.credit_notes.values())


def get_one(xero: Xero, call: ApiCall) -> Answer:
    """By ID, or the first of a number."""
    key = call.parts["id"]
    found = xero.credit_notes.get(key.lower()) or next(
        (n for n in xero.credit_notes.values() if n.get("CreditNoteNumber") == key), None
    )
    if found is None:
        raise NotFound
    return Answer({"CreditNotes": [view(xero, found, call)]})


def put(xero: Xero, call: ApiCall) -> Answer:
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element, call.places))


def post(xero: Xero, call: ApiCall) -> Answer:
    unknown_is_404(xero, call, "CreditNotes", "CreditNoteID", xero.credit_notes)
    return save_all(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.credit_notes:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def _create_or_update(xero: Xero, element: Record, places: int) -> Saved:
    if "CreditNoteID" not in element:
        return _create(xero, element, places)
    found = xero.credit_notes.get(str(element["CreditNoteID"]).lower())
    if found is None:
        raise Invalid(UNKNOWN)
    return _update(xero, found, element, places)


def _create(xero: Xero, sent: Record, places: int) -> Saved:
    notes = Notes()
    kind, status = sent.get("Type"), sent.get("Status", "DRAFT")
    if kind not in ("ACCPAYCREDIT", "ACCRECCREDIT"):
        notes.errors.append("The Type of the credit note must be specified.")
    if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
        notes.errors.append("Credit note not of valid status for creation")
    if status != "DRAFT" and not sent.get("LineItems"):
        notes.errors.append("One or more line items must be specified")
    draft = xero.blank_credit("CreditNoteID", str(kind), str(status))
    _merge(xero, draft, sent, notes, places)
    settle = party(xero, sent.get("Contact"), notes, may_create=True)
    notes.raise_if_any(None)
    assert settle is not None
    draft["Contact"] = {"ContactID": settle()["ContactID"]}
    xero.credit_notes[draft["CreditNoteID"]] = draft
    xero.settle_credit(draft)
    xero.app_made.add(draft["CreditNoteID"])
    return Saved(draft, notes.warnings)


def _update(xero: Xero, note: Record, sent: Record, places: int) -> Saved:
    key = note["CreditNoteID"]
    wanted = str(sent.get("Status", note["Status"]))
    if messages := bills.transition_problems(_as_invoice(note), wanted):
        raise Invalid(*messages, record_id=key)
    if message := locked(xero, note["Date"]):
        raise Invalid(message, record_id=key)
    if wanted in ("DELETED", "VOIDED"):
        note |= {"Status": wanted, "RemainingCredit": bills.ZERO}
        xero.stamp(note)
        return Saved(note)
    if note["AppliedAmount"]:
        raise Invalid(bills.NOT_MODIFIABLE, bills.SETTLED, record_id=key)
    notes = Notes()
    draft = {**note, "Status": wanted}
    _merge(xero, draft, sent, notes, places)
    settle = party(xero, sent["Contact"], notes, may_create=True) if "Contact" in sent else None
    notes.raise_if_any(key)
    if settle is not None:
        draft["Contact"] = {"ContactID": settle()["ContactID"]}
    note.update(draft)
    xero.settle_credit(note)
    return Saved(note, notes.warnings)


def _as_invoice(note: Record) -> Record:
    """What the status machine of invoices asks; both have the same."""
    return {
        "Status": note["Status"],
        "AmountPaid": note["AppliedAmount"],
        "AmountCredited": bills.ZERO,
    }


def _merge(xero: Xero, draft: Record, sent: Record, notes: Notes, places: int) -> None:
    notes.errors += too_long(sent, {"CreditNoteNumber": 255, "Reference": 255})
    was = draft["CurrencyCode"]
    for name in ("CreditNoteNumber", "Reference", "CurrencyCode", "BrandingThemeID"):
        if name in sent:
            draft[name] = sent[name]
    put_rate(xero, draft, sent, was)
    draft |= dates_of(sent, "Date")
    check_currency(xero, draft, notes)
    check_lock(xero, notes, draft["Date"])
    approved = draft["Status"] == "AUTHORISED"
    amount_types = str(sent.get("LineAmountTypes", draft["LineAmountTypes"]))
    old = draft["LineItems"]
    if amount_types != draft["LineAmountTypes"]:
        old = untaxed(old)
    kept = [{"LineItemID": line["LineItemID"], "Tracking": line["Tracking"]} for line in old]
    side = "Purchase" if draft["Type"] == "ACCPAYCREDIT" else "Sales"
    rules = Rules(side=side, places=places, draft=not approved, needs_account=approved)
    draft["LineAmountTypes"] = amount_types
    lines = sent.get("LineItems", kept)
    draft["LineItems"] = build_lines(xero, lines, old, amount_types, rules, notes)
    draft |= totals(draft["LineItems"], amount_types)
    if draft["Total"] < 0:
        notes.errors.append("The document total must not be less than zero.")
