"""Records as the organisation makes them: every property there, nothing in it yet."""

from __future__ import annotations

from decimal import Decimal

from .state import Books, Record

ZERO = Decimal("0.00")
ONE = Decimal("1.000000")


class Blanks(Books):
    """Blank records, and the look-ups by the keys that lines use."""

    def blank_contact(self, name: str) -> Record:
        """A new active contact, kept, with its two addresses and four phones."""
        key = self.new_id()
        empty = {"City": "", "Region": "", "PostalCode": "", "Country": ""}
        phone = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
        contact = {
            "ContactID": key,
            "ContactStatus": "ACTIVE",
            "Name": name,
            "EmailAddress": "",
            "BankAccountDetails": "",
            "Addresses": [{"AddressType": kind, **empty} for kind in ("STREET", "POBOX")],
            "Phones": [
                {"PhoneType": kind, **phone} for kind in ("DEFAULT", "DDI", "FAX", "MOBILE")
            ],
            "UpdatedDateUTC": self.now(),
            "IsSupplier": False,
            "IsCustomer": False,
            "ContactPersons": [],
            "SalesTrackingCategories": [],
            "PurchasesTrackingCategories": [],
            "HasAttachments": False,
        }
        self.contacts[key] = contact
        return contact

    def _document(self, id_key: str, status: str) -> Record:
        return {
            id_key: self.new_id(),
            "Status": status,
            "Date": self.today(),
            "LineAmountTypes": "Exclusive",
            "LineItems": [],
            "SubTotal": ZERO,
            "TotalTax": ZERO,
            "Total": ZERO,
            "UpdatedDateUTC": self.now(),
            "CurrencyCode": self.organisation["BaseCurrency"],
            "CurrencyRate": ONE,
            "HasAttachments": False,
        }

    def blank_invoice(self, kind: str, status: str) -> Record:
        """Not kept yet."""
        return {
            "Type": kind,
            "InvoiceNumber": "",
            "Reference": "",
            **self._document("InvoiceID", status),
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "AmountDue": ZERO,
            "AmountPaid": ZERO,
            "AmountCredited": ZERO,
            "SentToContact": False,
        }

    def blank_credit(self, id_key: str, kind: str, status: str) -> Record:
        """A credit note, prepayment or overpayment; not kept yet."""
        return {
            "Type": kind,
            **self._document(id_key, status),
            "RemainingCredit": ZERO,
            "AppliedAmount": ZERO,
            "Allocations": [],
            "Payments": [],
        }

    def blank_purchase_order(self, status: str) -> Record:
        """Not kept yet."""
        return {
            "Type": "PURCHASEORDER",
            "PurchaseOrderNumber": "",
            "Reference": "",
            **self._document("PurchaseOrderID", status),
            "SentToContact": False,
            "IsDiscounted": False,
        }

    def blank_bank_transaction(self, kind: str, status: str) -> Record:
        """Not kept yet."""
        return {
            "Type": kind,
            "Reference": "",
            **self._document("BankTransactionID", status),
            "LineAmountTypes": "Inclusive",
            "IsReconciled": False,
        }

    def next_order_number(self) -> str:
        used = {order["PurchaseOrderNumber"] for order in self.purchase_orders.values()}
        number = 1
        while f"PO-{number:04d}" in used:
            number += 1
        return f"PO-{number:04d}"

    def item_of_code(self, code: str) -> Record | None:
        return next((i for i in self.items.values() if i["Code"] == code), None)

    def account_of(self, key: str) -> Record | None:
        """By AccountID or by Code."""
        if found := self.accounts.get(key.lower()):
            return found
        return next((a for a in self.accounts.values() if a.get("Code") == key), None)

    def tax_rate_of(self, kind: str) -> Record | None:
        return next((r for r in self.tax_rates.values() if r["TaxType"] == kind), None)

    def currency_codes(self) -> set[str]:
        return {currency["Code"] for currency in self.currencies.values()}

    def option_is_used(self, option_id: str) -> bool:
        """Whether any line of any document carries the option."""
        documents = (
            self.invoices, self.credit_notes, self.purchase_orders, self.bank_transactions,
            self.manual_journals, self.prepayments, self.overpayments,
        )  # fmt: skip
        return any(
            tracking["TrackingOptionID"] == option_id
            for records in documents
            for record in records.values()
            for line in (*record.get("LineItems", ()), *record.get("JournalLines", ()))
            for tracking in line.get("Tracking", ())
        )
