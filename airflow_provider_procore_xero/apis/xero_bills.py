"""Xero's bills, what is credited and paid on them, and the files that hang on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from .elements import Element, credit_number_and_contact, number_and_contact
from .transport import Resend
from .wire import Record
from .xero_calls import API, Batched, XeroCalls, filters

BILLS = Batched("Invoices", "bills", "InvoiceID", number_and_contact)
CREDIT_NOTES = Batched("CreditNotes", "credit notes", "CreditNoteID", credit_number_and_contact)


class XeroBills(XeroCalls):
    """A part of the client of one organisation."""

    def bills(
        self,
        *,
        modified_since: datetime | None = None,
        ids: Sequence[str] = (),
        numbers: Sequence[str] = (),
        contacts: Sequence[str] = (),
    ) -> Iterator[Record]:
        """Yield bills (``ACCPAY``) with their lines, of any status; numbers are not unique.

        Source: ``GET /Invoices?unitdp=4``, 1,000 a page, *ids*, *numbers* or ids of *contacts* in
        forties.
        """
        if ids or numbers or contacts:
            yield from self._chosen_bills(ids, numbers, contacts)
            return
        params = [("where", 'Type=="ACCPAY"'), ("order", "InvoiceID ASC"), ("unitdp", "4")]
        yield from self._pages("/Invoices", "Invoices", params, modified_since=modified_since)

    def create_bills(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 50 bills, each for itself; the elements come in the order sent.

        Source: ``PUT /Invoices?summarizeErrors=false&unitdp=4``.

        :param key: the batch's Idempotency-Key, at most 128 characters; Xero knows it for six
            minutes, so it covers one resending here and nothing later.
        :raises InDoubt: when nobody can say what became of which bill.
        """
        return self._write_each("PUT", BILLS, payloads, key)

    def update_bills(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 bills by ``InvoiceID``; lines not sent back are deleted by Xero.

        Source: ``POST /Invoices?summarizeErrors=false&unitdp=4``.
        """
        return self._write_each("POST", BILLS, payloads, key)

    def attachments(self, plural: str, record_id: str) -> list[Record]:
        """Return the files that hang on one record of ``/{plural}``.

        Source: ``GET /{plural}/{id}/Attachments``.
        """
        return self._list(f"/{plural}/{record_id}/Attachments", "Attachments")

    def attach_pdf(self, plural: str, record_id: str, name: str, content: bytes) -> None:
        """Hang a PDF on one record of ``/{plural}``; one of the same name is overwritten.

        Source: ``PUT /{plural}/{id}/Attachments/{name}``, ten files a record, 10 MB each.
        """
        self._http.write(
            "PUT",
            f"{API}/{plural}/{record_id}/Attachments/{quote(name, safe='')}",
            content,
            resend=Resend.FREELY,
            headers=self._headers({"Content-Type": "application/pdf"}),
        )

    def credit_notes(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield supplier credit notes with their lines, of any status; numbers are not unique.

        Source: ``GET /CreditNotes?where=Type=="ACCPAYCREDIT"&unitdp=4``, 1,000 a page.
        """
        params = [
            ("where", 'Type=="ACCPAYCREDIT"'),
            ("order", "CreditNoteID ASC"),
            ("unitdp", "4"),
        ]
        return self._pages("/CreditNotes", "CreditNotes", params, modified_since=modified_since)

    def credit_note(self, note_id: str) -> Record | None:
        """Return one credit note, or None where Xero has none.

        Source: ``GET /CreditNotes/{id}``.
        """
        return self._known(f"/CreditNotes/{note_id}", "CreditNotes")

    def create_credit_notes(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 50 credit notes, each for itself; the elements come in the order sent.

        Source: ``PUT /CreditNotes?summarizeErrors=false&unitdp=4``.
        """
        return self._write_each("PUT", CREDIT_NOTES, payloads, key)

    def update_credit_notes(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 credit notes by ``CreditNoteID``; lines not sent back are deleted.

        Source: ``POST /CreditNotes?summarizeErrors=false&unitdp=4``.
        """
        return self._write_each("POST", CREDIT_NOTES, payloads, key)

    def payments(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield payments of bills, deleted ones included as Xero lists them.

        Source: ``GET /Payments?where=PaymentType=="ACCPAYPAYMENT"``, 1,000 a page.
        """
        params = [("where", 'PaymentType=="ACCPAYPAYMENT"'), ("order", "PaymentID ASC")]
        return self._pages("/Payments", "Payments", params, modified_since=modified_since)

    def _chosen_bills(
        self, ids: Sequence[str], numbers: Sequence[str], contacts: Sequence[str]
    ) -> Iterator[Record]:
        """These filters know sales invoices too, which are left out here."""
        unsplittable = [number for number in numbers if {",", '"'} & set(number)]
        plain = [number for number in numbers if number not in unsplittable]
        asked: list[list[tuple[str, str]]] = [
            *(filters("IDs", ids) if ids else ()),
            *(filters("InvoiceNumbers", plain) if plain else ()),
            *(filters("ContactIDs", contacts) if contacts else ()),
            *([("where", _number_is(number))] for number in unsplittable),
        ]
        for chosen in asked:
            params = [*chosen, ("order", "InvoiceID ASC"), ("unitdp", "4")]
            for bill in self._pages("/Invoices", "Invoices", params):
                if bill.get("Type") == "ACCPAY":
                    yield bill


def _number_is(number: str) -> str:
    """A number with a comma or a quote can't travel in ``InvoiceNumbers``."""
    quoted = number.replace("\\", "\\\\").replace('"', '\\"')
    return f'Type=="ACCPAY" AND InvoiceNumber=="{quoted}"'
