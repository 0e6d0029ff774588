"""Bill payloads for the simulator's chart and its first contact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.contract.conftest import World

Record = dict[str, Any]


def a_bill(world: World, number: str = "SC-1", **changes: Any) -> Record:
    contact = next(
        c for c in world.simulator.xero.contacts.values() if c["ContactStatus"] == "ACTIVE"
    )
    line = {
        "Description": "Footings",
        "Quantity": 1,
        "UnitAmount": Decimal("1000.00"),
        "AccountCode": "310",
    }
    bill = {
        "Type": "ACCPAY",
        "InvoiceNumber": number,
        "Contact": {"ContactID": contact["ContactID"]},
        "Date": "2026-11-20",
        "DueDate": "2026-12-20",
        "LineAmountTypes": "Exclusive",
        "Status": "DRAFT",
        "LineItems": [line],
    }
    return {**bill, **changes}


def standing(world: World, number: str) -> list[Record]:
    """The bills of this number that stand in Xero."""
    return [b for b in world.simulator.xero.invoices.values() if b["InvoiceNumber"] == number]
