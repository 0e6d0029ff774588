"""What a Xero organisation is, and the lists it keeps: accounts, tracking options, items."""

from __future__ import annotations

from collections.abc import Sequence

from .elements import Element, item_code
from .wire import Record
from .xero_calls import Batched, XeroCalls

ITEMS = Batched("Items", "items", "ItemID", item_code, most=100)
"""Xero takes 500 items in a call, and recommends at most this many."""


class XeroOrganisation(XeroCalls):
    """A part of the client of one organisation."""

    def organisation(self) -> Record:
        """Source: ``GET /Organisation``."""
        return self._first("/Organisation", "Organisations")

    def actions(self) -> list[Record]:
        """Return what the sign-in may do, ``{Name, Status}``.

        Source: ``GET /Organisation/Actions``.
        """
        return self._list("/Organisation/Actions", "Actions")

    def accounts(self) -> list[Record]:
        """Source: ``GET /Accounts``, archived ones included."""
        return self._list("/Accounts", "Accounts")

    def tracking_categories(self) -> list[Record]:
        """Source: ``GET /TrackingCategories?includeArchived=true``, each with its options."""
        params = [("includeArchived", "true")]
        return self._list("/TrackingCategories", "TrackingCategories", params)

    def create_tracking_option(self, category_id: str, payload: Record, key: str) -> Element:
        """Source: ``PUT /TrackingCategories/{id}/Options``, one option a call."""
        path = f"/TrackingCategories/{category_id}/Options"
        return self._write_one("PUT", path, payload, key, "Options", "TrackingOptionID")

    def update_tracking_option(
        self, category_id: str, option_id: str, payload: Record, key: str
    ) -> Element:
        """Source: ``POST /TrackingCategories/{id}/Options/{id}``."""
        path = f"/TrackingCategories/{category_id}/Options/{option_id}"
        return self._write_one("POST", path, payload, key, "Options", "TrackingOptionID")

    def items(self) -> list[Record]:
        """Source: ``GET /Items``, which knows no pages."""
        return self._list("/Items", "Items", [("unitdp", "4")])

    def create_items(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 100 items, each for itself; a code that is taken is refused.

        Source: ``PUT /Items?summarizeErrors=false``.
        """
        return self._write_each("PUT", ITEMS, payloads, key)

    def update_items(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 100 items by ``ItemID``; fields not sent stay as they are.

        Source: ``POST /Items?summarizeErrors=false``.

        :raises ValueError: for one without its id, which Xero would look up by code.
        """
        if not all(payload.get("ItemID") for payload in payloads):
            raise ValueError("an item is updated by its ItemID only")
        return self._write_each("POST", ITEMS, payloads, key)
