"""Small worlds for the tests of the pretend Procore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_procore_xero.simulator.procore import Procore

COMPANY = 4281379
Record = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """A project with one cost code, one vendor and one approved subcontract of two lines."""

    project: Record
    vendor: Record
    wbs_code: Record
    contract: Record
    lines: tuple[Record, ...]

    @property
    def of_project(self) -> Record:
        """The query or body part that names the project."""
        return {"project_id": self.project["id"]}

    @property
    def of_contract(self) -> Record:
        return {**self.of_project, "contract_id": self.contract["id"]}

    @property
    def of_claim(self) -> Record:
        return {**self.of_project, "commitment_id": self.contract["id"]}


def a_site(procore: Procore, *, retainage: str = "10", **contract: Any) -> Site:
    """Lines of 100,000 and 20,000; retainage in percent."""
    project = procore.add_project(name="Riverside Depot", project_number="24-017")
    vendor = procore.add_vendor(name="Terra Works")
    kind = procore.add_line_item_type(code="S", name="Subcontract", base_type="commitment")
    code = procore.add_cost_code(project_id=project["id"], code="02-300", name="Earthwork")
    wbs = procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=kind["id"])
    made = procore.add_commitment(
        project_id=project["id"],
        vendor_id=vendor["id"],
        retainage_percent=retainage,
        lines=[
            {"amount": "100000", "wbs_code_id": wbs["id"], "description": "Excavation"},
            {"amount": "20000", "wbs_code_id": wbs["id"], "description": "Backfill"},
        ],
        **{"number": "SC-001", "title": "Earthworks", "status": "Approved", **contract},
    )
    return Site(project, vendor, wbs, made, tuple(procore.lines_of(made["id"])))


def a_claim(procore: Procore, site: Site, *lines: Record, **header: Any) -> Record:
    """A claim; each of *lines* is what was entered for the line of that place."""
    entered = [
        {"line_item_id": line["id"], **given}
        for line, given in zip(site.lines, lines, strict=False)
    ]
    return procore.add_requisition(commitment_id=site.contract["id"], lines=entered, **header)
