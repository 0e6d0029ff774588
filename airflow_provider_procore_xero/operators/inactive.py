"""Projects that were made inactive: when their payments stop, and what is unpaid then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.projects import inactive_projects, projects_of
from airflow_provider_procore_xero.sync.money import ZERO, money

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work

SHELF = "projects_stopped"
NAMED = 20


def stopped_projects(work: Work) -> frozenset[str]:
    """Return the ids of inactive projects whose payments come no more.

    Procore does not date it, so the days of grace begin with the run that first saw it.
    """
    grace = timedelta(days=work.settings.projects.payments_tail_days)
    seen = {
        issue.source_id: issue.first_seen
        for issue in work.ledger.issues("projects")
        if issue.code == "PROJECT_INACTIVE"
    }
    inactive = inactive_projects(work)
    return frozenset(p for p in inactive if work.started_at >= seen.get(p, work.started_at) + grace)


def say_farewell(work: Work, stopped: frozenset[str]) -> None:
    """Name, once, the bills that are unpaid when a project's payments stop."""
    known = {project for project, _ in work.ledger.shelf(SHELF)}
    names = {str(p["id"]): str(p.get("name")) for p in projects_of(work)}
    for project, bills in _unpaid(work, stopped - known).items():
        work.note(_said(work, names[project], bills))
    if not work.planning_only:
        work.ledger.shelve(SHELF, [(project, {}) for project in sorted(stopped - known)])
        work.ledger.unshelve(SHELF, known - stopped)


def _unpaid(work: Work, projects: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the bills with an amount due, by project; read in forties, and only these."""
    wanted = set(projects)
    links = work.ledger.links("subcontractor_invoice") if wanted else []
    project_of = {
        link.xero_id: str(link.data.get("project_id"))
        for link in links
        if link.state == "active" and link.data.get("document") != "credit_note"
    }
    ours = sorted(bill for bill, project in project_of.items() if project in wanted)
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for bill in work.xero.bills(ids=ours) if ours else ():
        if bill["Status"] not in ("VOIDED", "DELETED") and money(bill.get("AmountDue")) > ZERO:
            found[project_of[bill["InvoiceID"]]].append(bill)
    return found


def _said(work: Work, name: str, bills: Sequence[Mapping[str, Any]]) -> str:
    due = sum((money(bill["AmountDue"]) for bill in bills), ZERO)
    each = [
        f"{bill.get('InvoiceNumber') or 'no number'} {money(bill['AmountDue']):,.2f}"
        f" ({work.pages().bill(bill['InvoiceID'])})"
        for bill in bills[:NAMED]
    ]
    more = f"; and {len(bills) - NAMED} more" if len(bills) > NAMED else ""
    return (
        f"PROJECT_INACTIVE: {name} is inactive, so payments of its bills come to Procore no more."
        f" Still due in Xero, {due:,.2f} together: {'; '.join(each)}{more}."
    )
