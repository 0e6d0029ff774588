"""Reads that do not yet show what was just made, as where lists lag behind writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .calls import Calls

_IDS = {
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "PurchaseOrders": "PurchaseOrderID",
    "Contacts": "ContactID",
    "Items": "ItemID",
    "Options": "TrackingOptionID",
    "BankTransactions": "BankTransactionID",
    "Payments": "PaymentID",
}


def without_the_new(body: bytes, side: str, path: str, calls: Calls) -> bytes | None:
    """Return *body* without the records that the remembered writes to *side* have made.

    None where the one record that *path* asks for is among them.
    """
    made: set[Any] = set()
    for call in calls.writes(side):
        sent = set(_ids(_read(call.body)))
        made |= set(_ids(_read(call.response))) - sent
    asked = _read(body)
    left = _left(asked, made)
    one = isinstance(asked, dict) and path.rsplit("/", 1)[-1] not in _IDS
    if one and any(asked[name] and not left[name] for name in _IDS if name in asked):
        return None
    return json.dumps(left).encode()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _ids(value: Any, under: str = "") -> Iterator[Any]:
    """Yield the ids of the records in *value*, by the lists that they stand in."""
    if isinstance(value, list):
        for each in value:
            yield from _ids(each, under)
    if isinstance(value, dict):
        own = value.get(_IDS.get(under, "id"))
        if own is not None:
            yield own
        for name, inner in value.items():
            yield from _ids(inner, name)


def _left(value: Any, made: set[Any], under: str = "") -> Any:
    if isinstance(value, list):
        return [_left(each, made, under) for each in value if not made & set(_own(each, under))]
    if isinstance(value, dict):
        return {name: _left(inner, made, name) for name, inner in value.items()}
    return value


def _own(value: Any, under: str) -> Iterator[Any]:
    if isinstance(value, dict) and (own := value.get(_IDS.get(under, "id"))) is not None:
        yield own
