"""What the simulator answers has no property that the vendor's OpenAPI lacks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.simulator.xero_world import Office, a_bill, a_line, acme, an_order, approved

pytest_plugins = ["tests.simulator.xero_office"]

SPECS = "PROCORE_XERO_SPECS"
# In recorded answers of the real API, or in its newer description, but not in the 16.1 file.
KNOWN_BESIDES = {
    "ID", "HasErrors", "HasValidationErrors", "IsDiscounted", "HasAccount", "BankAmount",
    "UpdatedDateUTCString", "DateString", "DueDateString", "DeliveryDateString",
    "ExpectedArrivalDateString", "AccountID", "ValidationErrors", "Warnings", "Type",
    "StatusAttributeString", "BatchPayment", "IsBlank", "APIKey", "Total", "IsNonRecoverable",
    "HasAttachments", "AddToWatchlist", "ContactGroups", "Date", "TaxAmount", "Reference",
    "FullyPaidOnDate", "Payments", "Prepayments", "Overpayments", "CreditNotes",
    "IsActive", "IsArchived", "IsDeleted",
}  # fmt: skip


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    folder = os.environ.get(SPECS)
    if not folder:
        pytest.skip(f"Set {SPECS} to a folder with xero_accounting.yaml to compare the answers.")
    text = (Path(folder) / "xero_accounting.yaml").read_text()
    found: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)["components"]["schemas"]
    return found


@pytest.fixture
def full(office: Office) -> Office:
    """One record of each kind."""
    xero, contact = office.xero, acme(office)
    line = a_line(Tracking=[{"Name": "Job", "Option": "J-1001"}])
    office.save("PUT", "/PurchaseOrders", an_order(office, LineItems=[line]))
    office.save("PUT", "/Invoices", a_bill(office, LineItems=[line]))
    xero.pay_bill(approved(office)["InvoiceID"], "10.00", "2026-11-15", batch="EFT 1")
    note = xero.add_credit_note(contact, [line])
    xero.allocate_credit(note["CreditNoteID"], approved(office)["InvoiceID"], "5.00")
    xero.add_prepayment(contact, "5.00")
    xero.add_overpayment(contact, "5.00")
    xero.add_spend_money(contact, [line])
    xero.add_item("03-300", PurchaseDetails={"UnitPrice": 1, "AccountCode": "310"})
    xero.add_user("Ann", "Lee", "ann@acme.example")
    xero.add_currency("NZD", "New Zealand Dollar")
    xero.put_in_group(contact, "Procore")
    lines = [{"LineAmount": amount, "AccountCode": "310"} for amount in ("5", "-5")]
    xero.add_manual_journal("PC-ADJ-77", lines)
    return office


@pytest.mark.parametrize(
    ("plural", "schema"),
    [
        ("Accounts", "Account"),
        ("BankTransactions", "BankTransaction"),
        ("BatchPayments", "BatchPayment"),
        ("ContactGroups", "ContactGroup"),
        ("Contacts", "Contact"),
        ("CreditNotes", "CreditNote"),
        ("Currencies", "Currency"),
        ("Invoices", "Invoice"),
        ("Items", "Item"),
        ("ManualJournals", "ManualJournal"),
        ("Organisation", "Organisation"),
        ("Overpayments", "Overpayment"),
        ("Payments", "Payment"),
        ("Prepayments", "Prepayment"),
        ("PurchaseOrders", "PurchaseOrder"),
        ("TaxRates", "TaxRate"),
        ("TrackingCategories", "TrackingCategory"),
        ("Users", "User"),
    ],
)
def test_every_property_is_in_the_openapi(
    schemas: dict[str, Any], full: Office, plural: str, schema: str
):
    answer = full.get(f"/{plural}", page="1")

    rows = answer[plural] if plural in answer else answer[f"{plural}s"]
    assert rows
    strangers = {name for row in rows for name in unknown(row, schemas[schema], schemas)}
    assert not strangers


def unknown(row: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "") -> list[str]:
    """The paths of properties that neither the description nor a recording has."""
    schema = resolved(schema, schemas)
    if isinstance(row, list):
        return [
            name for item in row for name in unknown(item, schema.get("items", {}), schemas, at)
        ]
    if not isinstance(row, dict):
        return []
    properties = schema.get("properties", {})
    found = []
    for name, value in row.items():
        if name in properties:
            found += unknown(value, properties[name], schemas, f"{at}{name}.")
        elif name not in KNOWN_BESIDES:
            found.append(f"{at}{name}")
    return found


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    return schema
