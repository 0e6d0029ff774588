"""Bills that stand in Xero while Procore lists their claim no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_procore_xero.operators.commitments import KINDS
from airflow_provider_procore_xero.sync.entities.bill_twins import bill_of_link, claim_gone
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.report import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entities.claims import InvoicesAround
    from airflow_provider_procore_xero.sync.links import Link

GONE = "CLAIM_GONE"


def paid_by_bill(work: Work) -> Callable[[str], Decimal]:
    """Return what tells how much of a bill is paid, as far as we know; nothing is read before."""

    @cache
    def sums() -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for link in work.ledger.links("payment"):
            if link.state == "active":
                found[str(link.data.get("bill_id"))] += money(link.data.get("paid"))
        return found

    return lambda bill_id: sums()[bill_id]


def tell_gone(work: Work, around: InvoicesAround) -> None:
    """Keep an issue open for each bill whose claim is gone, until it is back or the bill is void.

    That a claim is gone shows only where all claims of its project were read.
    """
    ledger = work.ledger
    said = {i.source_id for i in ledger.issues(ENTITY.name, q=GONE) if i.code == GONE}
    known = [link for link in _standing(work, around, said) if not _listed(link, around)]
    found = _missing(work, around) if around.listed else []
    gone = {link.procore_id: _outcome(link, around) for link in (*known, *found)}
    ledger.add_outcomes(work.run, gone.values())
    if not work.planning_only:
        ended = said - {link.procore_id for link in _standing(work, around, said)}
        ledger.unshelve(ENTITY.name, gone)
        ledger.settle_issues(work.run, ENTITY.name, gone.values(), judged=ended)


def _standing(work: Work, around: InvoicesAround, claim_ids: Iterable[str] | None) -> list[Link]:
    """Return the links of these claims, or of all, whose bill stands."""
    links = work.ledger.links(ENTITY.kind, procore_ids=claim_ids)
    return [link for link in links if bill_of_link(link, around)]


def _listed(link: Link, around: InvoicesAround) -> bool:
    """Whether the claim was read in this run, or would have been, all of its project being read."""
    project = str(link.data.get("project_id"))
    return link.procore_id in around.seen or project in around.listed


def _missing(work: Work, around: InvoicesAround) -> list[Link]:
    """Return the links whose claims are missing where all were read, and when asked for too."""
    missing: dict[str, list[Link]] = defaultdict(list)
    for link in _standing(work, around, None):
        project = str(link.data.get("project_id"))
        if project in around.listed and link.procore_id not in around.seen:
            missing[project].append(link)
    return [link for project in missing for link in _still(work, around, project, missing[project])]


def _still(
    work: Work, around: InvoicesAround, project: str, missing: Sequence[Link]
) -> Iterator[Link]:
    """Yield those of *missing* that Procore does not have when it is asked for them either.

    A project that shows nothing at all is likely hidden from us, without a word.
    """
    ids = [int(link.procore_id) for link in missing]
    there = {str(raw["id"]) for raw in work.procore.requisitions(int(project), ids=ids)}
    if not there and not around.listed[project] and not _shows_commitments(work, int(project)):
        work.note(
            f"PROJECT_HIDDEN: project {project} shows neither claims nor commitments, though"
            f" {len(missing)} bills of its claims stand in Xero. See whether the connection's"
            " service account may still read it."
        )
        return
    yield from (link for link in missing if link.procore_id not in there)


def _shows_commitments(work: Work, project: int) -> bool:
    return any(True for kind in KINDS for _ in work.procore.contracts(project, kind))


def _outcome(link: Link, around: InvoicesAround) -> Outcome:
    return Outcome(
        entity=ENTITY.name,
        what="held",
        source_id=link.procore_id,
        title=link.procore_name,
        target_id=link.xero_id,
        reasons=(claim_gone(link, around),),
        xero_url=ENTITY.target_url(link.xero_id, link.data, around),
    )
