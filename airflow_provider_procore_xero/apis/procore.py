"""Procore: endpoints, paging, limits. Nothing about fields: a record is what Procore sent.

Source: developers.procore.com, REST API reference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

import httpx

from ..errors import ApiError, Unreachable
from .allowance import LimitStore
from .limits import IN_FLIGHT, Limiter, ProcoreLimiter, shared
from .oauth import CLIENT_CREDENTIALS, Bearer, Credentials, Tokens
from .pages import in_groups, link_pages
from .parallel import read_each
from .procore_costs import ProcoreCosts
from .procore_errors import SYSTEM, explain
from .tokens import TokenStore
from .transport import Http, Params, Resend
from .urls import secure_url
from .wire import Record

ContractKind = Literal["WorkOrderContract", "PurchaseOrderContract"]

CONTRACT_PATHS: dict[str, str] = {
    "WorkOrderContract": "/rest/v1.0/work_order_contracts",
    "PurchaseOrderContract": "/rest/v1.0/purchase_order_contracts",
}
SYNC_ROWS = 1000
"""Rows that one sync action takes."""

A_PAGE = 2000
"""The largest page Procore recommends for v1 lists that name no limit of their own."""

IDS_A_CALL = 100
"""Ids in one ``filters[id][]``, which travel in the URL."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SyncAnswer:
    """What a sync action did; both lists in Procore's order, matched by ``id`` or ``origin_id``.

    :param entities: the rows as they now stand.
    :param errors: the refused rows as sent, each with ``errors: {field: [messages]}``.
    """

    entities: list[Record]
    errors: list[Record]


