"""Reading what Xero says about each element of a batch.

A 200 does not mean that everything was saved, and a 400 does not mean that nothing was. An element
is saved when it has an id that is not all zeros and is not marked as an error.
Source: developer.xero.com, Requests and responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .wire import Record

NO_ID = "00000000-0000-0000-0000-000000000000"

_LOSES_DATA = re.compile(
    r"\b(removed|ignored|dropped|discarded|not (be(en)? )?(applied|saved|updated|set)"
    r"|may have .* updated)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of Xero's answer to a write.

    :param record: what Xero sent back. Of a refused update it echoes what was asked for.
    :param saved: it stands in Xero now. A saved element with *errors* stands there with
        something left out: remember its id, and have someone look.
    :param errors: why it was not saved, or what was left out of it.
    :param warnings: everything else Xero remarked.
    :param silent: it has neither an id nor a word on why: nobody knows what became of it.
    """

    record: Record
    saved: bool
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    silent: bool = False


def element(record: Record, id_field: str) -> Element:
    """Read one element; *id_field* is ``InvoiceID`` or the like."""
    errors = tuple(dict.fromkeys(_messages(record, "ValidationErrors")))
    warnings = tuple(dict.fromkeys(_messages(record, "Warnings")))
    marked = (
        record.get("StatusAttributeString") == "ERROR"
        or record.get("HasErrors") is True
        or record.get("HasValidationErrors") is True
        or bool(list(_own_messages(record, "ValidationErrors")))
    )
    saved = (record.get(id_field) or NO_ID) != NO_ID and not marked
    losses = tuple(text for text in warnings if _LOSES_DATA.search(text))
    silent = not saved and not errors and not marked
    if not saved and not errors:
        errors = (_silent(marked),)
    return Element(
        record=record,
        saved=saved,
        errors=errors + losses,
        warnings=tuple(text for text in warnings if text not in losses),
        silent=silent,
    )


def _silent(marked: bool) -> str:
    if marked:
        return "Xero marked it as an error without saying why."
    return "Xero answered without an id, so it was not saved."


def _messages(record: Record, key: str) -> Iterator[str]:
    """The element's own messages, then its lines' and its contact's."""
    yield from _own_messages(record, key)
    nested = [record.get("Contact"), *(record.get("LineItems") or [])]
    for child in nested:
        if isinstance(child, dict):
            yield from _own_messages(child, key)


def _own_messages(record: Record, key: str) -> Iterator[str]:
    for message in record.get(key) or []:
        text = message.get("Message") or message.get("Description")
        if text:
            yield text


Identity = Callable[[Record], tuple[Any, ...]]
"""What tells elements of one batch apart, beside their ids."""


def number_and_contact(bill: Record) -> tuple[Any, ...]:
    """Return what tells bills apart: all claims on one purchase order share its number."""
    contact = bill.get("Contact") or {}
    number = str(bill.get("InvoiceNumber") or "").strip()
    return number, contact.get("ContactID"), bill.get("Url")


def credit_number_and_contact(note: Record) -> tuple[Any, ...]:
    """Return what tells credit notes apart."""
    contact = note.get("Contact") or {}
    return str(note.get("CreditNoteNumber") or "").strip(), contact.get("ContactID")


def item_code(item: Record) -> tuple[Any, ...]:
    """Return what tells items apart; Xero has each code once."""
    return (str(item.get("Code") or "").strip(),)


def order_number_and_contact(order: Record) -> tuple[Any, ...]:
    """Return what tells purchase orders apart."""
    contact = order.get("Contact") or {}
    return str(order.get("PurchaseOrderNumber") or "").strip(), contact.get("ContactID")


def number_and_name(contact: Record) -> tuple[Any, ...]:
    """Return what tells contacts apart; Xero has each of the two only once, whatever the case."""
    number, name = contact.get("ContactNumber") or "", contact.get("Name") or ""
    return number.casefold(), name.casefold()


def in_order_sent(
    sent: Sequence[Record],
    answered: Sequence[Record],
    id_field: str = "InvoiceID",
    identity: Identity = number_and_contact,
) -> list[Record] | None:
    """Return *answered* in the order of *sent*, or None where they can't be told apart.

    Xero keeps the order but does not promise it, so ids and what *identity* returns have to agree.
    """
    if len(sent) != len(answered):
        return None

    def same(mine: Record, theirs: Record) -> bool:
        if mine.get(id_field) and theirs.get(id_field):
            return bool(mine[id_field] == theirs[id_field])
        pairs = zip(identity(mine), identity(theirs), strict=True)
        return all(a == b for a, b in pairs if a and b)

    if all(same(mine, theirs) for mine, theirs in zip(sent, answered, strict=True)):
        return list(answered)
    left = list(answered)
    ordered = []
    for mine in sent:
        matches = [theirs for theirs in left if _is(mine, theirs, id_field, identity)]
        if len(matches) != 1:
            return None
        left.remove(matches[0])
        ordered.append(matches[0])
    return ordered


def _is(mine: Record, theirs: Record, id_field: str, identity: Identity) -> bool:
    """By id where one was sent, else by everything that *identity* returns."""
    if mine.get(id_field):
        return bool(theirs.get(id_field) == mine[id_field])
    return identity(theirs) == identity(mine)
