"""What Xero answers to a bill, worked out from its documentation and not from our code.

Lines are rounded half up one by one, then summed; a subtotal is always without tax.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
MS_OF_DAY = 86_400_000


def answer_to(payload: Mapping[str, Any], *, rate: str = "0.10", **given: Any) -> dict[str, Any]:
    """Return the bill that Xero shows after *payload* was saved; *rate* taxes every line."""
    kind = payload["LineAmountTypes"]
    lines = [_line(line, kind, Decimal(rate)) for line in payload["LineItems"]]
    amount = sum((line["LineAmount"] for line in lines), Decimal(0))
    tax = sum((line["TaxAmount"] for line in lines), Decimal(0))
    inside = kind == "Inclusive"
    day = (date.fromisoformat(payload["Date"]) - date(1970, 1, 1)).days
    return {
        "InvoiceID": "bill-1",
        "Type": "ACCPAY",
        "Status": payload.get("Status", "DRAFT"),
        "InvoiceNumber": payload["InvoiceNumber"],
        "Reference": "",
        "Url": payload["Url"],
        "Contact": {"ContactID": payload["Contact"]["ContactID"], "Name": "As Xero calls it"},
        "Date": f"/Date({day * MS_OF_DAY}+0000)/",
        "DateString": f"{payload['Date']}T00:00:00",
        "LineAmountTypes": kind,
        "SubTotal": amount - tax if inside else amount,
        "TotalTax": tax,
        "Total": amount if inside else amount + tax,
        "AmountPaid": Decimal("0.00"),
        "LineItems": lines,
        **given,
    }


def _line(line: Mapping[str, Any], kind: str, rate: Decimal) -> dict[str, Any]:
    amount = (line["Quantity"] * line["UnitAmount"]).quantize(CENT, ROUND_HALF_UP)
    tax = {
        "Exclusive": (amount * rate).quantize(CENT, ROUND_HALF_UP),
        "Inclusive": amount - (amount / (1 + rate)).quantize(CENT, ROUND_HALF_UP),
        "NoTax": Decimal("0.00"),
    }[kind]
    return {
        **line,
        "LineItemID": "line",
        "LineAmount": amount,
        "TaxAmount": tax,
        "Tracking": [
            {"TrackingCategoryID": "c", "TrackingOptionID": "o", **each}
            for each in line["Tracking"]
        ],
    }
