"""Xero's Accounting API: endpoints, paging, batches, limits. Nothing about fields.

Source: developer.xero.com and Xero's OpenAPI description.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote

import httpx

from ..errors import ApiError, ConnectionIncomplete, InDoubt, Unreachable
from .allowance import LimitStore
from .elements import (
    Element,
    Identity,
    credit_number_and_contact,
    element,
    in_order_sent,
    item_code,
    number_and_contact,
    number_and_name,
    order_number_and_contact,
)
from .limits import Limiter, XeroLimiter, shared
from .oauth import CLIENT_CREDENTIALS, REFRESH_TOKEN, Bearer, Credentials, Tokens
from .pages import in_groups, numbered_pages, xero_rows
from .tokens import TokenStore
from .transport import Answer, Http, Resend
from .urls import secure_url
from .wire import Record
from .xero_costs import XeroCosts
from .xero_errors import SYSTEM, ElementsRefused, explain

log = logging.getLogger(__name__)

API = "/api.xro/2.0"
A_PAGE = 1000
BILLS_A_CALL = 50
"""Xero's advice for one batch: larger ones run into timeouts, which leave doubt."""

ITEMS_A_CALL = 100
"""Xero takes 500 items in a call, and recommends at most this many."""

VALUES_A_CALL = 40
"""Ids or numbers in one filter, which travel in the URL."""

EACH_FOR_ITSELF = (("summarizeErrors", "false"), ("unitdp", "4"))
"""Without the first, a refused element hides what became of the others."""

_CALLED = {
    "Invoices": "bills",
    "CreditNotes": "credit notes",
    "Contacts": "contacts",
    "PurchaseOrders": "purchase orders",
    "Items": "items",
}


