"""What Procore says now of claims and of what was paid on them, for the proof.

A project costs one call for its claims, and one for each kind of commitment that has any: their
``total_payments`` tells whether payments must be looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, in_full
from airflow_provider_procore_xero.operators.projects import projects_numbered, projects_of
from airflow_provider_procore_xero.operators.subcontractor_invoices import claims_around
from airflow_provider_procore_xero.operators.tracking import categories_of_lines
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.dates import parse_moment
from airflow_provider_procore_xero.sync.entities.claims import CommitmentKind, SubcontractorInvoice
from airflow_provider_procore_xero.sync.entities.job_costs import Codes
from airflow_provider_procore_xero.sync.entities.journal_entries import expense_accounts
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import CONDITIONS, ENTITY
from airflow_provider_procore_xero.sync.entities.transactions import projects_by_option
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.reconciliation import Names, Place
from airflow_provider_procore_xero.sync.seen import Look, claim_place, claimed, header_due
from airflow_provider_procore_xero.sync.text import plain
from airflow_provider_procore_xero.sync.tracing import Paper, SeenClaim, Why

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work

JUDGED = frozenset(condition.code for condition in CONDITIONS)


@dataclass(kw_only=True)
class Contract:
    """A commitment, and what Procore says was paid on it."""

    id: int
    kind: CommitmentKind
    place: Place
    names: Names
    paid: Decimal


@dataclass(kw_only=True)
class Procore:
    """What was read from Procore.

    :param claims: by id; *why* says what keeps a claim's bill from being there or right.
    :param reasons: open issues of a flow by the record's id, kept between looks.
    """

    look: Look
    claims: dict[str, SeenClaim] = field(default_factory=dict)
    changed_at: dict[str, datetime | None] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    reasons: dict[str, dict[str, Why]] = field(default_factory=dict)


def read_procore(work: Work) -> Procore:
    """Read the claims and commitments of every project that is integrated and active.

    :raises MappingError: ``CATEGORY_MISSING``, since lines in Xero say nothing without it.
    """
    categories_of_lines(work)
    around = claims_around(work)
    projects = _projects(work, around.links.find)
    look = Look(
        around=around,
        projects=projects_by_option(around.links),
        codes=Codes.from_links(around.links),
        names={str(p["id"]): _called(p) for p in projects},
        cost_accounts=expense_accounts(work.small("accounts", work.xero.accounts)),
    )
    found = Procore(look=look)

    def read(project: int) -> Iterator[dict[str, Any]]:
        try:
            yield from _of_project(work, project)
        except ApiError as error:
            if not not_permitted(error):
                raise
            work.note(f"PROJECT_HIDDEN: project {project} can't be read: {in_full(error)}")

    for project_id, rows in work.procore.each_project([p["id"] for p in projects], read):
        contracts = {row["id"]: row for row in rows if "commitment_kind" in row}
        for row in rows:
            if "commitment_kind" not in row:
                _add_claim(work, found, {**row, "project_id": project_id}, contracts)
        for row in contracts.values():
            _add_contract(found, project_id, row)
    return found


def _projects(work: Work, find: Any) -> list[dict[str, Any]]:
    number = work.asked.project_number
    listed = projects_numbered(work, number) if number else projects_of(work)
    linked = [p for p in listed if find("project", "procore", p["id"]) is not None]
    left_out = sum(not p["active"] for p in linked)
    if left_out:
        work.note(f"PROJECT_INACTIVE: {left_out} inactive projects are left out of the proof.")
    return [p for p in linked if p["active"]]


def _called(project: Mapping[str, Any]) -> str:
    return f"{project.get('project_number') or ''} {project['name']}".strip()


def _of_project(work: Work, project_id: int) -> Iterator[dict[str, Any]]:
    kinds: set[CommitmentKind] = set()
    for claim in work.procore.requisitions(project_id):
        kinds.add(claim["commitment_type"])
        yield claim
    for kind in sorted(kinds):
        for contract in work.procore.contracts(project_id, kind):
            yield {**contract, "commitment_kind": kind}


def _add_contract(found: Procore, project_id: int, row: Mapping[str, Any]) -> None:
    vendor = row.get("vendor") or {}
    around = found.look.around
    currency = (row.get("currency_configuration") or {}).get("currency_iso_code")
    found.contracts[str(row["id"])] = Contract(
        id=row["id"],
        kind=row["commitment_kind"],
        place=Place(
            project_id=str(project_id),
            commitment_id=str(row["id"]),
            vendor_id=str(vendor.get("id") or ""),
            currency=currency or around.currency,
        ),
        names=_names(found, project_id, row, plain(vendor.get("company"))),
        paid=money(row.get("total_payments")),
    )


def _names(found: Procore, project_id: int, contract: Mapping[str, Any], vendor: str) -> Names:
    return Names(
        project=found.look.names.get(str(project_id), ""),
        commitment=plain(contract.get("number")),
        vendor=vendor,
    )


def _add_claim(
    work: Work, found: Procore, raw: Mapping[str, Any], contracts: Mapping[int, Mapping[str, Any]]
) -> None:
    around = found.look.around
    contract = contracts.get(raw["commitment_id"], {})
    page = around.pages.requisition(
        raw["project_id"], raw["commitment_type"], raw["commitment_id"], raw["id"]
    )
    names = _names(found, raw["project_id"], contract, plain(raw.get("vendor_name")))
    found.changed_at[str(raw["id"])] = parse_moment(raw.get("updated_at"))
    try:
        claim = SubcontractorInvoice.from_procore(raw, around)
        place, amounts = claim_place(claim, around), claimed(claim, around)
        title, why = claim.title, _unmet(claim, found)
    except (*MISREAD, MappingError) as error:
        place = Place(
            project_id=str(raw["project_id"]),
            commitment_id=str(raw["commitment_id"]),
            vendor_id=str(raw.get("vendor_id") or ""),
            currency=around.currency,
        )
        amounts, title = {"": header_due(raw)}, plain(raw.get("invoice_number"))
        code = error.code if isinstance(error, MappingError) else "UNREADABLE"
        why = Why(code=code, sentence=f"Claim {title} can't be read: {error}")
    paper = Paper(id=str(raw["id"]), title=title, procore_url=page)
    found.claims[paper.id] = SeenClaim(
        paper=paper, place=place, names=names, claimed=amounts, why=why
    )


def _unmet(claim: SubcontractorInvoice, found: Procore) -> Why | None:
    """Return the first condition that keeps a claim from going, as its own flow would say it."""
    around = found.look.around
    for condition in CONDITIONS:
        if not condition.met(claim, around):
            reason = condition.reason(claim, around)
            return Why(code=reason.code, sentence=reason.sentence)
    return None


def why_no_bill(work: Work, found: Procore, claim: SeenClaim, link: Link | None) -> Why | None:
    """Return why a claim has no bill, as far as that is known."""
    if link is not None:
        return Why(
            code="BILL_VOIDED", sentence=f"Bill {link.xero_name} was voided or deleted in Xero."
        )
    told = claim.why or issue_of(work, found, ENTITY.name, claim.paper.id)
    return told or _not_yet(work, found, claim)


def why_differs(work: Work, found: Procore, claim: SeenClaim) -> Why | None:
    """Return why a claim and its bill differ, where the bill is as we left it."""
    told = issue_of(work, found, ENTITY.name, claim.paper.id)
    return told or _not_yet(work, found, claim)


def _not_yet(work: Work, found: Procore, claim: SeenClaim) -> Why | None:
    return not_yet(work, f"requisitions/{claim.place.project_id}", found.changed_at[claim.paper.id])


def not_yet(work: Work, stream: str, changed_at: datetime | None) -> Why | None:
    """Return that a record changed after its flow last read *stream*, where that is so."""
    mark = work.ledger.watermark(stream)
    late = mark is None or (changed_at is not None and changed_at > mark.moment)
    return Why(code="NOT_SENT_YET") if late else None


def issue_of(work: Work, found: Procore, entity: str, source_id: str) -> Why | None:
    """Return the open issue of a record, but for conditions: those were judged afresh."""
    if entity not in found.reasons:
        found.reasons[entity] = dict(_issues(work, entity))
    return found.reasons[entity].get(source_id)


def _issues(work: Work, entity: str) -> Iterable[tuple[str, Why]]:
    for issue in work.ledger.issues(entity):
        if entity != ENTITY.name or issue.code not in JUDGED:
            yield issue.source_id, Why(code=issue.code, sentence=issue.sentence)
