"""The life of an invoice: created, approved, settled, voided; and who may change what when."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from .batches import Saved
from .documents import check_currency, check_lock, check_url, dates_of, locked
from .lines import Notes, Rules, build_lines, totals, untaxed
from .parties import party
from .rates import put_rate
from .refusals import Invalid
from .values import decimal_of, too_long

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

ZERO = Decimal("0.00")
NOT_MODIFIABLE = "Invoice not of valid status for modification"
SETTLED = "This document cannot be edited as it has a payment or credit note allocated to it."
STATUS_REFUSED = (
    "The status {} cannot be applied to the invoice because it has payments "
    "or credit notes allocated to it."
)
PLAN_LIMIT = "You have reached the limit of invoices you can approve"
# What may still change on a bill with payments or credits, since March 2026.
SETTLED_FIELDS = frozenset(
    {
        "DueDate", "InvoiceNumber", "Reference", "BrandingThemeID", "Contact", "Url",
        "PlannedPaymentDate",
    }
)  # fmt: skip
SETTLED_LINE_FIELDS = frozenset({"Description", "AccountCode", "AccountID", "Tracking"})
READ_ONLY = frozenset(
    {
        "SubTotal", "TotalTax", "Total", "AmountDue", "AmountPaid", "AmountCredited",
        "UpdatedDateUTC", "UpdatedDateUTCString", "DateString", "DueDateString",
        "FullyPaidOnDate", "Payments", "CreditNotes", "Prepayments", "Overpayments",
        "HasAttachments", "HasErrors", "IsDiscounted", "RepeatingInvoiceID", "InvoiceID",
    }
)  # fmt: skip
# Changes that do not move UpdatedDateUTC once something has been paid.
BLIND = frozenset({"DueDate", "SentToContact"})
_PLAIN = ("InvoiceNumber", "Reference", "Url", "BrandingThemeID", "CurrencyCode")
_DATES = ("Date", "DueDate", "PlannedPaymentDate")


def create(xero: Xero, sent: Record, *, places: int) -> Saved:
    """A new invoice.

    :raises Invalid: with all that is wrong with it.
    """
    notes = Notes()
    kind, status = sent.get("Type"), sent.get("Status", "DRAFT")
    if kind not in ("ACCPAY", "ACCREC"):
        notes.errors.append("The Type of the invoice must be specified: ACCPAY or ACCREC.")
    if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
        notes.errors.append("Invoice not of valid status for creation")
    if not sent.get("LineItems"):
        notes.errors.append("One or more line items must be specified")
    _check_number(xero, sent, notes, kind, but=None)
    draft = xero.blank_invoice(str(kind), str(status))
    _merge(xero, draft, sent, notes, places=places)
    settle = party(xero, sent.get("Contact"), notes, may_create=True)
    _check_whole(xero, draft, notes)
    notes.raise_if_any(None)
    assert settle is not None
    draft["Contact"] = {"ContactID": settle()["ContactID"]}
    _keep(xero, draft)
    xero.app_made.add(draft["InvoiceID"])
    return Saved(draft, notes.warnings)


def _keep(xero: Xero, invoice: Record) -> None:
    xero.invoices[invoice["InvoiceID"]] = invoice
    flag = "IsSupplier" if invoice["Type"] == "ACCPAY" else "IsCustomer"
    # A blind field: the contact's UpdatedDateUTC does not move.
    xero.contacts[invoice["Contact"]["ContactID"]][flag] = True
    xero.settle_invoice(invoice)


def update(xero: Xero, invoice: Record, sent: Record, *, places: int) -> Saved:
    """Change *invoice* as sent, if its status and what is applied to it allow.

    :raises Invalid: with all that is wrong, under the invoice's own ID.
    """
    key = invoice["InvoiceID"]
    wanted = str(sent.get("Status", invoice["Status"]))
    if messages := transition_problems(invoice, wanted):
        raise Invalid(*messages, record_id=key)
    if message := locked(xero, invoice["Date"]):
        raise Invalid(message, record_id=key)
    if wanted in ("DELETED", "VOIDED"):
        xero.end_invoice(invoice, wanted)
        return Saved(invoice)
    return _edit(xero, invoice, sent, places=places)


def transition_problems(invoice: Record, wanted: str) -> list[str]:
    """Why an invoice cannot go from its status to *wanted*; nothing if it can."""
    now = invoice["Status"]
    applied = invoice["AmountPaid"] or invoice["AmountCredited"]
    if now in ("VOIDED", "DELETED"):
        return [NOT_MODIFIABLE]
    if now in ("DRAFT", "SUBMITTED"):
        allowed = ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED")
        return [] if wanted in allowed else [NOT_MODIFIABLE]
    if wanted == now == "AUTHORISED" or (wanted == "VOIDED" and not applied):
        return []
    if wanted == now:
        # PAID is the vendor's word; a payload that leaves the status out arrives here too.
        return []
    if applied and wanted in ("VOIDED", "DRAFT", "SUBMITTED", "AUTHORISED"):
        return [STATUS_REFUSED.format(wanted)]
    return [NOT_MODIFIABLE]


def _edit(xero: Xero, invoice: Record, sent: Record, *, places: int) -> Saved:
    key = invoice["InvoiceID"]
    applied = bool(invoice["AmountPaid"] or invoice["AmountCredited"])
    if applied and not _allowed_when_settled(xero, invoice, sent):
        raise Invalid(NOT_MODIFIABLE, SETTLED, record_id=key)
    notes = Notes()
    if sent.get("Type", invoice["Type"]) != invoice["Type"]:
        notes.errors.append("The Type of an invoice cannot be changed.")
    _check_number(xero, sent, notes, invoice["Type"], but=key)
    draft = dict(invoice)
    draft["Status"] = sent.get("Status", invoice["Status"])
    approving = draft["Status"] == "AUTHORISED" and invoice["Status"] in ("DRAFT", "SUBMITTED")
    _merge(xero, draft, sent, notes, places=places, approving=approving)
    settle = party(xero, sent["Contact"], notes, may_create=True) if "Contact" in sent else None
    _check_whole(xero, draft, notes, was=invoice)
    notes.raise_if_any(key)
    if settle is not None:
        draft["Contact"] = {"ContactID": settle()["ContactID"]}
    before = invoice["UpdatedDateUTC"]
    invoice.update(draft)
    _keep(xero, invoice)
    if applied and not (sent.keys() - {"InvoiceID", "Status"} - BLIND):
        invoice["UpdatedDateUTC"] = before
    return Saved(invoice, notes.warnings)


def _allowed_when_settled(xero: Xero, invoice: Record, sent: Record) -> bool:
    """Whether *sent* changes only what may still change on a part or fully paid bill."""
    if xero.switches["paid_bill_edits"] == "none" or invoice["Type"] != "ACCPAY":
        return False
    for name, value in sent.items():
        if name in READ_ONLY or name in ("Status", "LineItems", "SentToContact"):
            continue
        if name not in SETTLED_FIELDS and not _same(invoice.get(name), value):
            return False
    contact = str(sent.get("Contact", {}).get("ContactID", invoice["Contact"]["ContactID"]))
    if invoice["CreditNotes"] and contact.lower() != invoice["Contact"]["ContactID"]:
        return False
    return "LineItems" not in sent or _lines_allowed(invoice["LineItems"], sent["LineItems"])


def _lines_allowed(old: list[Record], sent: list[Record]) -> bool:
    by_id = {line["LineItemID"]: line for line in old}
    if sorted(by_id) != sorted(str(line.get("LineItemID", "")).lower() for line in sent):
        return False
    return all(
        name in SETTLED_LINE_FIELDS or _same(by_id[line["LineItemID"].lower()].get(name), value)
        for line in sent
        for name, value in line.items()
        if name != "LineItemID"
    )


def _same(old: object, sent: object) -> bool:
    if isinstance(old, Decimal):
        return old == decimal_of(sent, "amount")
    if isinstance(old, str) and isinstance(sent, str):
        return old == sent[: len(old)]
    return old == sent


def _merge(
    xero: Xero,
    draft: Record,
    sent: Record,
    notes: Notes,
    *,
    places: int,
    approving: bool = False,
) -> None:
    """Put the sent fields into *draft*, lines and totals included."""
    was = draft["CurrencyCode"]
    draft |= {name: sent[name] for name in _PLAIN if name in sent}
    put_rate(xero, draft, sent, was)
    draft |= dates_of(sent, *_DATES)
    if draft["Type"] == "ACCPAY":
        # The field of sales invoices; a bill shows its number under that name.
        draft["Reference"] = ""
    amount_types = str(sent.get("LineAmountTypes", draft["LineAmountTypes"]))
    approved = draft["Status"] not in ("DRAFT", "SUBMITTED")
    rules = Rules(
        side="Purchase" if draft["Type"] == "ACCPAY" else "Sales",
        places=places,
        draft=not approved,
        needs_account=approved,
        discounts=draft["Type"] == "ACCREC",
    )
    _note_sent_flag(draft, sent, notes)
    old = draft["LineItems"]
    if amount_types != draft["LineAmountTypes"]:
        old = untaxed(old)
    elif "LineItems" not in sent and not approving:
        return
    # Approval looks at the lines again, as if they had been sent.
    kept = [{"LineItemID": line["LineItemID"], "Tracking": line["Tracking"]} for line in old]
    draft["LineAmountTypes"] = amount_types
    lines = sent.get("LineItems", kept)
    draft["LineItems"] = build_lines(xero, lines, old, amount_types, rules, notes)
    draft |= totals(draft["LineItems"], amount_types)


def _note_sent_flag(draft: Record, sent: Record, notes: Notes) -> None:
    if "SentToContact" not in sent:
        return
    if draft["Status"] in ("AUTHORISED", "PAID"):
        draft["SentToContact"] = bool(sent["SentToContact"])
    elif sent["SentToContact"]:
        notes.warnings.append("Only AUTHORISED and PAID invoices may have SentToContact updated.")


def _check_number(xero: Xero, sent: Record, notes: Notes, kind: object, *, but: str | None) -> None:
    number = sent.get("InvoiceNumber")
    if number is None:
        return
    notes.errors += too_long(sent, {"InvoiceNumber": 255})
    if not re.fullmatch(r"[\x20-\x7e]*", str(number)):
        notes.errors.append("The InvoiceNumber must hold printable ASCII characters only.")
    if kind == "ACCREC" and any(
        invoice["InvoiceNumber"] == number and invoice["InvoiceID"] != but
        for invoice in xero.invoices.values()
        if invoice["Type"] == "ACCREC"
    ):
        notes.errors.append("Invoice # must be unique.")


def _check_whole(xero: Xero, draft: Record, notes: Notes, was: Record | None = None) -> None:
    """What must hold for the invoice as it will stand."""
    check_url(draft, notes)
    check_currency(xero, draft, notes)
    check_lock(xero, notes, draft["Date"])
    if not draft["LineItems"] and was is not None:
        notes.errors.append("One or more line items must be specified")
    if draft["Total"] < 0 and xero.switches["negative_total"] == "refuse":
        notes.errors.append("The document total must not be less than zero.")
    if draft["Status"] == "AUTHORISED":
        _check_approval(xero, draft, notes, was)


def _check_approval(xero: Xero, draft: Record, notes: Notes, was: Record | None) -> None:
    if not draft.get("DueDate"):
        if xero.switches["missing_due_date"] == "refuse":
            notes.errors.append("A Due Date must be specified to approve the invoice.")
        draft["DueDate"] = draft["Date"]
    if not draft["Total"] and xero.switches["zero_total"] == "refuse":
        notes.errors.append("The document total must not be zero.")
    newly = was is None or was["Status"] in ("DRAFT", "SUBMITTED")
    if newly and draft["Type"] == "ACCPAY" and _over_plan(xero, draft):
        notes.errors.append(PLAN_LIMIT)


def _over_plan(xero: Xero, draft: Record) -> bool:
    """Whether the plan's approved bills of that month, by invoice date, are used up."""
    limit = xero.switches["plan_bill_limit"]
    if limit is None:
        return False
    month = draft["Date"][:7]
    approved = sum(
        invoice["Type"] == "ACCPAY"
        and invoice["Status"] in ("AUTHORISED", "PAID")
        and invoice["Date"][:7] == month
        for invoice in xero.invoices.values()
    )
    return bool(approved >= limit)