class Xero(XeroCosts):
    """One organisation. Paged lists are generators that hold one page; records are dicts.

    Every method raises what :meth:`.transport.Http.get` and :meth:`.transport.Http.write` raise.

    :param tenant_id: the organisation; empty with a custom connection, whose token knows it.
    :param find_tenant: look the organisation up at ``/connections`` before the first call.
    :param web_host: where people see the records.
    """

    def __init__(
        self,
        http: Http,
        tenant_id: str = "",
        *,
        find_tenant: bool = False,
        web_host: str = "https://go.xero.com",
    ) -> None:
        self._http = http
        self._tenant_id = tenant_id
        self._find_tenant = find_tenant
        self.web_host = web_host.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def calls(self) -> int:
        """How many requests were sent, refused and repeated ones included."""
        return self._http.calls

    @property
    def calls_by_verb(self) -> dict[str, int]:
        return dict(self._http.calls_by_verb)

    @property
    def limiter(self) -> Limiter:
        return self._http.limiter

    def tenant_id(self) -> str:
        """Return the organisation this client speaks for, empty with a custom connection.

        :raises ConnectionIncomplete: if the sign-in covers several and none was chosen.
        """
        if not self._tenant_id and self._find_tenant:
            self._tenant_id = _only_organisation(self.connections())
        return self._tenant_id

    def connections(self) -> list[Record]:
        """Return what the sign-in may reach. Source: ``GET /connections``."""
        rows = self._http.get("/connections").body
        return rows if isinstance(rows, list) else []

    # -- the organisation and its small lists ----------------------------------------------

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

    def tax_rates(self) -> list[Record]:
        """Source: ``GET /TaxRates``."""
        return self._list("/TaxRates", "TaxRates")

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

    # -- contacts ----------------------------------------------------------------------------

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
        for chosen in _filters("IDs", ids):
            yield from self._pages(
                "/Contacts", "Contacts", [*params, *chosen], modified_since=modified_since
            )

    def create_contacts(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 50 contacts, each for itself; the elements come in the order sent.

        One whose name or number is taken is refused, never merged: that is what PUT is for.

        Source: ``PUT /Contacts?summarizeErrors=false``.

        :raises InDoubt: when nobody can say what became of which contact.
        """
        return self._write_contacts("PUT", payloads, key)

    def update_contacts(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 contacts by ``ContactID``; fields and lists left out stay as they are.

        Source: ``POST /Contacts?summarizeErrors=false``.
        """
        return self._write_contacts("POST", payloads, key)

    # -- bills -------------------------------------------------------------------------------

    def bills(
        self,
        *,
        modified_since: datetime | None = None,
        ids: Sequence[str] = (),
        numbers: Sequence[str] = (),
    ) -> Iterator[Record]:
        """Yield bills (``ACCPAY``) with their lines, of any status; numbers are not unique.

        Source: ``GET /Invoices?unitdp=4``, 1,000 a page, *ids* or *numbers* in forties.
        """
        if ids or numbers:
            yield from self._chosen_bills(ids, numbers)
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
        return self._write_bills("PUT", payloads, key)

    def update_bills(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 bills by ``InvoiceID``; lines not sent back are deleted by Xero.

        Source: ``POST /Invoices?summarizeErrors=false&unitdp=4``.
        """
        return self._write_bills("POST", payloads, key)

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
        return self._write_credit_notes("PUT", payloads, key)

    def update_credit_notes(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 credit notes by ``CreditNoteID``; lines not sent back are deleted.

        Source: ``POST /CreditNotes?summarizeErrors=false&unitdp=4``.
        """
        return self._write_credit_notes("POST", payloads, key)

    def payments(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield payments of bills, deleted ones included as Xero lists them.

        Source: ``GET /Payments?where=PaymentType=="ACCPAYPAYMENT"``, 1,000 a page.
        """
        params = [("where", 'PaymentType=="ACCPAYPAYMENT"'), ("order", "PaymentID ASC")]
        return self._pages("/Payments", "Payments", params, modified_since=modified_since)

    def items(self) -> list[Record]:
        """Source: ``GET /Items``, which knows no pages."""
        return self._list("/Items", "Items", [("unitdp", "4")])

    def create_items(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Create up to 100 items, each for itself; a code that is taken is refused.

        Source: ``PUT /Items?summarizeErrors=false``.
        """
        return self._write_items("PUT", payloads, key)

    def update_items(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 100 items by ``ItemID``; fields not sent stay as they are.

        Source: ``POST /Items?summarizeErrors=false``.

        :raises ValueError: for one without its id, which Xero would look up by code.
        """
        if not all(payload.get("ItemID") for payload in payloads):
            raise ValueError("an item is updated by its ItemID only")
        return self._write_items("POST", payloads, key)

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
        return self._write_orders("PUT", payloads, key)

    def update_purchase_orders(self, payloads: Sequence[Record], key: str) -> list[Element]:
        """Update up to 50 purchase orders by ``PurchaseOrderID``, or delete them.

        Lines not sent back are deleted; without ``LineItems`` all stay.
        Source: ``POST /PurchaseOrders?summarizeErrors=false``.

        :raises ValueError: for one without its id, which Xero would look up by number.
        """
        if not all(payload.get("PurchaseOrderID") for payload in payloads):
            raise ValueError("a purchase order is updated by its PurchaseOrderID only")
        return self._write_orders("POST", payloads, key)

    # -- how ---------------------------------------------------------------------------------

    def _headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        tenant = self.tenant_id()
        return {**({"xero-tenant-id": tenant} if tenant else {}), **(more or {})}

    def _list(self, path: str, key: str, params: Sequence[tuple[str, Any]] = ()) -> list[Record]:
        answer = self._http.get(API + path, params, self._headers())
        return xero_rows(answer, key, SYSTEM, path)

    def _first(self, path: str, key: str) -> Record:
        """Xero sends one record as an array of one."""
        rows = self._list(path, key)
        if rows:
            return rows[0]
        raise Unreachable(f"Xero answered {path} with nothing.", system=SYSTEM, status=200)

    def _known(self, path: str, key: str) -> Record | None:
        """Return one record, or None where Xero has none."""
        try:
            return self._first(path, key)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def _pages(
        self,
        path: str,
        key: str,
        params: Sequence[tuple[str, Any]],
        *,
        modified_since: datetime | None = None,
    ) -> Iterator[Record]:
        since = {"If-Modified-Since": _moment(modified_since)} if modified_since else {}
        return numbered_pages(
            self._http, API + path, key, params, page_size=A_PAGE, headers=self._headers(since)
        )

    def _chosen_bills(self, ids: Sequence[str], numbers: Sequence[str]) -> Iterator[Record]:
        """These filters know sales invoices too, which are left out here."""
        unsplittable = [number for number in numbers if {",", '"'} & set(number)]
        plain = [number for number in numbers if number not in unsplittable]
        filters: list[list[tuple[str, str]]] = [
            *(_filters("IDs", ids) if ids else ()),
            *(_filters("InvoiceNumbers", plain) if plain else ()),
            *([("where", _number_is(number))] for number in unsplittable),
        ]
        for chosen in filters:
            params = [*chosen, ("order", "InvoiceID ASC"), ("unitdp", "4")]
            for bill in self._pages("/Invoices", "Invoices", params):
                if bill.get("Type") == "ACCPAY":
                    yield bill

    def _write_bills(self, method: str, payloads: Sequence[Record], key: str) -> list[Element]:
        return self._write_each(
            method, "Invoices", payloads, key, id_field="InvoiceID", identity=number_and_contact
        )

    def _write_credit_notes(
        self, method: str, payloads: Sequence[Record], key: str
    ) -> list[Element]:
        return self._write_each(
            method,
            "CreditNotes",
            payloads,
            key,
            id_field="CreditNoteID",
            identity=credit_number_and_contact,
        )

    def _write_contacts(self, method: str, payloads: Sequence[Record], key: str) -> list[Element]:
        return self._write_each(
            method, "Contacts", payloads, key, id_field="ContactID", identity=number_and_name
        )

    def _write_orders(self, method: str, payloads: Sequence[Record], key: str) -> list[Element]:
        return self._write_each(
            method,
            "PurchaseOrders",
            payloads,
            key,
            id_field="PurchaseOrderID",
            identity=order_number_and_contact,
        )

    def _write_items(self, method: str, payloads: Sequence[Record], key: str) -> list[Element]:
        return self._write_each(
            method,
            "Items",
            payloads,
            key,
            id_field="ItemID",
            identity=item_code,
            most=ITEMS_A_CALL,
        )

    def _write_each(
        self,
        method: str,
        plural: str,
        payloads: Sequence[Record],
        key: str,
        *,
        id_field: str,
        identity: Identity,
        most: int = BILLS_A_CALL,
    ) -> list[Element]:
        """Write one batch, each element for itself; what came of them is in the order sent."""
        called = _CALLED[plural]
        if len(payloads) > most:
            raise ValueError(f"a batch takes {most} {called}, not {len(payloads)}")
        body = {plural: list(payloads)}
        try:
            answer = self._write(method, f"/{plural}", body, key, EACH_FOR_ITSELF)
        except ApiError as error:
            return [_judged(error, payload, len(payloads)) for payload in payloads]
        answered = (answer.body or {}).get(plural) or []
        records = in_order_sent(payloads, answered, id_field, identity)
        if records is None:
            raise InDoubt(
                f"Xero's answer to {method} /{plural} does not match the {len(payloads)} {called} "
                "that were sent, so they are looked for before anything is sent again.",
                system=SYSTEM,
                status=answer.status,
            )
        return [element(record, id_field) for record in records]

    def _write_one(
        self, method: str, path: str, payload: Record, key: str, plural: str, id_field: str
    ) -> Element:
        try:
            answer = self._write(method, path, payload, key)
        except ApiError as error:
            return _judged(error, payload, 1)
        records = (answer.body or {}).get(plural) or [{}]
        return element(records[0], id_field)

    def _write(
        self,
        method: str,
        path: str,
        body: Any,
        key: str,
        params: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        headers = self._headers({"Idempotency-Key": key})
        answer = self._http.write(
            method, API + path, body, resend=Resend.KEYED, params=params, headers=headers
        )
        for remark in (answer.body or {}).get("Warnings") or []:
            log.warning("xero remarks on %s %s: %s", method, path, remark.get("Message"))
        return answer


def xero(
    *,
    base_url: str,
    identity_host: str,
    client_id: str,
    client_secret: str,
    tenant_id: str = "",
    grant_type: str = CLIENT_CREDENTIALS,
    refresh_token: str | None = None,
    scopes: str = "",
    web_host: str = "https://go.xero.com",
    tokens: TokenStore | None = None,
    hear_secret: Callable[[str], None] = lambda secret: None,
    transport: httpx.BaseTransport | None = None,
    limits: LimitStore | None = None,
    limiter: XeroLimiter | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> Xero:
    """Return a client of one organisation; nothing is sent before its first method is called.

    :param tokens: where tokens live between runs; needed with the refresh grant.
    :param limits: where all workers keep account of their calls; without it this one does alone.
    :param hear_secret: is told each token as it arrives, to mask it in logs.
    :param transport: stands in for the network in a test, as *now* and *sleep* do for time.
    """
    credentials = Credentials(
        system=SYSTEM,
        token_url=f"{secure_url(identity_host, 'the identity host')}/connect/token",
        client_id=client_id,
        client_secret=client_secret,
        client_auth="client_secret_basic",
        grant_type=grant_type,
        refresh_token=refresh_token,
        scopes=scopes,
    )
    signed_in = Tokens(
        credentials,
        store=tokens,
        hear_secret=hear_secret,
        transport=transport,
        now=now,
        sleep=sleep,
    )
    http = Http(
        system=SYSTEM,
        base_url=base_url,
        auth=Bearer(signed_in),
        headers={},
        limiter=limiter or shared(XeroLimiter, base_url, client_id, tenant_id, store=limits),
        explain=explain,
        transport=transport,
        monotonic=lambda: now().timestamp(),
        sleep=sleep,
    )
    find = grant_type == REFRESH_TOKEN and not tenant_id
    return Xero(http, tenant_id, find_tenant=find, web_host=web_host)


def _judged(error: ApiError, payload: Record, sent: int) -> Element:
    """Read a refusal of the whole call as one element's, where that is what it is.

    A 400 over several elements may have saved some of them and tells nothing about those; a key
    that Xero knows from another request means that the other one was carried out.

    :raises InDoubt: in those two cases.
    :raises ApiError: when the refusal is not about the elements.
    """
    about_elements = isinstance(error, ElementsRefused)
    known_key = error.status == 400 and "idempotency key" in " ".join(error.details).lower()
    if known_key or (about_elements and sent > 1):
        raise InDoubt(
            f"Xero judged the call as a whole ({'; '.join(error.details)}), so what became of "
            "each element is looked for before anything is sent again.",
            system=SYSTEM,
            status=400,
            details=error.details,
        ) from error
    if not about_elements:
        raise error
    return Element(record=dict(payload), saved=False, errors=error.details, warnings=())


def _only_organisation(connections: Sequence[Record]) -> str:
    """Return the id of the one organisation among *connections*."""
    organisations = [row for row in connections if row.get("tenantType") == "ORGANISATION"]
    if len(organisations) == 1:
        return str(organisations[0]["tenantId"])
    names = ", ".join(f"{row.get('tenantName')} ({row['tenantId']})" for row in organisations)
    raise ConnectionIncomplete(
        f"The Xero sign-in covers {len(organisations)} organisations"
        f"{': ' + names if names else ''}. Put the one to use into the connection as tenant_id."
    )


def _filters(name: str, values: Sequence[str]) -> list[list[tuple[str, str]]]:
    """One filter for each group of values; without values one empty filter, for all."""
    if not values:
        return [[]]
    return [[(name, ",".join(group))] for group in in_groups(values, VALUES_A_CALL)]


def _number_is(number: str) -> str:
    """A number with a comma or a quote can't travel in ``InvoiceNumbers``."""
    quoted = number.replace("\\", "\\\\").replace('"', '\\"')
    return f'Type=="ACCPAY" AND InvoiceNumber=="{quoted}"'


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
