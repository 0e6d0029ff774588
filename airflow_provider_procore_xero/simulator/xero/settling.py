"""Money against documents: payments, credits, and what is due after them.

PAID is never written, it follows: an approved document with nothing due is paid, and one
whose payment is taken back is approved again. An allocation leaves no payment behind.
"""

from __future__ import annotations

from decimal import Decimal

from .blanks import ONE, ZERO, Blanks
from .state import Record, Records
from .values import cents

# The list in the invoice that shows what a kind of credit has settled, by the credit's ID key.
CREDIT_LISTS = {
    "CreditNoteID": "CreditNotes",
    "PrepaymentID": "Prepayments",
    "OverpaymentID": "Overpayments",
}


def id_key_of(credit: Record) -> str:
    return next(key for key in CREDIT_LISTS if key in credit)


class Settling(Blanks):
    """Arithmetic only; who may do what is checked by the resources."""

    def settle_invoice(self, invoice: Record) -> None:
        """Work out what is paid, credited and due, and the status that follows."""
        applied = [row for name in CREDIT_LISTS.values() for row in invoice[name]]
        paid = sum((row["Amount"] for row in invoice["Payments"]), ZERO)
        credited = sum((row["AppliedAmount"] for row in applied), ZERO)
        due = invoice["Total"] - paid - credited
        invoice |= {"AmountPaid": cents(paid), "AmountCredited": cents(credited)}
        invoice["AmountDue"] = cents(due)
        if invoice["Status"] in ("AUTHORISED", "PAID"):
            done = due == 0 and (invoice["Total"] or self.switches["zero_total"] == "paid")
            invoice["Status"] = "PAID" if done else "AUTHORISED"
            invoice.pop("FullyPaidOnDate", None)
            if done:
                dates = [row["Date"] for row in (*invoice["Payments"], *applied)]
                invoice["FullyPaidOnDate"] = max(dates, default=invoice["Date"])
        self.stamp(invoice)

    def end_invoice(self, invoice: Record, status: str) -> None:
        """VOIDED or DELETED: nothing is due, the total stays."""
        invoice |= {"Status": status, "AmountDue": ZERO}
        self.stamp(invoice)

    def settle_credit(self, credit: Record) -> None:
        """Work out what is left of a credit note, prepayment or overpayment."""
        used = sum((row["Amount"] for row in (*credit["Allocations"], *credit["Payments"])), ZERO)
        credit |= {"AppliedAmount": cents(used), "RemainingCredit": cents(credit["Total"] - used)}
        if credit["Status"] in ("AUTHORISED", "PAID"):
            done = credit["Total"] and not credit["RemainingCredit"]
            credit["Status"] = "PAID" if done else "AUTHORISED"
        self.stamp(credit)

    def allocate(self, credit: Record, invoice: Record, amount: Decimal) -> Record:
        """Set *amount* of the credit against the invoice; its date is the later of the two."""
        allocation = {
            "AllocationID": self.new_id(),
            "Amount": cents(amount),
            "Date": max(credit["Date"], invoice["Date"]),
            "Invoice": {
                "InvoiceID": invoice["InvoiceID"],
                "InvoiceNumber": invoice["InvoiceNumber"],
            },
        }
        credit["Allocations"].append(allocation)
        self._show_allocations(credit, invoice)
        return allocation

    def unallocate(self, credit: Record, allocation: Record) -> None:
        credit["Allocations"].remove(allocation)
        self._show_allocations(credit, self.invoices[allocation["Invoice"]["InvoiceID"]])

    def _show_allocations(self, credit: Record, invoice: Record) -> None:
        key = id_key_of(credit)
        name = CREDIT_LISTS[key]
        others = [row for row in invoice[name] if row[key] != credit[key]]
        invoice[name] = others + [
            {
                key: credit[key],
                "ID": credit[key],
                "CreditNoteNumber": credit.get("CreditNoteNumber", ""),
                "Date": row["Date"],
                "AppliedAmount": row["Amount"],
                "Total": credit["Total"],
            }
            for row in credit["Allocations"]
            if row["Invoice"]["InvoiceID"] == invoice["InvoiceID"]
        ]
        self.settle_credit(credit)
        self.settle_invoice(invoice)

    def target_of(self, payment: Record) -> Record:
        """The document that *payment* pays or refunds."""
        for name, records in self.payable().items():
            if name in payment:
                return records[payment[name][f"{name}ID"]]
        raise LookupError(f"Payment {payment['PaymentID']} pays nothing.")

    def payable(self) -> dict[str, Records]:
        return {
            "Invoice": self.invoices,
            "CreditNote": self.credit_notes,
            "Prepayment": self.prepayments,
            "Overpayment": self.overpayments,
        }

    def record_payment(
        self,
        target: Record,
        name: str,
        *,
        amount: Decimal,
        on: str,
        account: Record,
        reference: str = "",
        batch: Record | None = None,
        reconciled: bool = False,
    ) -> Record:
        """Pay *target*, which is a *name* (``Invoice``, ``CreditNote``, ...)."""
        payment: Record = {
            "PaymentID": self.new_id(),
            "Date": on,
            "Amount": cents(amount),
            "BankAmount": cents(amount),
            "CurrencyRate": target.get("CurrencyRate", ONE),
            "Reference": reference,
            "PaymentType": payment_type(name, target["Type"]),
            "Status": "AUTHORISED",
            "IsReconciled": reconciled,
            "Account": {"AccountID": account["AccountID"], "Code": account.get("Code", "")},
            name: {f"{name}ID": target[f"{name}ID"]},
            "HasAccount": True,
            "UpdatedDateUTC": self.now(),
        }
        if batch is not None:
            payment["BatchPaymentID"] = batch["BatchPaymentID"]
        self.payments[payment["PaymentID"]] = payment
        target["Payments"].append(_summary(payment))
        self._settle(target)
        return payment

    def take_back_payment(self, payment: Record) -> None:
        """DELETED, kept, and dated; what it paid is due again."""
        payment["Status"] = "DELETED"
        self.stamp(payment)
        target = self.target_of(payment)
        target["Payments"] = [
            row for row in target["Payments"] if row["PaymentID"] != payment["PaymentID"]
        ]
        self._settle(target)

    def _settle(self, target: Record) -> None:
        if "InvoiceID" in target:
            self.settle_invoice(target)
        else:
            self.settle_credit(target)


def payment_type(name: str, kind: str) -> str:
    """``ACCPAYPAYMENT`` for a bill, ``APCREDITPAYMENT`` for a refund of its credit, ..."""
    purchase = kind.startswith(("ACCPAY", "SPEND", "AP"))
    if name == "Invoice":
        return "ACCPAYPAYMENT" if purchase else "ACCRECPAYMENT"
    side = "AP" if purchase else "AR"
    return f"{side}{name.removesuffix('Note').upper()}PAYMENT"


def _summary(payment: Record) -> Record:
    shown = {
        "PaymentID": payment["PaymentID"],
        "Date": payment["Date"],
        "Amount": payment["Amount"],
        "Reference": payment["Reference"],
        "CurrencyRate": payment["CurrencyRate"],
        "HasAccount": False,
        "HasValidationErrors": False,
    }
    if "BatchPaymentID" in payment:
        shown["BatchPaymentID"] = payment["BatchPaymentID"]
    return shown
