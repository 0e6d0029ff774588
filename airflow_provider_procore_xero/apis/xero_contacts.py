"""Xero's contacts and the groups they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from .elements import Element, number_and_name
from .wire import Record
from .xero_calls import Batched, XeroCalls, filters

CONTACTS = Batched("Contacts", "contacts", "ContactID", number_and_name)


class XeroContacts(XeroCalls):
    """A part of the client of one organisation."""

    def contact_groups(self) -> list[Record]:
        """Return the active groups, without members. Source: ``GET /ContactGroups``."""
        return self._list("/ContactGroups", "ContactGroups")

    def contact_group(self, group_id: str) -> Record:
        """Return one group with its members' ids. Source: ``GET /ContactGroups/{id}``."""
        return self._first(f"/ContactGroups/{group_id}", "ContactGroups")

    def contacts(
        self, *, modified_since: datetime | None = None, ids: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Yield contacts in full, archived ones too.

        Source: ``GET /Contacts?includeArchived=true``, 1,000 a page, ids in forties.
        """
        params = [("includeArchived", "true"), ("order", "ContactID ASC")]
        for chosen in filters("IDs", ids):
            yield from self._pages(
                "/Contacts", "Contacts", [*params, *chosen], modified_since=modified_since
            )

    def create_contacts(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 50 contacts, each for itself; the elements come in the order sent.

        One whose name or number is taken is refused, never merged: that is what PUT is for.

        Source: ``PUT /Contacts?summarizeErrors=false``.

        :raises InDoubt: when nobody can say what became of which contact.
        """
        return self._write_each("PUT", CONTACTS, payloads, key)

    def update_contacts(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 contacts by ``ContactID``; fields and lists left out stay as they are.

        Source: ``POST /Contacts?summarizeErrors=false``.
        """
        return self._write_each("POST", CONTACTS, payloads, key)
