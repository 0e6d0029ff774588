"""Invoices: reads, and what a write must satisfy. The status machine is in ``bills.py``.

Bills are ``ACCPAY``, their numbers are not unique; sales invoices are ``ACCREC``, theirs are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import bills
from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .documents import shown
from .exchange import Answer, ApiCall
from .listing import Listing, listed, narrowed, values_of
from .refusals import Invalid, NotFound
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

SUMMARY_LACKS = frozenset({"Payments", "HasAttachments", "LineItems", "CISDeduction"})


def view(xero: Xero, invoice: Record, call: ApiCall) -> Record:
    seen = shown(xero, invoice, call, places=call.places)
    seen |= {"IsDiscounted": False, "HasErrors": False}
    if call.flag("summaryOnly") and call.method == "GET":
        return {name: value for name, value in seen.items() if name not in SUMMARY_LACKS}
    return seen


SHAPE = Shape("Invoices", "InvoiceID", "HasErrors", view)
LISTING = Listing(
    "Invoices",
    "InvoiceID",
    view,
    Fields(
        equal=("Status", "Contact.Name", "Contact.ContactNumber", "Reference", "InvoiceNumber",
               "Type", "AmountPaid"),
        ranged=("Date", "DueDate", "AmountDue"),
        ids=("InvoiceID", "Contact.ContactID"),
    ),
    orders=("InvoiceID", "Date"),
    paged=True,
    hidden=frozenset({"LineItems", "Payments", "CreditNotes", "Prepayments", "Overpayments"}),
)  # fmt: skip


def get_list(xero: Xero, call: ApiCall) -> Answer:
    rows = list(xero.invoices.values())
    rows = narrowed(rows, values_of(call, "ids"), lambda row: row["InvoiceID"])
    rows = narrowed(rows, values_of(call, "invoicenumbers"), lambda row: row.get("InvoiceNumber"))
    rows = narrowed(rows, values_of(call, "contactids"), lambda row: row["Contact"]["ContactID"])
    rows = narrowed(rows, values_of(call, "statuses"), lambda row: row["Status"])
    if call.flag("createdByMyApp"):
        rows = [row for row in rows if row["InvoiceID"] in xero.app_made]
    if term := call.query.get("searchterm"):
        rows = [row for row in rows if _matches(row, term.casefold())]
    if "statuses" in call.query or call.flag("summaryOnly"):
        call.query = {"page": "1", **call.query}
    return listed(xero, call, LISTING, rows)


def _matches(invoice: Record, term: str) -> bool:
    names = ("InvoiceNumber", "Reference")
    return any(term in str(invoice.get(name) or "").casefold() for name in names)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    key = call.parts["id"]
    found = xero.invoices.get(key.lower()) or by_number(xero, key)
    if found is None:
        raise NotFound
    return Answer({"Invoices": [view(xero, found, call)]})


def by_number(xero: Xero, number: str, kind: str | None = None) -> Record | None:
    """The first invoice of that number that is not deleted."""
    for invoice in xero.invoices.values():
        if invoice.get("InvoiceNumber") == number and kind in (None, invoice["Type"]):
            return invoice
    return None


def put(xero: Xero, call: ApiCall) -> Answer:
    """Create, always."""
    places = call.places

    def save(element: Record) -> Saved:
        new = {name: value for name, value in element.items() if name != "InvoiceID"}
        return bills.create(xero, new, places=places)

    return save_all(xero, call, SHAPE, save)


def post(xero: Xero, call: ApiCall) -> Answer:
    """Update by InvoiceID, or by the number of a sales invoice; else create."""
    unknown_is_404(xero, call, "Invoices", "InvoiceID", xero.invoices)
    return save_all(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.invoices:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda e: _create_or_update(xero, e, call.places))


def _create_or_update(xero: Xero, element: Record, places: int) -> Saved:
    existing = _meant(xero, element)
    if existing is not None:
        return bills.update(xero, existing, element, places=places)
    return bills.create(xero, element, places=places)


def _meant(xero: Xero, element: Record) -> Record | None:
    if "InvoiceID" in element:
        found = xero.invoices.get(str(element["InvoiceID"]).lower())
        if found is None:
            raise Invalid("An existing Invoice with the specified InvoiceID could not be found")
        return found
    kind, number = element.get("Type"), element.get("InvoiceNumber")
    if not number:
        return None
    if kind == "ACCREC" or xero.switches["accpay_number_on_post"] == "edit":
        return by_number(xero, str(number), str(kind))
    return None
