"""What the people of the organisation keep in order: settings, tracking, contacts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from . import contacts
from .settling import Settling
from .state import Record
from .values import same_text

if TYPE_CHECKING:
    from .people import Xero


class MasterData(Settling):
    """Acts of a person in the vendor's own pages."""

    # --- settings -------------------------------------------------------------------------

    def add_account(self, code: str, name: str, kind: str = "EXPENSE", **fields: Any) -> Record:
        """An account of the chart; *kind* such as ``EXPENSE``, ``CURRLIAB``, ``BANK``."""
        account: Record = {
            "AccountID": self.new_id(),
            "Code": code,
            "Name": name,
            "Status": "ACTIVE",
            "Type": kind,
            "TaxType": "NONE",
            "Class": CLASSES[kind],
            "EnablePaymentsToAccount": False,
            "ShowInExpenseClaims": False,
            "SystemAccount": "",
            "ReportingCode": "",
            "HasAttachments": False,
            "UpdatedDateUTC": self.now(),
            "AddToWatchlist": False,
            **fields,
        }
        self.accounts[account["AccountID"]] = account
        return account

    def add_tax_rate(self, tax_type: str, name: str, percent: str, **fields: Any) -> Record:
        """A tax rate of one component; *percent* such as ``"15"``. Keyed by its GUID-less type."""
        rate = Decimal(percent)
        record: Record = {
            "Name": name,
            "TaxType": tax_type,
            "Status": "ACTIVE",
            "ReportTaxType": tax_type,
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": True,
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": True,
            "DisplayTaxRate": rate,
            "EffectiveRate": rate,
            "TaxComponents": [
                {"Name": name, "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
            ],
            **fields,
        }
        self.tax_rates[tax_type] = record
        return record

    def add_currency(self, code: str, description: str = "") -> Record:
        record = {"Code": code, "Description": description}
        self.currencies[code] = record
        return record

    def add_item(self, code: str, name: str = "", **fields: Any) -> Record:
        """A price list item, untracked, bought and sold unless *fields* say otherwise."""
        record: Record = {
            "ItemID": self.new_id(),
            "Code": code,
            "Name": name,
            "Description": "",
            "PurchaseDescription": "",
            "PurchaseDetails": {},
            "SalesDetails": {},
            "IsSold": True,
            "IsPurchased": True,
            "IsTrackedAsInventory": False,
            "UpdatedDateUTC": self.now(),
            **fields,
        }
        self.items[record["ItemID"]] = record
        return record

    def add_user(self, first: str, last: str, email: str, role: str = "STANDARD") -> Record:
        record: Record = {
            "UserID": self.new_id(),
            "EmailAddress": email,
            "FirstName": first,
            "LastName": last,
            "UpdatedDateUTC": self.now(),
            "IsSubscriber": False,
            "OrganisationRole": role,
        }
        self.users[record["UserID"]] = record
        return record

    # --- tracking -------------------------------------------------------------------------

    def add_tracking_category(self, name: str, options: Iterable[str] = ()) -> Record:
        record: Record = {
            "TrackingCategoryID": self.new_id(),
            "Name": name,
            "Status": "ACTIVE",
            "Options": [],
        }
        self.tracking_categories[record["TrackingCategoryID"]] = record
        for option in options:
            self.add_option(record["TrackingCategoryID"], option)
        return record

    def add_option(self, category: str, name: str) -> Record:
        """*category* by ID or name."""
        option = {"TrackingOptionID": self.new_id(), "Name": name, "Status": "ACTIVE"}
        self.category(category)["Options"].append(option)
        return option

    def category(self, key: str) -> Record:
        if key in self.tracking_categories:
            return self.tracking_categories[key]
        for record in self.tracking_categories.values():
            if same_text(record["Name"], key):
                return record
        raise ValueError(f"No tracking category {key!r}.")

    def option(self, key: str) -> Record:
        """By ID, or by a name that only one option has."""
        found: list[Record] = [
            option
            for record in self.tracking_categories.values()
            for option in record["Options"]
            if option["TrackingOptionID"] == key or same_text(option["Name"], key)
        ]
        if len(found) != 1:
            raise ValueError(f"{len(found)} tracking options are {key!r}.")
        return found[0]

    def rename_option(self, key: str, name: str) -> None:
        self.option(key)["Name"] = name

    def archive_option(self, key: str) -> None:
        self.option(key)["Status"] = "ARCHIVED"

    def delete_option(self, key: str) -> None:
        """Only an option that no line uses."""
        option = self.option(key)
        if self.option_is_used(option["TrackingOptionID"]):
            raise ValueError(f"Tracking option {key!r} is used.")
        for record in self.tracking_categories.values():
            record["Options"] = [o for o in record["Options"] if o is not option]

    # --- contacts -------------------------------------------------------------------------

    def add_contact(self, name: str, **fields: Any) -> Record:
        """A new contact; Addresses and Phones are merged by type into the standard ones.

        Names are not checked for uniqueness here, so that a large world is made quickly.
        """
        contact = self.blank_contact(name)
        contact.update({k: v for k, v in fields.items() if k not in ("Addresses", "Phones")})
        contacts.write(cast("Xero", self), contact, fields)
        return contact

    def edit_contact(self, contact_id: str, **fields: Any) -> Record:
        contact = self.contacts[contact_id]
        rest = {key: fields[key] for key in fields if key not in ("Addresses", "Phones")}
        contact.update(rest)
        contacts.write(cast("Xero", self), contact, fields)
        return contact

    def archive_contact(self, contact_id: str) -> None:
        self._contact_status(contact_id, "ARCHIVED")

    def restore_contact(self, contact_id: str) -> None:
        """A person can do what the API cannot."""
        self._contact_status(contact_id, "ACTIVE")

    def anonymise_contact(self, contact_id: str) -> None:
        """A privacy request: the contact stays, its name and details are gone."""
        contact = self.contacts[contact_id]
        blank = self.blank_contact(f"Removed {contact_id[:8]}")
        del self.contacts[blank["ContactID"]]
        contact.update({**blank, "ContactID": contact_id})
        self._contact_status(contact_id, "GDPRREQUEST")

    def _contact_status(self, contact_id: str, status: str) -> None:
        self.stamp(self.contacts[contact_id])["ContactStatus"] = status

    def merge_contacts(self, gone: str, into: str) -> None:
        """Merge the contact *gone* into another: its documents move, its ID stays behind."""
        for records in (self.invoices, self.credit_notes, self.purchase_orders,
                        self.bank_transactions, self.prepayments, self.overpayments):  # fmt: skip
            for record in records.values():
                if record["Contact"]["ContactID"] == gone:
                    record["Contact"] = {"ContactID": into}
                    self.stamp(record)
        self.contacts[gone]["MergedToContactID"] = into
        self._contact_status(gone, "ARCHIVED")
        self.contacts[into]["IsSupplier"] |= self.contacts[gone]["IsSupplier"]
        self.stamp(self.contacts[into])

    def add_contact_group(self, name: str) -> Record:
        record: Record = {
            "ContactGroupID": self.new_id(),
            "Name": name,
            "Status": "ACTIVE",
            "ContactIDs": [],
        }
        self.contact_groups[record["ContactGroupID"]] = record
        return record

    def put_in_group(self, contact_id: str, group: str) -> None:
        """*group* by name; it is made if there is none."""
        record = self._group(group) or self.add_contact_group(group)
        if contact_id not in record["ContactIDs"]:
            record["ContactIDs"].append(contact_id)

    def take_out_of_group(self, contact_id: str, group: str) -> None:
        record = self._group(group)
        if record is not None and contact_id in record["ContactIDs"]:
            record["ContactIDs"].remove(contact_id)

    def _group(self, name: str) -> Record | None:
        for record in self.contact_groups.values():
            if record["Status"] == "ACTIVE" and same_text(record["Name"], name):
                return record
        return None


CLASSES = {
    "BANK": "ASSET", "CURRENT": "ASSET", "CURRLIAB": "LIABILITY", "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE", "EQUITY": "EQUITY", "EXPENSE": "EXPENSE", "FIXED": "ASSET",
    "INVENTORY": "ASSET", "LIABILITY": "LIABILITY", "NONCURRENT": "ASSET",
    "OTHERINCOME": "REVENUE", "OVERHEADS": "EXPENSE", "PREPAYMENT": "ASSET",
    "REVENUE": "REVENUE", "SALES": "REVENUE", "TERMLIAB": "LIABILITY", "PAYG": "LIABILITY",
}  # fmt: skip
