"""Xero's purchase orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from .elements import Element, order_number_and_contact
from .wire import Record
from .xero_calls import Batched, XeroCalls

PURCHASE_ORDERS = Batched(
    "PurchaseOrders", "purchase orders", "PurchaseOrderID", order_number_and_contact
)


class XeroOrders(XeroCalls):
    """A part of the client of one organisation."""

    def purchase_orders(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield purchase orders with their lines, deleted ones included as Xero lists them.

        Source: ``GET /PurchaseOrders``, always paged; it filters by neither id nor number.
        """
        params = [("order", "PurchaseOrderID ASC")]
        return self._pages(
            "/PurchaseOrders", "PurchaseOrders", params, modified_since=modified_since
        )

    def purchase_order(self, key: str) -> Record | None:
        """Return one purchase order by id or by number, or None where Xero has none.

        Source: ``GET /PurchaseOrders/{id or number}``.
        """
        return self._known(f"/PurchaseOrders/{quote(key, safe='')}", "PurchaseOrders")

    def create_purchase_orders(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 50 purchase orders, each for itself, in the order sent.

        Never by ``POST``: that edits whatever order has the number already.
        Source: ``PUT /PurchaseOrders?summarizeErrors=false``; unit amounts have four places.
        """
        return self._write_each("PUT", PURCHASE_ORDERS, payloads, key)

    def update_purchase_orders(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 purchase orders by ``PurchaseOrderID``, or delete them.

        Lines not sent back are deleted; without ``LineItems`` all stay.
        Source: ``POST /PurchaseOrders?summarizeErrors=false``.

        :raises ValueError: for one without its id, which Xero would look up by number.
        """
        if not all(payload.get("PurchaseOrderID") for payload in payloads):
            raise ValueError("a purchase order is updated by its PurchaseOrderID only")
        return self._write_each("POST", PURCHASE_ORDERS, payloads, key)