class Procore(ProcoreCosts):
    """One company. Lists are generators that hold one page; records are plain dicts.

    Every method raises what :meth:`.transport.Http.get` and :meth:`.transport.Http.write` raise.

    :param web_host: where people see the records; asked from Procore when empty.
    """

    def __init__(self, http: Http, company_id: int, *, web_host: str = "") -> None:
        self._http = http
        self.company_id = company_id
        self._web_host = web_host.rstrip("/")

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

    # -- company ---------------------------------------------------------------------------

    def me(self) -> Record:
        """Return who the token belongs to. Source: ``GET /rest/v1.0/me``."""
        return self._one("/rest/v1.0/me")

    def web_host(self) -> str:
        """Return where people see the company, ``https://us02.procore.com``; asked once.

        Source: ``GET /rest/v1.0/company_base_url``.
        """
        if not self._web_host:
            answer = self._one("/rest/v1.0/company_base_url")
            self._web_host = str(answer.get("web_base_url") or "https://app.procore.com").rstrip(
                "/"
            )
        return self._web_host

    def project_stages(self) -> Iterator[Record]:
        """Source: ``GET /rest/v1.0/companies/{id}/project_stages``."""
        return self._pages(f"/rest/v1.0/companies/{self.company_id}/project_stages", [])

    def projects(self) -> Iterator[Record]:
        """Yield every project that the app may see, inactive ones too.

        Source: ``GET /rest/v1.1/projects?view=extended&filters[by_status]=All``, 300 a page.
        """
        params = [*self._company, ("view", "extended"), ("filters[by_status]", "All")]
        return self._pages("/rest/v1.1/projects", params, per_page=300)

    def project_creators(self) -> Iterator[Record]:
        """Yield the id and the creator of every project; the other list knows no creators.

        Source: ``GET /rest/v1.0/projects``, 300 a page.
        """
        for raw in self._pages("/rest/v1.0/projects", self._company, per_page=300):
            yield {"id": raw["id"], "created_by": raw.get("created_by")}

    def project(self, project_id: int) -> Record:
        """Source: ``GET /rest/v1.0/projects/{id}``, which also says who created it."""
        return self._one(f"/rest/v1.0/projects/{project_id}", self._company)

    # -- directory and cost codes ----------------------------------------------------------

    def vendors(self) -> Iterator[Record]:
        """Yield the active vendors. Source: ``GET /rest/v1.0/vendors?view=extended``."""
        return self._pages("/rest/v1.0/vendors", [*self._company, ("view", "extended")])

    def inactive_vendors(self) -> Iterator[Record]:
        """Source: ``GET /rest/v1.0/companies/{id}/vendors/inactive``."""
        path = f"/rest/v1.0/companies/{self.company_id}/vendors/inactive"
        return self._pages(path, [("view", "extended")])

    def sync_vendors(self, updates: Sequence[Record]) -> SyncAnswer:
        """Create and update up to 1,000 vendors, each for itself.

        A row with ``id`` is updated; one with ``origin_id`` is updated if known, else created; one
        with neither is created each time it is sent, so such a call is never repeated.

        Source: ``PATCH /rest/v1.0/vendors/sync``.
        """
        return self._sync("/rest/v1.0/vendors/sync", updates)

    def standard_cost_code_lists(self) -> Iterator[Record]:
        """Source: ``GET /rest/v1.0/standard_cost_code_lists``."""
        return self._pages("/rest/v1.0/standard_cost_code_lists", self._company)

    def standard_cost_codes(self, list_id: int) -> Iterator[Record]:
        """Source: ``GET /rest/v1.0/standard_cost_codes?view=extended``."""
        params = [
            *self._company,
            ("standard_cost_code_list_id", list_id),
            ("view", "extended"),
        ]
        return self._pages("/rest/v1.0/standard_cost_codes", params)

    def line_item_types(self) -> Iterator[Record]:
        """Yield the company's cost types. Source: ``GET /rest/v1.0/line_item_types``."""
        return self._pages("/rest/v1.0/line_item_types", self._company)

    def wbs_codes(
        self,
        project_id: int,
        *,
        updated_since: datetime | None = None,
        updated_until: datetime | None = None,
    ) -> Iterator[Record]:
        """Yield the project's budget codes: cost code, cost type and what else they consist of.

        Source: ``GET /rest/v1.0/projects/{id}/work_breakdown_structure/wbs_codes``.
        """
        path = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes"
        return self._pages(path, _updated(updated_since, updated_until))

    # -- commitments and what is billed on them --------------------------------------------

    def requisitions(
        self,
        project_id: int,
        *,
        updated_since: datetime | None = None,
        updated_until: datetime | None = None,
        ids: Sequence[int] = (),
        commitment_id: int | None = None,
    ) -> Iterator[Record]:
        """Yield the project's requisitions (subcontractor invoices), each with its items.

        Source: ``GET /rest/v1.1/requisitions?view=extended``, 100 a page.
        """
        params: list[tuple[str, Any]] = [
            ("project_id", project_id),
            ("view", "extended"),
            *_updated(updated_since, updated_until),
        ]
        if commitment_id is not None:
            params.append(("filters[commitment_id]", commitment_id))
        return self._by_ids("/rest/v1.1/requisitions", params, ids, per_page=100)

    def file(self, url: str, most: int) -> bytes:
        """Return the file at *url*, an attachment's, if it has at most *most* bytes.

        Such an address is outside the API, and is good for a while only. The sign-in goes along
        where its host is the API's own.
        """
        return self._http.file(url, most)

    def contracts(
        self,
        project_id: int,
        kind: ContractKind,
        *,
        updated_since: datetime | None = None,
        updated_until: datetime | None = None,
        ids: Sequence[int] = (),
        deleted: bool = False,
    ) -> Iterator[Record]:
        """Yield the project's subcontracts or purchase order contracts.

        Source: ``GET /rest/v1.0/work_order_contracts`` or ``purchase_order_contracts``,
        ``view=extended``.

        :param deleted: those in the recycle bin too, with ``deleted_at``.
        """
        params = [
            ("project_id", project_id),
            ("view", "extended"),
            *_updated(updated_since, updated_until),
            *_deleted(deleted),
        ]
        return self._by_ids(CONTRACT_PATHS[kind], params, ids, per_page=A_PAGE)

    def contract_lines(
        self, project_id: int, kind: ContractKind, contract_id: int
    ) -> Iterator[Record]:
        """Yield a commitment's schedule of values; deleted lines just disappear from it.

        Source: ``GET /rest/v1.0/{work,purchase}_order_contracts/{id}/line_items``.
        """
        path = f"{CONTRACT_PATHS[kind]}/{contract_id}/line_items"
        return self._pages(path, [("project_id", project_id)])

    def change_order_packages(
        self,
        project_id: int,
        *,
        updated_since: datetime | None = None,
        updated_until: datetime | None = None,
        ids: Sequence[int] = (),
        deleted: bool = False,
    ) -> Iterator[Record]:
        """Yield the project's change orders, of prime contracts and of commitments, without lines.

        Source: ``GET /rest/v1.0/change_order_packages``; there are packages in projects of one,
        two and three tiers.
        """
        params = [
            ("project_id", project_id),
            *_updated(updated_since, updated_until),
            *_deleted(deleted),
        ]
        return self._by_ids("/rest/v1.0/change_order_packages", params, ids, per_page=A_PAGE)

    def change_order_package(self, project_id: int, package_id: int) -> Record:
        """Return one change order with its lines.

        Source: ``GET /rest/v1.0/change_order_packages/{id}``.
        """
        path = f"/rest/v1.0/change_order_packages/{package_id}"
        return self._one(path, [("project_id", project_id)])

    def contract_payments(self, project_id: int, contract_id: int) -> Iterator[Record]:
        """Yield the commitment's payments issued. Source: ``GET /rest/v1.0/contract_payments``."""
        params = [("project_id", project_id), ("contract_id", contract_id)]
        return self._pages("/rest/v1.0/contract_payments", params)

    def create_contract_payment(self, project_id: int, contract_id: int, payload: Record) -> Record:
        """Create one payment issued and return it. Source: ``POST /rest/v1.0/contract_payments``.

        :raises InDoubt: when the answer was lost; list the contract and compare ``origin_id``.
        """
        return self._payment("POST", "", project_id, contract_id, payload)

    def update_contract_payment(
        self, payment_id: int, project_id: int, contract_id: int, payload: Record
    ) -> Record:
        """Source: ``PATCH /rest/v1.0/contract_payments/{id}``.

        Not repeated either: once ``origin_id`` is set, the second time would be refused.
        """
        return self._payment("PATCH", f"/{payment_id}", project_id, contract_id, payload)

    def delete_contract_payment(self, payment_id: int, project_id: int, contract_id: int) -> None:
        """Source: ``DELETE /rest/v1.0/contract_payments/{id}``."""
        params = [("project_id", project_id), ("contract_id", contract_id)]
        path = f"/rest/v1.0/contract_payments/{payment_id}"
        self._http.write("DELETE", path, None, params=params, resend=Resend.NEVER)

    def each_project(
        self, project_ids: Iterable[int], read: Callable[[int], Iterable[Record]]
    ) -> Iterator[tuple[int, list[Record]]]:
        """Yield ``(project id, rows)`` in the order asked, reading a few projects ahead.

        *read* takes a project id and returns rows: ``client.requisitions``, or a partial of it.
        """
        return read_each(project_ids, read, at_once=IN_FLIGHT)

    # -- how ---------------------------------------------------------------------------------

    @property
    def _company(self) -> list[tuple[str, Any]]:
        return [("company_id", self.company_id)]

    def _one(self, path: str, params: Params | None = None) -> Record:
        record = self._http.get(path, params).body
        if isinstance(record, dict):
            return record
        raise Unreachable(f"Procore answered {path} with no record.", system=SYSTEM, status=200)

    def _pages(
        self, path: str, params: Sequence[tuple[str, Any]], *, per_page: int = A_PAGE
    ) -> Iterator[Record]:
        return link_pages(self._http, path, params, per_page=per_page)

    def _by_ids(
        self,
        path: str,
        params: Sequence[tuple[str, Any]],
        ids: Sequence[int],
        *,
        per_page: int,
    ) -> Iterator[Record]:
        """List all, or only those *ids*, as many in a call as a URL holds."""
        if not ids:
            yield from self._pages(path, params, per_page=per_page)
        for group in in_groups(ids, IDS_A_CALL):
            chosen = [("filters[id][]", each) for each in group]
            yield from self._pages(path, [*params, *chosen], per_page=per_page)

    def _sync(self, path: str, updates: Sequence[Record]) -> SyncAnswer:
        """Send one sync action; halved where Procore finds it too large."""
        if len(updates) > SYNC_ROWS:
            raise ValueError(f"a sync action takes {SYNC_ROWS} rows, not {len(updates)}")
        known = all(row.get("id") or row.get("origin_id") for row in updates)
        body = {"company_id": self.company_id, "updates": list(updates)}
        resend = Resend.FREELY if known else Resend.NEVER
        try:
            answer: Record = self._http.write("PATCH", path, body, resend=resend).body
        except ApiError as error:
            if error.status != 413 or len(updates) < 2:
                raise
            half = len(updates) // 2
            first, second = self._sync(path, updates[:half]), self._sync(path, updates[half:])
            return SyncAnswer(first.entities + second.entities, first.errors + second.errors)
        return SyncAnswer(answer.get("entities") or [], answer.get("errors") or [])

    def _payment(
        self, method: str, tail: str, project_id: int, contract_id: int, payload: Record
    ) -> Record:
        body = {
            "project_id": project_id,
            "contract_id": contract_id,
            "contract_payment": payload,
        }
        path = f"/rest/v1.0/contract_payments{tail}"
        record: Record = self._http.write(method, path, body, resend=Resend.NEVER).body
        return record


