"""One call to Xero's Accounting API: whom it speaks for, its pages, its batches, its answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import ApiError, ConnectionIncomplete, InDoubt, Unreachable
from .client import Client
from .elements import Element, Identity, element, in_order_sent
from .pages import in_groups, numbered_pages, xero_rows
from .transport import Answer, Http, Resend
from .wire import Record
from .xero_errors import SYSTEM, ElementsRefused

log = logging.getLogger(__name__)

API = "/api.xro/2.0"
A_PAGE = 1000
VALUES_A_CALL = 40
"""Ids or numbers in one filter, which travel in the URL."""

EACH_FOR_ITSELF = (("summarizeErrors", "false"), ("unitdp", "4"))
"""Without the first, a refused element hides what became of the others."""


@dataclass(frozen=True, slots=True)
class Batched:
    """A kind of record that is written in batches.

    :param plural: its name in paths and bodies.
    :param called: its name in sentences, plural too.
    :param identity: what tells two of a batch apart where they have no id yet.
    :param most: how many go in one call. 50 is Xero's advice: larger ones run into timeouts,
        which leave doubt.
    """

    plural: str
    called: str
    id_field: str
    identity: Identity
    most: int = 50


class XeroCalls(Client):
    """How the client of one organisation asks and writes.

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
        super().__init__(http)
        self._tenant_id = tenant_id
        self._find_tenant = find_tenant
        self.web_host = web_host.rstrip("/")

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

    def _write_each(
        self, method: str, kind: Batched, payloads: Sequence[Record], key: str
    ) -> list[Element]:
        """Write one batch, each element for itself; what came of them is in the order sent."""
        if len(payloads) > kind.most:
            raise ValueError(f"a batch takes {kind.most} {kind.called}, not {len(payloads)}")
        body = {kind.plural: list(payloads)}
        try:
            answer = self._write(method, f"/{kind.plural}", body, key, EACH_FOR_ITSELF)
        except ApiError as error:
            return [_judged(error, payload, len(payloads)) for payload in payloads]
        answered = (answer.body or {}).get(kind.plural) or []
        records = in_order_sent(payloads, answered, kind.id_field, kind.identity)
        if records is None:
            raise InDoubt(
                f"Xero's answer to {method} /{kind.plural} does not match the {len(payloads)} "
                f"{kind.called} that were sent, so they are looked for before anything is sent "
                "again.",
                system=SYSTEM,
                status=answer.status,
            )
        return [element(record, kind.id_field) for record in records]

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
        if remarks := (answer.body or {}).get("Warnings"):
            # What they say may name a record.
            log.warning("xero makes %s remarks on %s %s", len(remarks), method, path)
        return answer


def filters(name: str, values: Sequence[str]) -> list[list[tuple[str, str]]]:
    """One filter for each group of values; without values one empty filter, for all."""
    if not values:
        return [[]]
    return [[(name, ",".join(group))] for group in in_groups(values, VALUES_A_CALL)]


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
            "Xero judged the call as a whole, so what became of each element is looked for before "
            "anything is sent again.",
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


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
