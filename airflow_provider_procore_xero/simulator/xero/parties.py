"""The contact of a document: found, made by name, or changed by a careless payload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from . import contacts
from .state import moment_text
from .values import same_text

if TYPE_CHECKING:
    from .lines import Notes
    from .people import Xero
    from .state import Record

ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)
MISSING = "A Contact must be specified for this type of transaction"

Settle = Callable[[], "Record"]


def party(xero: Xero, sent: Record | None, notes: Notes, *, may_create: bool) -> Settle | None:
    """A function that settles the document's contact, to be called once all else is well.

    It makes a contact for a new name, and writes fields beside the ContactID into the
    existing one, ContactPersons included: those not sent are gone.
    """
    if not isinstance(sent, dict):
        notes.errors.append(MISSING)
        return None
    if not any(sent.get(key) for key in ("ContactID", "ContactNumber", "Name")):
        notes.errors.append(contacts.NOBODY if may_create else MISSING)
        return None
    found = contacts.match(xero, sent)
    if found is None:
        return _made(xero, sent, notes, may_create=may_create)
    if found["ContactStatus"] != "ACTIVE":
        notes.errors.append(ARCHIVED)
        return None
    return _changed(xero, found, sent, notes)


def _made(xero: Xero, sent: Record, notes: Notes, *, may_create: bool) -> Settle | None:
    if not may_create:
        notes.errors.append(MISSING)
        return None
    if "ContactID" in sent or not sent.get("Name"):
        notes.errors.append("The contact with the specified details could not be found.")
        return None
    notes.errors += contacts.problems(xero, sent, but=None)
    return lambda: contacts.create(xero, sent)


def _changed(xero: Xero, found: Record, sent: Record, notes: Notes) -> Settle:
    extra = {key: value for key, value in sent.items() if key != "ContactID"}
    if "ContactID" not in sent:
        # What identified the contact is not a change of it.
        extra = {k: v for k, v in extra.items() if not same_text(found.get(k), v)}
    writable = {*contacts.TEXTS, *contacts.REPLACED, "Addresses", "Phones"}
    if not writable & extra.keys():
        return lambda: found
    notes.errors += contacts.problems(xero, extra, but=found["ContactID"])

    def settle() -> Record:
        contacts.write(xero, found, {"ContactPersons": [], **extra})
        return found

    return settle


def short(xero: Xero, contact_id: str) -> Record:
    """The contact as reads of documents nest it: its ID and its name of today."""
    contact = xero.contacts.get(contact_id, {})
    return {"ContactID": contact_id, "Name": contact.get("Name", "")}


def long(xero: Xero, contact_id: str) -> Record:
    """The contact as answers to writes nest it.

    Its ``UpdatedDateUTC`` is local time labelled as UTC, so hours in the future: recorded
    from the real API, and a trap for whoever takes it for a cursor.
    """
    contact = xero.contacts[contact_id]
    local = xero.clock.now() + timedelta(hours=xero.utc_offset_hours())
    return {
        **contact,
        "Addresses": [a for a in contact["Addresses"] if any(list(a.values())[1:])],
        "Phones": [p for p in contact["Phones"] if p.get("PhoneNumber")],
        "UpdatedDateUTC": moment_text(local),
        "ContactGroups": [],
        "HasValidationErrors": False,
        "ValidationErrors": [],
    }
