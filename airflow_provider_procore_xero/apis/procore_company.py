"""A Procore company: its projects, its directory and its cost codes.

Source: developers.procore.com, REST API reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from .procore_calls import ProcoreCalls, SyncAnswer, updated
from .wire import Record


class ProcoreCompany(ProcoreCalls):
    """A part of the client of one company."""

    def me(self) -> Record:
        """Return who the token belongs to. Source: ``GET /rest/v1.0/me``."""
        return self._one("/rest/v1.0/me")

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

    def cost_codes(self, project_id: int) -> Iterator[Record]:
        """Yield the project's cost codes, each with the cost types that it is used with.

        Source: ``GET /rest/v1.0/cost_codes``.
        """
        return self._pages("/rest/v1.0/cost_codes", [("project_id", project_id)])

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
        return self._pages(path, updated(updated_since, updated_until))
