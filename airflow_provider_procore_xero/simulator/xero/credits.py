"""Allocations of credit notes, prepayments and overpayments; reads of the latter two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all
from .documents import check_lock, shown
from .exchange import Answer, ApiCall
from .lines import Notes
from .listing import Listing, listed, narrowed, values_of
from .refusals import Invalid, NotFound
from .values import decimal_of
from .where import Fields

if TYPE_CHECKING:
    from .gate import Handler
    from .people import Xero
    from .state import Record, Records


def _allocation_view(xero: Xero, allocation: Record, call: ApiCall) -> Record:
    return dict(allocation)


ALLOCATION = Shape("Allocations", "AllocationID", "HasErrors", _allocation_view)


@dataclass(frozen=True)
class Credit:
    """One kind of credit: its collection in the state, and its keys in the API."""

    collection: str
    plural: str
    id_key: str

    def records(self, xero: Xero) -> Records:
        records: Records = getattr(xero, self.collection)
        return records

    def one(self, xero: Xero, call: ApiCall) -> Record:
        try:
            return self.records(xero)[call.parts["id"].lower()]
        except KeyError:
            raise NotFound from None

    def get_list(self, xero: Xero, call: ApiCall) -> Answer:
        rows = list(self.records(xero).values())
        rows = narrowed(rows, values_of(call, "references"), lambda row: row.get("Reference"))
        return listed(xero, call, self.listing(), rows)

    def get_one(self, xero: Xero, call: ApiCall) -> Answer:
        return Answer({self.plural: [view(xero, self.one(xero, call), call)]})

    def listing(self) -> Listing:
        return Listing(
            self.plural,
            self.id_key,
            view,
            Fields(equal=("Type", "Status", "Reference"), ranged=("Date",),
                   ids=(self.id_key, "Contact.ContactID")),
            orders=("Date",),
            paged=True,
            hidden=frozenset({"LineItems"}),
        )  # fmt: skip

    def allocate(self, xero: Xero, call: ApiCall) -> Answer:
        credit = self.one(xero, call)
        return save_all(xero, call, ALLOCATION, lambda sent: _allocate(xero, credit, sent))

    def unallocate(self, xero: Xero, call: ApiCall) -> Answer:
        """Answers an unwrapped object whose keys are spelt in a way of their own."""
        credit = self.one(xero, call)
        wanted = call.parts["allocation_id"].lower()
        for allocation in credit["Allocations"]:
            if allocation["AllocationID"] == wanted:
                xero.unallocate(credit, allocation)
                gone = {
                    "AllocationId": wanted,
                    "Date": allocation["Date"],
                    "Invoice": [{"InvoiceID": allocation["Invoice"]["InvoiceID"]}],
                    "IsDeleted": True,
                }
                return Answer(gone, bare=True)
        raise NotFound

    def handlers(self) -> dict[str, dict[str, Handler]]:
        """The paths below ``/api.xro/2.0`` that this kind of credit adds."""
        base = f"/{self.plural}/{{id}}/Allocations"
        return {
            base: {"PUT": self.allocate, "POST": self.allocate},
            f"{base}/{{allocation_id}}": {"DELETE": self.unallocate},
        }


def view(xero: Xero, credit: Record, call: ApiCall) -> Record:
    return shown(xero, credit, call, places=call.places)


CREDIT_NOTES = Credit("credit_notes", "CreditNotes", "CreditNoteID")
PREPAYMENTS = Credit("prepayments", "Prepayments", "PrepaymentID")
OVERPAYMENTS = Credit("overpayments", "Overpayments", "OverpaymentID")


def _allocate(xero: Xero, credit: Record, sent: Record) -> Saved:
    """Set part of the credit against an invoice of the same contact and side.

    :raises Invalid: if either is not approved, or has too little left.
    """
    invoice = xero.invoices.get(str(sent.get("Invoice", {}).get("InvoiceID", "")).lower())
    if invoice is None:
        raise Invalid("An existing Invoice with the specified InvoiceID could not be found")
    notes = Notes()
    amount = decimal_of(sent.get("Amount", 0), "Amount")
    if credit["Status"] != "AUTHORISED" or invoice["Status"] != "AUTHORISED":
        notes.errors.append("Allocations can only be made between Authorised documents")
    if credit["Contact"]["ContactID"] != invoice["Contact"]["ContactID"]:
        notes.errors.append("The credit and the invoice must be of the same contact")
    if (invoice["Type"] == "ACCPAY") != credit["Type"].startswith(("ACCPAY", "SPEND", "AP")):
        notes.errors.append("The credit and the invoice must be of the same kind")
    if credit["CurrencyCode"] != invoice["CurrencyCode"]:
        notes.errors.append("The credit and the invoice must be in the same currency")
    if amount <= 0 or amount > credit["RemainingCredit"]:
        notes.errors.append("The amount to allocate exceeds the remaining credit")
    if amount > invoice["AmountDue"]:
        notes.errors.append("The amount to allocate exceeds the amount due on the invoice")
    check_lock(xero, notes, max(credit["Date"], invoice["Date"]))
    notes.raise_if_any(None)
    return Saved(xero.allocate(credit, invoice, amount))
