"""The organisation, and what its people do in the vendor's own pages.

These methods do what a person can do; they check what the page would check, with a
ValueError, and leave records as the API would. The seed and the tests speak through them,
and through those of ``masterdata.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .blanks import ZERO
from .lines import Notes, Rules, build_lines, totals
from .masterdata import MasterData
from .rates import put_rate
from .state import Record


class Xero(MasterData):
    """One pretend organisation and one app that is connected to it."""

    # --- bills ----------------------------------------------------------------------------

    def add_bill(
        self,
        contact_id: str,
        lines: Iterable[Mapping[str, Any]],
        *,
        number: str = "",
        on: str | None = None,
        due: str | None = None,
        status: str = "DRAFT",
        amount_types: str = "Exclusive",
        **fields: Any,
    ) -> Record:
        """A bill typed in by a person; *lines* in the API's words, dates ISO."""
        bill = self.blank_invoice("ACCPAY", status)
        bill |= {"InvoiceNumber": number, "Contact": {"ContactID": contact_id}, **fields}
        put_rate(self, bill, fields)
        bill |= {"Date": on or bill["Date"], "LineAmountTypes": amount_types}
        bill["DueDate"] = due or bill["Date"]
        self._put_lines(bill, lines)
        self.invoices[bill["InvoiceID"]] = bill
        self.contacts[contact_id]["IsSupplier"] = True
        self.settle_invoice(bill)
        return bill

    def _put_lines(self, record: Record, lines: Iterable[Mapping[str, Any]]) -> None:
        notes = Notes()
        rules = Rules(draft=False, places=4)
        kind = record["LineAmountTypes"]
        record["LineItems"] = build_lines(self, [dict(x) for x in lines], [], kind, rules, notes)
        if notes.errors:
            raise ValueError("; ".join(notes.errors))
        record |= totals(record["LineItems"], kind)

    def edit_bill(
        self, bill_id: str, lines: Iterable[Mapping[str, Any]] | None = None, **fields: Any
    ) -> Record:
        """Change a bill; new *lines* replace all old ones."""
        bill = self.invoices[bill_id]
        was = bill["CurrencyCode"]
        bill.update(fields)
        put_rate(self, bill, fields, was)
        if lines is not None:
            self._put_lines(bill, lines)
        self.settle_invoice(bill)
        return bill

    def approve_bill(self, bill_id: str) -> None:
        bill = self.invoices[bill_id]
        if bill["Status"] not in ("DRAFT", "SUBMITTED"):
            raise ValueError(f"Bill {bill_id} is {bill['Status']}.")
        bill["Status"] = "AUTHORISED"
        self.settle_invoice(bill)

    def void_bill(self, bill_id: str) -> None:
        bill = self.invoices[bill_id]
        if bill["Status"] != "AUTHORISED" or bill["AmountPaid"] or bill["AmountCredited"]:
            raise ValueError(f"Bill {bill_id} cannot be voided.")
        self.end_invoice(bill, "VOIDED")

    def delete_bill(self, bill_id: str) -> None:
        bill = self.invoices[bill_id]
        if bill["Status"] not in ("DRAFT", "SUBMITTED"):
            raise ValueError(f"Bill {bill_id} is {bill['Status']}.")
        self.end_invoice(bill, "DELETED")

    # --- money ----------------------------------------------------------------------------

    def bank_account(self) -> Record:
        """The first active bank account; one is made for an organisation that has none."""
        for account in self.accounts.values():
            if account["Type"] == "BANK" and account["Status"] == "ACTIVE":
                return account
        return self.add_account("090", "Business Bank Account", "BANK")

    def pay_bill(
        self,
        bill_id: str,
        amount: Decimal | str,
        on: str,
        reference: str = "",
        batch: str | None = None,
        *,
        reconciled: bool = False,
    ) -> Record:
        """Pay a bill, and return the payment.

        :param batch: the ID of a batch payment, or a reference that names one: the first
            payment with it makes the batch.
        """
        bill = self.invoices[bill_id]
        value = Decimal(amount)
        if bill["Status"] != "AUTHORISED" or not ZERO < value <= bill["AmountDue"]:
            raise ValueError(
                f"Bill {bill_id} is {bill['Status']} with {bill['AmountDue']} due, not {value}."
            )
        account = self.bank_account()
        group = self.batch_of(batch, on, account) if batch else None
        payment = self.record_payment(
            bill, "Invoice", amount=value, on=on, account=account, reference=reference,
            batch=group, reconciled=reconciled,
        )  # fmt: skip
        if group is not None:
            self.add_to_batch(group, payment)
        return payment

    def batch_of(self, key: str, on: str, account: Record) -> Record:
        """The live batch of that ID or reference, made if there is none."""
        for record in self.batch_payments.values():
            named = key in (record["BatchPaymentID"], record["Reference"])
            if named and record["Status"] != "DELETED":
                return record
        record = {
            "BatchPaymentID": self.new_id(),
            "Account": {"AccountID": account["AccountID"], "Code": account.get("Code", "")},
            "Reference": key,
            "Date": on,
            "Type": "PAYBATCH",
            "Status": "AUTHORISED",
            "Payments": [],
            "TotalAmount": ZERO,
            "IsReconciled": False,
            "UpdatedDateUTC": self.now(),
        }
        self.batch_payments[record["BatchPaymentID"]] = record
        return record

    def add_to_batch(self, batch: Record, payment: Record) -> None:
        batch["Payments"].append(
            {
                "PaymentID": payment["PaymentID"],
                "Invoice": dict(payment["Invoice"]),
                "Amount": payment["Amount"],
                "Reference": payment["Reference"],
            }
        )
        batch["TotalAmount"] += payment["Amount"]
        self.stamp(batch)

    def delete_payment(self, payment_id: str) -> None:
        payment = self.payments[payment_id]
        if payment["Status"] == "DELETED":
            raise ValueError(f"Payment {payment_id} is deleted already.")
        self.take_back_payment(payment)

    def delete_batch(self, batch_id: str) -> None:
        """Delete a batch payment with every payment in it."""
        batch = self.batch_payments[batch_id]
        for row in batch["Payments"]:
            self.take_back_payment(self.payments[row["PaymentID"]])
        batch["Status"] = "DELETED"
        self.stamp(batch)

    def add_credit_note(
        self, contact_id: str, lines: Iterable[Mapping[str, Any]], *, number: str = "",
        on: str | None = None, status: str = "AUTHORISED", **fields: Any,
    ) -> Record:  # fmt: skip
        """A supplier's credit note."""
        note = self.blank_credit("CreditNoteID", "ACCPAYCREDIT", status)
        note |= {"CreditNoteNumber": number, "Contact": {"ContactID": contact_id}, **fields}
        put_rate(self, note, fields)
        note["Date"] = on or note["Date"]
        self._put_lines(note, lines)
        self.credit_notes[note["CreditNoteID"]] = note
        self.settle_credit(note)
        return note

    def allocate_credit(self, credit_id: str, bill_id: str, amount: Decimal | str) -> Record:
        """Set a credit note, prepayment or overpayment against a bill."""
        for records in (self.credit_notes, self.prepayments, self.overpayments):
            if credit_id in records:
                return self.allocate(records[credit_id], self.invoices[bill_id], Decimal(amount))
        raise ValueError(f"No credit {credit_id}.")

    def add_prepayment(
        self, contact_id: str, amount: Decimal | str, *, on: str | None = None, **fields: Any
    ) -> Record:
        """A deposit paid to a supplier, to be allocated to bills later."""
        return self._advance("PrepaymentID", "SPEND-PREPAYMENT", contact_id, amount, on, fields)

    def add_overpayment(
        self, contact_id: str, amount: Decimal | str, *, on: str | None = None, **fields: Any
    ) -> Record:
        return self._advance("OverpaymentID", "SPEND-OVERPAYMENT", contact_id, amount, on, fields)

    def _advance(
        self, id_key: str, kind: str, contact_id: str, amount: Decimal | str, on: str | None,
        fields: dict[str, Any],
    ) -> Record:  # fmt: skip
        record = self.blank_credit(id_key, kind, "AUTHORISED")
        record |= {"Contact": {"ContactID": contact_id}, "LineAmountTypes": "NoTax", **fields}
        put_rate(self, record, fields)
        record["Date"] = on or record["Date"]
        self._put_lines(record, [{"Description": "In advance", "UnitAmount": Decimal(amount)}])
        records = self.prepayments if id_key == "PrepaymentID" else self.overpayments
        records[record[id_key]] = record
        self.settle_credit(record)
        return record

    # --- other documents ------------------------------------------------------------------

    def add_purchase_order(
        self, contact_id: str, lines: Iterable[Mapping[str, Any]], *, number: str = "",
        on: str | None = None, status: str = "DRAFT", **fields: Any,
    ) -> Record:  # fmt: skip
        order = self.blank_purchase_order(status)
        order |= {"Contact": {"ContactID": contact_id}, **fields, "Date": on or order["Date"]}
        put_rate(self, order, fields)
        order["PurchaseOrderNumber"] = number or self.next_order_number()
        self._put_lines(order, lines)
        self.purchase_orders[order["PurchaseOrderID"]] = order
        return order

    def add_spend_money(
        self, contact_id: str, lines: Iterable[Mapping[str, Any]], *, on: str | None = None,
        reference: str = "", amount_types: str = "Inclusive", **fields: Any,
    ) -> Record:  # fmt: skip
        """Money spent straight from the bank account, without a bill."""
        record = self.blank_bank_transaction("SPEND", "AUTHORISED")
        record |= {"Contact": {"ContactID": contact_id}, "Reference": reference, **fields}
        put_rate(self, record, fields)
        record |= {"Date": on or record["Date"], "LineAmountTypes": amount_types}
        bank = self.bank_account()
        record["BankAccount"] = {name: bank.get(name, "") for name in ("AccountID", "Code", "Name")}
        self._put_lines(record, lines)
        self.bank_transactions[record["BankTransactionID"]] = record
        return record

    def delete_spend_money(self, transaction_id: str) -> None:
        self.stamp(self.bank_transactions[transaction_id])["Status"] = "DELETED"

    def add_manual_journal(
        self, narration: str, lines: Iterable[Mapping[str, Any]], *, on: str | None = None,
        status: str = "POSTED", **fields: Any,
    ) -> Record:  # fmt: skip
        """*lines* with LineAmount (a debit is positive), AccountCode and perhaps Tracking."""
        from .manual_journals import build

        return build(self, {"Narration": narration, "Date": on or self.today(), "Status": status,
                            "JournalLines": [dict(line) for line in lines], **fields})  # fmt: skip

    def set_lock_date(self, on: str | None, *, year_end: bool = False) -> None:
        """Lock the books up to and including *on*, or unlock them with None."""
        name = "EndOfYearLockDate" if year_end else "PeriodLockDate"
        self.organisation.pop(name, None)
        if on is not None:
            self.organisation[name] = on
