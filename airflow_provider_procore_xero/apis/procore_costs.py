"""Procore's direct costs and their lines, a project each; two writes at once on one answer 409.

And the job costs of its ERP tool, which answers where Procore has activated it for the company.

Source: developers.procore.com, REST API reference: Direct Costs; ERP Integration Technical Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from .procore_calls import ProcoreCalls, SyncAnswer, moment
from .transport import Resend
from .wire import Record


class ProcoreCosts(ProcoreCalls):
    """A part of the client of one company."""

    def direct_costs(
        self, project_id: int, *, created_since: datetime | None = None, origin_id: str = ""
    ) -> Iterator[Record]:
        """Yield the project's direct costs without their lines.

        Source: ``GET /rest/v1.1/projects/{id}/direct_costs``.
        """
        params: list[tuple[str, Any]] = []
        if created_since is not None:
            ends = (created_since, created_since + timedelta(days=3650))
            # No open ranges are documented.
            params.append(("filters[created_at]", "...".join(map(moment, ends))))
        if origin_id:
            params.append(("filters[origin_id]", origin_id))
        return self._pages(_costs(project_id), params)

    def create_direct_cost(self, project_id: int, payload: Record) -> Record:
        """Create one direct cost with up to 100 lines, and return it with them.

        Source: ``POST /rest/v1.1/projects/{id}/direct_costs``.

        :raises InDoubt: when the answer was lost; list the project and compare ``origin_data``.
        """
        return self._cost("POST", _costs(project_id), payload)

    def update_direct_cost(self, project_id: int, cost_id: int, payload: Record) -> Record:
        """Change a header, and return it with its lines.

        Source: ``PATCH /rest/v1.1/projects/{id}/direct_costs/{id}``.
        """
        return self._cost("PATCH", f"{_costs(project_id)}/{cost_id}", payload)

    def delete_direct_cost(self, project_id: int, cost_id: int) -> None:
        """Source: ``DELETE /rest/v1.1/projects/{id}/direct_costs/{id}``."""
        path = f"{_costs(project_id)}/{cost_id}"
        self._http.write("DELETE", path, None, resend=Resend.NEVER)

    def sync_direct_costs(self, project_id: int, updates: Sequence[Record]) -> SyncAnswer:
        """Create and update up to 1,000 headers, each for itself; lines are not among them.

        Source: ``PATCH /rest/v1.0/projects/{id}/direct_costs/sync``.
        """
        return self._sync(f"/rest/v1.0/projects/{project_id}/direct_costs/sync", updates)

    def sync_direct_cost_lines(self, project_id: int, updates: Sequence[Record]) -> SyncAnswer:
        """Create and update up to 1,000 lines of any direct costs of the project.

        Source: ``PATCH /rest/v1.0/projects/{id}/direct_costs/line_items/sync``.
        """
        return self._sync(f"/rest/v1.0/projects/{project_id}/direct_costs/line_items/sync", updates)

    def delete_direct_cost_line(self, project_id: int, cost_id: int, line_id: int) -> None:
        """Source: ``DELETE /rest/v1.0/projects/{id}/direct_costs/{id}/line_items/{id}``."""
        path = f"/rest/v1.0/projects/{project_id}/direct_costs/{cost_id}/line_items/{line_id}"
        self._http.write("DELETE", path, None, resend=Resend.NEVER)

    def sync_job_costs(self, job_origin_id: str, updates: Sequence[Record]) -> SyncAnswer:
        """Set up to 1,000 job costs of one project; the ERP tool calls it by its origin id.

        Source: ``PATCH /rest/v1.0/erp_job_costs/sync``.
        """
        of = {"job_origin_id": job_origin_id}
        return self._sync("/rest/v1.0/erp_job_costs/sync", updates, of, sets=True)

    def _cost(self, method: str, path: str, payload: Record) -> Record:
        body = {"direct_cost": payload}
        record: Record = self._http.write(
            method, path, body, resend=Resend.NEVER, prompt=method == "POST"
        ).body
        return record


def _costs(project_id: int) -> str:
    return f"/rest/v1.1/projects/{project_id}/direct_costs"
