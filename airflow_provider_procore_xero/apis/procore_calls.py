"""One call to Procore: its pages, its filters, its sync actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import ApiError, Unreachable
from .client import Client
from .pages import in_groups, link_pages
from .procore_errors import SYSTEM
from .transport import Http, Params, Resend
from .wire import Record

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


class ProcoreCalls(Client):
    """How the client of one company asks and writes."""

    def __init__(self, http: Http, company_id: int) -> None:
        super().__init__(http)
        self.company_id = company_id

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

    def _sync(
        self, path: str, updates: Sequence[Record], of: Record | None = None, *, sets: bool = False
    ) -> SyncAnswer:
        """Send one sync action; halved where Procore finds it too large.

        :param of: what the call says of its rows as a whole, beside the company.
        :param sets: its rows are the same however often they are sent, though they have no ids.
        """
        if len(updates) > SYNC_ROWS:
            raise ValueError(f"a sync action takes {SYNC_ROWS} rows, not {len(updates)}")
        known = sets or all(row.get("id") or row.get("origin_id") for row in updates)
        body = {"company_id": self.company_id, **(of or {}), "updates": list(updates)}
        resend = Resend.FREELY if known else Resend.NEVER
        try:
            answer: Record = self._http.write(
                "PATCH", path, body, resend=resend, prompt=not known
            ).body
        except ApiError as error:
            if error.status != 413 or len(updates) < 2:
                raise
            half = len(updates) // 2
            first = self._sync(path, updates[:half], of, sets=sets)
            second = self._sync(path, updates[half:], of, sets=sets)
            return SyncAnswer(first.entities + second.entities, first.errors + second.errors)
        return SyncAnswer(answer.get("entities") or [], answer.get("errors") or [])


def updated(since: datetime | None, until: datetime | None) -> list[tuple[str, Any]]:
    """Both ends always: Procore documents no open ranges. A day ahead covers other clocks."""
    if since is None and until is None:
        return []
    first, last = since or EVER, until or datetime.now(UTC) + timedelta(days=1)
    return [("filters[updated_at]", f"{moment(first)}...{moment(last)}")]


def with_deleted(too: bool) -> list[tuple[str, Any]]:
    return [("filters[include_deleted]", "with")] if too else []


def moment(at: datetime) -> str:
    """Return a moment as Procore's filters take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
