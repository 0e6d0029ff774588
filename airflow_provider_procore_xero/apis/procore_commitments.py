"""Procore's commitments, and what is changed, billed and paid on them.

Source: developers.procore.com, REST API reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from .procore_calls import A_PAGE, ProcoreCalls, updated, with_deleted
from .transport import Resend
from .wire import Record

ContractKind = Literal["WorkOrderContract", "PurchaseOrderContract"]

CONTRACT_PATHS: dict[str, str] = {
    "WorkOrderContract": "/rest/v1.0/work_order_contracts",
    "PurchaseOrderContract": "/rest/v1.0/purchase_order_contracts",
}


class ProcoreCommitments(ProcoreCalls):
    """A part of the client of one company."""

    def commitments(self, project_id: int) -> Iterator[Record]:
        """Yield the project's commitments of both kinds: number, status, vendor and no more.

        Source: ``GET /rest/v1.0/commitments``.
        """
        return self._pages("/rest/v1.0/commitments", [("project_id", project_id)])

    def commitment(self, project_id: int, contract_id: int) -> Record:
        """Return one commitment of either kind, with who created it.

        Source: ``GET /rest/v1.0/commitments/{id}``.
        """
        return self._one(f"/rest/v1.0/commitments/{contract_id}", [("project_id", project_id)])

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
            *updated(updated_since, updated_until),
            *with_deleted(deleted),
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
            *updated(updated_since, updated_until),
            *with_deleted(deleted),
        ]
        return self._by_ids("/rest/v1.0/change_order_packages", params, ids, per_page=A_PAGE)

    def change_order_package(self, project_id: int, package_id: int) -> Record:
        """Return one change order with its lines.

        Source: ``GET /rest/v1.0/change_order_packages/{id}``.
        """
        path = f"/rest/v1.0/change_order_packages/{package_id}"
        return self._one(path, [("project_id", project_id)])

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
            *updated(updated_since, updated_until),
        ]
        if commitment_id is not None:
            params.append(("filters[commitment_id]", commitment_id))
        return self._by_ids("/rest/v1.1/requisitions", params, ids, per_page=100)

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