def procore(
    *,
    base_url: str,
    login_host: str,
    client_id: str,
    client_secret: str,
    company_id: int,
    grant_type: str = CLIENT_CREDENTIALS,
    refresh_token: str | None = None,
    web_host: str = "",
    tokens: TokenStore | None = None,
    hear_secret: Callable[[str], None] = lambda secret: None,
    transport: httpx.BaseTransport | None = None,
    limits: LimitStore | None = None,
    limiter: ProcoreLimiter | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> Procore:
    """Return a client of one company; nothing is sent before its first method is called.

    :param tokens: where tokens live between runs; needed with the refresh grant.
    :param limits: where all workers keep account of their calls; without it this one does alone.
    :param hear_secret: is told each token as it arrives, to mask it in logs.
    :param transport: stands in for the network in a test, as *now* and *sleep* do for time.
    """
    credentials = Credentials(
        system=SYSTEM,
        token_url=f"{secure_url(login_host, 'the login host')}/oauth/token",
        client_id=client_id,
        client_secret=client_secret,
        client_auth="client_secret_post",
        grant_type=grant_type,
        refresh_token=refresh_token,
        once=True,
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
        headers={"Procore-Company-Id": str(company_id)},
        limiter=limiter
        or shared(ProcoreLimiter, base_url, client_id, str(company_id), store=limits),
        explain=explain,
        transport=transport,
        monotonic=lambda: now().timestamp(),
        sleep=sleep,
    )
    return Procore(http, company_id, web_host=web_host)


def _updated(since: datetime | None, until: datetime | None) -> list[tuple[str, Any]]:
    """Both ends always: Procore documents no open ranges. A day ahead covers other clocks."""
    if since is None and until is None:
        return []
    first, last = since or EVER, until or datetime.now(UTC) + timedelta(days=1)
    return [("filters[updated_at]", f"{_moment(first)}...{_moment(last)}")]


def _deleted(too: bool) -> list[tuple[str, Any]]:
    return [("filters[include_deleted]", "with")] if too else []


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
